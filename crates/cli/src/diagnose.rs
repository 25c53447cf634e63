//! `dbprobe diagnose`: why not?

mod picture;
mod plain;

use dbprobe::tasks::{DiagnoseOptions, Diagnosis, diagnose};
use dbprobe::{ExpectedRole, Level, Registry, WriteMode};

use crate::answer::{Question, is_name};
use crate::arguments::{Common, Diagnose};
use crate::choice::Format;
use crate::config;
use crate::console::Console;
use crate::databases::open_one;
use crate::pointer::Pointer;
use crate::render;
use crate::runtime;
use crate::trouble::Trouble;
use crate::wishes::Wishes;

/// Climbs the ladder and prints what was found; the exit code is that of the status.
pub(crate) fn run(
    registry: &Registry,
    options: &Diagnose,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<u8, Trouble> {
    let json = common.format_of("diagnose")? == Format::Json;
    let wishes = wishes(options, common)?;
    let config = config::for_names(std::slice::from_ref(&options.target), common, registry)?;
    let question = Question { registry, config: config.as_ref(), wishes: &wishes };
    let opened = open_one(question, &options.target, 1);
    let named = named(&options.target, common);
    let work = diagnose(&opened.database, &named);
    let (diagnosis, signal) = runtime::run(work, &wishes.interrupt).map_err(Trouble::Runtime)?;
    if let Some(signal) = signal {
        return Err(Trouble::Signal(signal));
    }
    let text = if json {
        render::pretty(&diagnosis).map_err(Trouble::Encoding)?
    } else {
        describe(&diagnosis, opened.pointer.as_ref(), common, console)
    };
    console.print(&text).map_err(Trouble::Output)?;
    Ok(diagnosis.status.exit_code())
}

fn describe(diagnosis: &Diagnosis, pointer: Option<&Pointer>, common: &Common, console: &Console<'_>) -> String {
    if console.screen.width.is_some() {
        picture::draw(diagnosis, pointer, common.detail(), console.screen)
    } else {
        plain::lines(diagnosis, pointer, common.detail())
    }
}

/// What may be repeated of how the target was named: a DSN that is written out may hold a password.
fn named(word: &str, common: &Common) -> DiagnoseOptions {
    let given_by = match word {
        word if word.starts_with("@env:") => "an environment variable",
        word if word.starts_with("@file:") => "a file",
        word if is_name(word) => "the configuration",
        _ => "the command line",
    };
    let mut reference = Vec::new();
    // What follows a reference may be a DSN that a shell has put there.
    let is_reference = word.starts_with('@') && dbprobe::Source::parse(word).is_ok();
    if is_reference || is_name(word) {
        reference.push(word.to_owned());
    }
    if let Some(config) = common.config.as_ref().filter(|_| is_name(word)) {
        reference.extend(["--config".to_owned(), config.display().to_string()]);
    }
    DiagnoseOptions { reference, given_by: Some(given_by.to_owned()) }
}

/// # Errors
/// When a role is asked for that the probe would not go far enough to learn.
fn wishes(options: &Diagnose, common: &Common) -> Result<Wishes, Trouble> {
    let level = options.level.map(Level::from);
    let expect_role = options.expect_role.map(ExpectedRole::from);
    if expect_role.is_some_and(|role| role != ExpectedRole::Any) && level.unwrap_or_default() < Level::Ping {
        let mistake = "`--expect-role` needs `--level ping` or deeper: a server tells its role after the login";
        return Err(Trouble::Usage(mistake.to_owned()));
    }
    Ok(Wishes {
        timeout: common.timeout,
        level,
        write: options.write.map(WriteMode::from),
        create_health_table: options.create_health_table,
        expect_role,
        warn_latency: options.warn_latency,
        cert_warn: options.cert_warn,
        prober: options.prober.clone(),
        ..Wishes::default()
    })
}
