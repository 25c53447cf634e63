//! `dbprobe health`: is it healthy?

mod plain;
mod terminal;

use dbprobe::tasks::{self, HealthMigrations, HealthOptions, MigrationFiles, health};
use dbprobe::{Interrupt, Registry, Status, WriteMode};
use futures_util::StreamExt;

use crate::answer::Question;
use crate::arguments::{Common, Health};
use crate::choice::Format;
use crate::config;
use crate::console::Console;
use crate::databases;
use crate::descriptors;
use crate::pointer::Pointer;
use crate::printable::printable;
use crate::progress::Progress;
use crate::render;
use crate::runtime;
use crate::signals::Signal;
use crate::trouble::Trouble;
use crate::wishes::Wishes;

/// One target's health, and where its DSN is wrong, if it is.
struct Found {
    health: tasks::Health,
    pointer: Option<Pointer>,
}

/// Checks every target and prints what was found; the worst one is the exit code.
pub(crate) fn run(
    registry: &Registry,
    options: &Health,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<u8, Trouble> {
    let format = common.format_of("health")?;
    let wishes = Wishes {
        timeout: common.timeout,
        retries: common.retries,
        retry_interval: common.retry_interval,
        write: options.write.map(WriteMode::from),
        ..Wishes::default()
    };
    let config = config::for_names(&options.targets, common, registry)?;
    let question = Question { registry, config: config.as_ref(), wishes: &wishes };
    // Before anything is asked: what is wrong with the files is no fault of a database.
    let wanted = HealthOptions { migrations: migrations(options)? };
    let (found, signal) = gather(question, options, &wanted, console)?;
    // A document without some of its targets would be taken for the whole; lines of text speak for themselves.
    if signal.is_none() || (format == Format::Text && !found.is_empty()) {
        let text = match format {
            Format::Json => json(&found).map_err(Trouble::Encoding)?,
            _ if console.screen.width.is_some() => terminal::render(&found, console.screen, common.detail()),
            _ => plain::render(&found, common.detail()),
        };
        console.print(&text).map_err(Trouble::Output)?;
    }
    match signal {
        Some(signal) => Err(Trouble::Signal(signal)),
        None => Ok(found.iter().map(|it| it.health.exit_status()).max().unwrap_or(Status::Unknown).exit_code()),
    }
}

fn migrations(options: &Health) -> Result<HealthMigrations, Trouble> {
    match &options.migrations {
        _ if options.no_migrations => Ok(HealthMigrations::Skipped),
        None => Ok(HealthMigrations::History),
        Some(directory) => MigrationFiles::read(directory, None)
            .map(HealthMigrations::Files)
            .map_err(|error| Trouble::Usage(printable(&format!("--migrations: {error}")).into_owned())),
    }
}

fn json(found: &[Found]) -> Result<String, String> {
    let all: Vec<&tasks::Health> = found.iter().map(|it| &it.health).collect();
    match all.as_slice() {
        [one] => render::pretty(one),
        many => render::pretty(many),
    }
}

/// What was found, in the order of the command line, and the signal that cut it short.
fn gather(
    question: Question<'_>,
    options: &Health,
    wanted: &HealthOptions,
    console: &Console<'_>,
) -> Result<(Vec<Found>, Option<Signal>), Trouble> {
    let mut progress = Progress::new(console.err_screen, options.targets.len());
    let concurrency = descriptors::room_for((options.concurrency as usize).min(options.targets.len()));
    let interrupt = &question.wishes.interrupt;
    let work = ask_all(question, &options.targets, wanted, concurrency, &mut progress);
    let (mut found, signal) = runtime::run(work, interrupt).map_err(Trouble::Runtime)?;
    progress.finish();
    found.sort_by_key(|(at, _)| *at);
    Ok((found.into_iter().map(|(_, found)| found).collect(), signal))
}

async fn ask_all(
    question: Question<'_>,
    targets: &[String],
    wanted: &HealthOptions,
    concurrency: usize,
    progress: &mut Progress,
) -> Vec<(usize, Found)> {
    let interrupt: &Interrupt = &question.wishes.interrupt;
    let begun = targets.iter().enumerate().take_while(|_| !interrupt.has_fired());
    // The driver is opened here and not for all targets beforehand: each may hold files and certificates.
    let checks = begun.map(|(at, target)| async move {
        let opened = databases::open_one(question, target, at + 1);
        let health = health(&opened.database, wanted).await;
        (at, Found { health, pointer: opened.pointer })
    });
    let mut checks = futures_util::stream::iter(checks).buffer_unordered(concurrency.max(1));
    let mut found = Vec::with_capacity(targets.len());
    while let Some((at, one)) = checks.next().await {
        // What the interrupt cut short says nothing about its target.
        if !interrupt.has_fired() {
            progress.count(one.health.exit_status());
            found.push((at, one));
        }
    }
    found
}
