//! `dbprobe validate`: are the prerequisites met?

use dbprobe::tasks::{
    Check, CheckOutcome, Database, DatabaseValidation, MigrationFiles, ValidateOptions, Validation, ValidationStatus,
    validate,
};
use dbprobe::{ExpectedRole, Interrupt, Registry};

use crate::answer::Question;
use crate::arguments::{Common, FailOn, Validate};
use crate::choice::{Detail, Format};
use crate::config;
use crate::console::{BAD, BOLD, Console, FAINT, GOOD, Screen, WARNING};
use crate::databases;
use crate::pointer::Pointer;
use crate::printable::printable;
use crate::render::{self, wrap};
use crate::runtime;
use crate::trouble::Trouble;
use crate::wishes::Wishes;

/// The exit codes that are this command's own; see its help.
const PASSED: u8 = 0;
const WARNED: u8 = 1;
const FAILED: u8 = 2;
const UNKNOWN: u8 = 3;
/// Longer DSNs are cut round the place that is pointed at.
const WIDTH: usize = 200;

/// Checks the prerequisites of every target, and prints what was found.
pub(crate) fn run(
    registry: &Registry,
    options: &Validate,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<u8, Trouble> {
    let json = common.format_of("validate")? == Format::Json;
    // Before anything is asked: what is wrong with the files is no fault of a database.
    let wanted = wanted(options)?;
    let interrupt = Interrupt::new();
    let wishes = Wishes {
        timeout: common.timeout,
        retries: common.retries,
        retry_interval: common.retry_interval,
        interrupt: interrupt.clone(),
        ..Wishes::default()
    };
    let config = config::for_names(&options.targets, common, registry)?;
    let question = Question { registry, config: config.as_ref(), wishes: &wishes };
    let opened = databases::open(question, &options.targets);
    let refused: Vec<bool> = opened.iter().map(|one| one.refused).collect();
    let databases: Vec<Database> = opened.iter().map(|one| one.database.clone()).collect();
    let pointers: Vec<Option<&Pointer>> = opened.iter().map(|one| one.pointer.as_ref()).collect();
    let work = validate(&databases, &wanted);
    let (result, signal) = runtime::run(work, &interrupt).map_err(Trouble::Runtime)?;
    // What was cut short has not failed.
    if let Some(signal) = signal {
        return Err(Trouble::Signal(signal));
    }
    let text = if json {
        render::pretty(&result).map_err(Trouble::Encoding)?
    } else {
        describe(&result, &pointers, common.detail(), console.screen)
    };
    console.print(&text).map_err(Trouble::Output)?;
    Ok(exit_code(&result, &refused, options.fail_on))
}

fn wanted(options: &Validate) -> Result<ValidateOptions, Trouble> {
    let read = |directory| {
        MigrationFiles::read(directory, options.migration_tool.as_deref())
            .map_err(|error| Trouble::Usage(printable(&format!("--migrations: {error}")).into_owned()))
    };
    Ok(ValidateOptions {
        max_latency: options.max_latency,
        server_version: options.server_version.clone(),
        expect_role: options.expect_role.map_or(ExpectedRole::Any, ExpectedRole::from),
        tables: options.tables.iter().filter(|name| !name.is_empty()).cloned().collect(),
        extensions: options.extensions.clone(),
        settings: options.settings.clone(),
        free_connections: options.free_connections.map(u64::from),
        migrations: true,
        migration_files: options.migrations.as_deref().map(read).transpose()?,
        ahead: options.migrations_ahead.into(),
    })
}

/// A target that was never asked is unknown; one that was asked and failed outweighs it.
fn exit_code(result: &Validation, refused: &[bool], fail_on: FailOn) -> u8 {
    let codes = result.databases.iter().zip(refused).map(|(database, refused)| match database.status {
        _ if *refused => UNKNOWN,
        ValidationStatus::Failed => FAILED,
        ValidationStatus::Warning if fail_on == FailOn::Warning => WARNED,
        ValidationStatus::Passed | ValidationStatus::Warning => PASSED,
    });
    let codes: Vec<u8> = codes.collect();
    [FAILED, UNKNOWN, WARNED].into_iter().find(|code| codes.contains(code)).unwrap_or(PASSED)
}

fn describe(result: &Validation, pointers: &[Option<&Pointer>], detail: Detail, screen: Screen) -> String {
    let mut lines = Vec::new();
    for (database, pointer) in result.databases.iter().zip(pointers) {
        if detail == Detail::Quiet && database.status == ValidationStatus::Passed {
            continue;
        }
        match screen.width {
            Some(width) => {
                picture(database, detail, screen, width, &mut lines);
                let pointed = pointer.map(|pointer| pointer.lines(width.saturating_sub(4)));
                lines.extend(pointed.into_iter().flatten().map(|line| format!("    {line}")));
                lines.push(String::new());
            }
            None => {
                plain(database, detail, &mut lines);
                let (name, pointed) = (printable(&database.database_name), pointer.map(|pointer| pointer.lines(WIDTH)));
                lines.extend(pointed.into_iter().flatten().map(|line| format!("{name}: {line}")));
            }
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn plain(database: &DatabaseValidation, detail: Detail, lines: &mut Vec<String>) {
    let name = printable(&database.database_name).into_owned();
    lines.push(format!("{name}: {} {}", database.status.as_str(), counts(database)));
    for check in shown(database, detail) {
        let (what, outcome) = (printable(&check.check), check.outcome.as_str());
        lines.push(format!("{name}: {what} {outcome}: {}", printable(&check.message)));
        lines.extend(check.advice.as_ref().map(|advice| format!("{name}: {what} advice: {}", printable(advice))));
    }
}

fn picture(database: &DatabaseValidation, detail: Detail, screen: Screen, width: usize, lines: &mut Vec<String>) {
    let colour = match database.status {
        ValidationStatus::Passed => GOOD,
        ValidationStatus::Warning => WARNING,
        ValidationStatus::Failed => BAD,
    };
    let name = screen.paint(BOLD, &printable(&database.database_name));
    lines.push(format!("{name}  {}  {}", screen.paint(colour, database.status.as_str()), counts(database)));
    let checks: Vec<&Check> = shown(database, detail).collect();
    let widest = checks.iter().map(|check| printable(&check.check).chars().count()).max().unwrap_or(0);
    for check in checks {
        let (sign, colour) = match check.outcome {
            CheckOutcome::Passed => (screen.glyph("✓", "ok"), GOOD),
            CheckOutcome::Warning => (screen.glyph("!", "!!"), WARNING),
            CheckOutcome::Failed => (screen.glyph("✗", "XX"), BAD),
            CheckOutcome::Skipped => (screen.glyph("-", "--"), FAINT),
        };
        let indent = 2 + sign.chars().count() + 1 + widest + 2;
        let what = printable(&check.check);
        let message = wrap(&printable(&check.message), width, indent);
        lines.push(format!("  {} {what:widest$}  {message}", screen.paint(colour, sign)));
        if let Some(advice) = &check.advice {
            let text = wrap(&format!("next: {}", printable(advice)), width, indent);
            lines.push(format!("{:indent$}{}", "", screen.paint(FAINT, &text)));
        }
    }
}

/// What is in order is left out where little was asked for.
fn shown(database: &DatabaseValidation, detail: Detail) -> impl Iterator<Item = &Check> {
    let matters = move |check: &&Check| {
        detail != Detail::Quiet || matches!(check.outcome, CheckOutcome::Warning | CheckOutcome::Failed)
    };
    database.checks.iter().filter(matters)
}

fn counts(database: &DatabaseValidation) -> String {
    let of = |outcome| database.checks.iter().filter(|check| check.outcome == outcome).count();
    let all = [CheckOutcome::Passed, CheckOutcome::Warning, CheckOutcome::Failed, CheckOutcome::Skipped];
    let told = all.into_iter().map(|outcome| (of(outcome), outcome)).filter(|(count, _)| *count > 0);
    told.map(|(count, outcome)| format!("{count} {}", outcome.as_str())).collect::<Vec<_>>().join(", ")
}
