//! `dbprobe init`: prepare a database for dbprobe, or print how.

use std::time::{Duration, Instant};

use dbprobe::{
    Class, Driver, Failure, Interrupt, Outcome, Phase, Plan, Registry, Report, Setup, SetupOptions, Status, Step,
    prepare,
};
use serde::Serialize;

use crate::answer::open;
use crate::arguments::{Common, Init};
use crate::choice::Format;
use crate::console::{BAD, BOLD, Console, GOOD, Screen};
use crate::dsn::complain;
use crate::printable::printable;
use crate::render;
use crate::runtime;
use crate::trouble::Trouble;

/// Prints the statements, or carries them out; the status is that of a report with the same failure.
pub(crate) fn run(
    registry: &Registry,
    options: &Init,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<Status, Trouble> {
    let json = common.format_of("init")? == Format::Json;
    let driver = match open(registry, &options.dsn, 1) {
        Ok(driver) => driver,
        Err(refusal) => {
            if json {
                let report = Report::unasked(&refusal.name, refusal.engine, refusal.failure.clone());
                print_json(&report, &Setup::default(), console)?;
            } else {
                console.remark(&complain(&refusal, console.err_screen));
            }
            return Ok(Status::Unknown);
        }
    };
    let role = (!options.no_role).then(|| options.role.clone());
    let setup = driver.setup(&SetupOptions { role }).unwrap_or_default();
    if options.print {
        let text = if json { encode(&Printed::from(&setup))? } else { script(&setup) };
        console.print(&text).map_err(Trouble::Output)?;
        return Ok(Status::Up);
    }
    let timeout = common.timeout.unwrap_or(Plan::TIMEOUT);
    let started = Instant::now();
    let result = if setup.statements.is_empty() {
        Ok(())
    } else {
        let interrupt = Interrupt::new();
        let work = prepare(driver.as_ref(), &setup, timeout, &interrupt);
        match runtime::run(work, &interrupt).map_err(Trouble::Runtime)? {
            (Err(_), Some(signal)) => return Err(Trouble::Signal(signal)),
            (result, _) => result,
        }
    };
    let report = report(driver.as_ref(), result, started.elapsed());
    if json {
        print_json(&report, &setup, console)?;
    } else {
        console.print(&describe(&report, &setup, console.screen)).map_err(Trouble::Output)?;
    }
    Ok(report.status())
}

/// A report with the one step that failed, or that everything was written.
fn report(driver: &dyn Driver, result: Result<(), Failure>, took: Duration) -> Report {
    let target = driver.target();
    let mut report =
        Report::unasked(target.name(), Some(target.engine), Failure::new(Class::Internal, "replaced below"));
    let (phase, outcome) = match result {
        Ok(()) => (Phase::Write, Outcome::Passed),
        Err(failure) => (failure.phase.unwrap_or(Phase::Write), Outcome::Failed(failure)),
    };
    report.steps = vec![Step { phase, outcome, start: Some(Duration::ZERO), duration: Some(took), proof: None }];
    report.duration = took;
    report
}

fn script(setup: &Setup) -> String {
    match setup.script() {
        script if script.is_empty() => "-- nothing to prepare: this engine needs no setup\n".to_owned(),
        script => script,
    }
}

fn describe(report: &Report, setup: &Setup, screen: Screen) -> String {
    let name = printable(&report.target).into_owned();
    let mut lines = Vec::new();
    match report.failure() {
        None if setup.statements.is_empty() => lines.push(format!("{name}: nothing to prepare")),
        None => {
            lines.push(screen.paint(GOOD, &format!("{name}: prepared")));
            lines.extend(setup.statements.iter().map(|one| format!("  {}", printable(&one.purpose))));
            lines.extend(
                setup.by_hand.iter().map(|what| format!("  {} {}", screen.paint(BOLD, "by hand:"), printable(what))),
            );
        }
        Some(failure) => {
            lines.push(screen.paint(BAD, &format!("{name}: {}", printable(&failure.to_string()))));
            let advice =
                failure.advice.as_deref().unwrap_or("`dbprobe init --print` shows the statements for an administrator");
            lines.push(format!("  {} {}", screen.paint(BOLD, "advice:"), printable(advice)));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What was prepared, or why not: the JSON of `dbprobe init`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Done<'a> {
    /// Always `dbprobe.init/v1`.
    schema: &'static str,
    /// The target's name.
    target: &'a str,
    /// The engine's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<&'a str>,
    /// The one word for the target.
    status: Status,
    /// How long it took, in milliseconds.
    duration_ms: f64,
    #[serde(flatten)]
    setup: Printed<'a>,
    /// Why it failed, as in a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(default, schema_with = "dbprobe::schema::failure"))]
    failure: Option<serde_json::Value>,
}

/// What is to be prepared: the JSON of `dbprobe init --print`.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Printed<'a> {
    /// The statements, in order.
    statements: Vec<Statement<'a>>,
    /// What is left to do by hand.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    by_hand: &'a [String],
}

/// One statement.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Statement<'a> {
    /// What it is for.
    purpose: &'a str,
    /// The statement, without its final semicolon.
    sql: &'a str,
}

impl<'a> From<&'a Setup> for Printed<'a> {
    fn from(setup: &'a Setup) -> Self {
        let statements =
            setup.statements.iter().map(|one| Statement { purpose: &one.purpose, sql: &one.sql }).collect();
        Self { statements, by_hand: &setup.by_hand }
    }
}

fn print_json(report: &Report, setup: &Setup, console: &mut Console<'_>) -> Result<(), Trouble> {
    let value = serde_json::to_value(report).map_err(|error| Trouble::Encoding(error.to_string()))?;
    let done = Done {
        schema: "dbprobe.init/v1",
        target: &report.target,
        engine: report.engine.as_deref(),
        status: report.status(),
        duration_ms: dbprobe::milliseconds(report.duration),
        setup: Printed::from(setup),
        failure: value.get("failure").cloned(),
    };
    console.print(&encode(&done)?).map_err(Trouble::Output)?;
    Ok(())
}

fn encode<T: Serialize>(value: &T) -> Result<String, Trouble> {
    render::pretty(value).map_err(Trouble::Encoding)
}
