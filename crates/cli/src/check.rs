//! `dbprobe check`: is it usable?

use std::time::Instant;

use dbprobe::{ExpectedRole, Level, Registry, Status, WriteMode};

use crate::answer::{Answer, Question};
use crate::arguments::{Check, Common};
use crate::choice::Format;
use crate::config;
use crate::console::{Console, Reader, Screen};
use crate::descriptors;
use crate::fleet::ask_all;
use crate::progress::Progress;
use crate::render::{self, Context};
use crate::runtime;
use crate::signals::Signal;
use crate::trouble::Trouble;
use crate::wishes::Wishes;

/// Probes every target and prints the reports; the worst status is the result.
pub(crate) fn run(
    registry: &Registry,
    options: &Check,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<Status, Trouble> {
    let wishes = wishes(options, common)?;
    let config = config::for_names(&options.targets, common, registry)?;
    let question = Question { registry, config: config.as_ref(), wishes: &wishes };
    let started = Instant::now();
    let (answers, signal) = gather(question, options, common.output, console)?;
    let context = Context { screen: console.screen, detail: common.detail(), elapsed: started.elapsed() };
    // A document without some of its targets would be taken for the whole; lines of text speak for themselves.
    let whole = signal.is_none() || (common.output == Format::Text && !answers.is_empty());
    if whole && common.output != Format::Ndjson {
        let text = render::render(&answers, common.output, context).map_err(Trouble::Encoding)?;
        console.print(&text).map_err(Trouble::Output)?;
    }
    if let Some(signal) = signal {
        return Err(Trouble::Signal(signal));
    }
    Ok(answers.iter().map(|answer| answer.report.status()).max().unwrap_or(Status::Unknown))
}

/// Every answer in the order of the command line, and the signal that cut them short; `ndjson` is printed on the way, as
/// the answers come.
fn gather(
    question: Question<'_>,
    options: &Check,
    format: Format,
    console: &mut Console<'_>,
) -> Result<(Vec<Answer>, Option<Signal>), Trouble> {
    // Lines that scroll and a line that is redrawn do not go together on one terminal.
    let scrolls = format == Format::Ndjson && console.screen.width.is_some();
    let mut progress = Progress::new(if scrolls { Screen::PLAIN } else { console.err_screen }, options.targets.len());
    let mut answers: Vec<(usize, Answer)> = Vec::with_capacity(options.targets.len());
    let mut trouble = Ok(());
    let interrupt = &question.wishes.interrupt;
    let each = |at: usize, answer: Answer| {
        progress.count(answer.report.status());
        let printed = if format == Format::Ndjson { print_line(&answer, console) } else { Ok(Reader::Listens) };
        answers.push((at, answer));
        match printed {
            Ok(Reader::Listens) => {}
            Ok(Reader::Gone) => interrupt.fire(),
            Err(error) => {
                trouble = Err(error);
                interrupt.fire();
            }
        }
    };
    let concurrency = descriptors::room_for((options.concurrency as usize).min(options.targets.len()));
    let work = ask_all(question, &options.targets, concurrency, each);
    let ((), signal) = runtime::run(work, interrupt).map_err(Trouble::Runtime)?;
    progress.finish();
    trouble?;
    answers.sort_by_key(|(at, _)| *at);
    Ok((answers.into_iter().map(|(_, answer)| answer).collect(), signal))
}

fn print_line(answer: &Answer, console: &mut Console<'_>) -> Result<Reader, Trouble> {
    let line = render::line(&answer.report).map_err(Trouble::Encoding)?;
    console.print(&line).map_err(Trouble::Output)
}

/// # Errors
/// When a role is asked for that the probe would not go far enough to learn.
fn wishes(options: &Check, common: &Common) -> Result<Wishes, Trouble> {
    let level = options.level.map(Level::from);
    let expect_role = options.expect_role.map(ExpectedRole::from);
    if expect_role.is_some_and(|role| role != ExpectedRole::Any) && level.unwrap_or_default() < Level::Ping {
        let mistake = "`--expect-role` needs `--level ping` or deeper: a server tells its role after the login";
        return Err(Trouble::Usage(mistake.to_owned()));
    }
    Ok(Wishes {
        timeout: common.timeout,
        retries: common.retries,
        retry_interval: common.retry_interval,
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
