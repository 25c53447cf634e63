//! `dbprobe perf`: how fast is it?

mod baseline;
mod histogram;
mod meter;
mod plain;
mod queries;
mod terminal;

use dbprobe::tasks::{self, Perf as Measured, PerfOptions, PerfProgress, perf_watched};
use dbprobe::{Phase, Registry, Status};

use crate::answer::Question;
use crate::arguments::{Common, Perf};
use crate::choice::{Detail, Format};
use crate::config;
use crate::console::Console;
use crate::databases;
use crate::pointer::Pointer;
use crate::render;
use crate::runtime;
use crate::trouble::Trouble;
use crate::wishes::Wishes;

use meter::Meter;

/// The exit code of a regression, and of an operation that never succeeded.
const WORSE: u8 = 1;

/// Measures one target and prints the figures.
pub(crate) fn run(
    registry: &Registry,
    options: &Perf,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<u8, Trouble> {
    let format = common.format_of("perf")?;
    // Whatever is wrong with a file is said before the database is asked a thousand times.
    let wanted = wanted(options)?;
    let before = options.baseline.as_deref().map(baseline::load).transpose()?;
    options.save.as_deref().map(baseline::may_replace).transpose()?;
    let wishes = Wishes { timeout: common.timeout, ..Wishes::default() };
    let words = std::slice::from_ref(&options.target);
    let config = config::for_names(words, common, registry)?;
    let question = Question { registry, config: config.as_ref(), wishes: &wishes };
    let opened = databases::open_one(question, &options.target, 1);
    let meter = Meter::new(console.err_screen);
    let watch = |progress: PerfProgress<'_>| meter.show(progress);
    let work = perf_watched(&opened.database, &wanted, &watch);
    let (mut result, signal) = runtime::run(work, &wishes.interrupt).map_err(Trouble::Runtime)?;
    meter.finish();
    if let Some(signal) = signal {
        return Err(Trouble::Signal(signal)); // figures of a part would be taken for the whole
    }
    result.comparison =
        before.filter(|_| result.is_measured()).map(|before| before.compare(&result, options.fail_regression));
    let code = code(&result);
    // Nothing to say where nothing is wrong and nothing was asked for.
    if format == Format::Json || code != 0 || common.detail() != Detail::Quiet {
        print(&result, opened.pointer.as_ref(), format, console)?;
    }
    save(&result, code, options, console)?;
    Ok(code)
}

fn wanted(options: &Perf) -> Result<PerfOptions, Trouble> {
    let endless = options.duration.map_or(PerfOptions::default().iterations, |_| PerfOptions::MOST_ITERATIONS);
    Ok(PerfOptions {
        warm_up: options.warmup,
        iterations: options.iterations.unwrap_or(endless),
        duration: options.duration,
        concurrency: options.concurrency,
        queries: queries::read(options)?,
        write: !options.no_write,
        rating: options.rating,
    })
}

/// What the figures mean for whoever started this.
fn code(result: &Measured) -> u8 {
    match &result.failure {
        Some(failure) if failure.phase == Some(Phase::Configure) => return Status::Unknown.exit_code(),
        Some(_) => return Status::Down.exit_code(),
        None if !result.is_measured() => return Status::Down.exit_code(),
        None => {}
    }
    let slower = result.comparison.as_ref().is_some_and(|comparison| comparison.regression);
    if slower || !result.failed().is_empty() { WORSE } else { 0 }
}

fn print(
    result: &Measured,
    pointer: Option<&Pointer>,
    format: Format,
    console: &mut Console<'_>,
) -> Result<(), Trouble> {
    let text = match format {
        Format::Json => render::pretty(result).map_err(Trouble::Encoding)?,
        _ if console.screen.width.is_some() => terminal::render(result, pointer, console.screen),
        _ => plain::render(result, pointer),
    };
    console.print(&text).map(drop).map_err(Trouble::Output)
}

/// Saves what can be compared with, and never a regression over what it was compared with: the next run would pass.
fn save(result: &Measured, code: u8, options: &Perf, console: &mut Console<'_>) -> Result<(), Trouble> {
    let Some(file) = &options.save else { return Ok(()) };
    let slower = result.comparison.as_ref().is_some_and(|comparison| comparison.regression);
    let why = if code > WORSE {
        "nothing was measured"
    } else if slower && baseline::is_same(file, options.baseline.as_deref()) {
        "it is slower than what the file holds"
    } else {
        return baseline::save(file, &tasks::Perf { comparison: None, ..result.clone() });
    };
    console.remark(&format!("dbprobe: the result was not saved: {why}\n"));
    Ok(())
}
