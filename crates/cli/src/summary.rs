//! `dbprobe summary`: how all are, at a glance.

mod plain;
mod terminal;

use dbprobe::tasks::{Database, SummaryOptions, summary};
use dbprobe::{Registry, Status};

use crate::answer::Question;
use crate::arguments::{Common, Summary};
use crate::choice::{Detail, Format};
use crate::config;
use crate::console::Console;
use crate::databases;
use crate::descriptors;
use crate::pointer::Pointer;
use crate::render;
use crate::runtime;
use crate::trouble::Trouble;
use crate::wishes::Wishes;

/// Probes all targets and prints how they are; the worst status is the result.
pub(crate) fn run(
    registry: &Registry,
    options: &Summary,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<u8, Trouble> {
    let json = common.format_of("summary")? == Format::Json;
    let wishes = Wishes {
        timeout: common.timeout,
        retries: common.retries,
        retry_interval: common.retry_interval,
        ..Wishes::default()
    };
    let (words, config) = targets(options, common, registry)?;
    let question = Question { registry, config: config.as_ref(), wishes: &wishes };
    let opened = databases::open(question, &words);
    let databases: Vec<Database> = opened.iter().map(|opened| opened.database.clone()).collect();
    let pointers: Vec<Option<&Pointer>> = opened.iter().map(|opened| opened.pointer.as_ref()).collect();
    let how = SummaryOptions {
        response_time: options.response_time,
        pool_utilization: options.pool_utilization,
        connection_failures: options.connection_failures,
        concurrency: descriptors::room_for((options.concurrency as usize).min(databases.len())),
    };
    let (found, signal) = runtime::run(summary(&databases, &how), &wishes.interrupt).map_err(Trouble::Runtime)?;
    if let Some(signal) = signal {
        return Err(Trouble::Signal(signal)); // what was cut short would be taken for down
    }
    let screen = console.screen;
    let quiet = common.detail() == Detail::Quiet;
    let text = match (json, screen.width) {
        (true, _) => render::pretty(&found).map_err(Trouble::Encoding)?,
        (false, Some(width)) if !quiet => terminal::render(&found, &pointers, screen, width),
        (false, _) => plain::render(&found, &pointers, quiet),
    };
    console.print(&text).map_err(Trouble::Output)?;
    Ok(Status::exit_code(found.worst()))
}

/// The targets that are named, or all of the configuration.
///
/// # Errors
/// When there are none.
fn targets(
    options: &Summary,
    common: &Common,
    registry: &Registry,
) -> Result<(Vec<String>, Option<dbprobe_config::Config>), Trouble> {
    if !options.targets.is_empty() {
        return Ok((options.targets.clone(), config::for_names(&options.targets, common, registry)?));
    }
    let Some(file) = config::file(common) else {
        let mistake = "nothing to summarise: name DSNs or targets, or a configuration with `--config FILE`; \
                       ./dbprobe.yaml is not there";
        return Err(Trouble::Usage(mistake.to_owned()));
    };
    let config = dbprobe_config::Config::load(&file, registry).map_err(Trouble::Config)?;
    if config.targets.is_empty() {
        return Err(Trouble::Usage("nothing to summarise: the configuration has no targets".to_owned()));
    }
    Ok((config.targets.iter().map(|target| target.name.clone()).collect(), Some(config)))
}
