//! `dbprobe check`: is it usable?

use std::time::Instant;

use dbprobe::{ExpectedRole, Level, Plan, Policy, Registry, Status, Thresholds};

use crate::answer::{Answer, Question};
use crate::arguments::{Check, Common};
use crate::choice::Format;
use crate::console::{Console, Reader, Screen};
use crate::descriptors;
use crate::fleet::ask_all;
use crate::progress::Progress;
use crate::render::{self, Context};
use crate::runtime;
use crate::signals::Signal;
use crate::trouble::Trouble;

/// Probes every target and prints the reports; the worst status is the result.
pub(crate) fn run(
    registry: &Registry,
    options: &Check,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<Status, Trouble> {
    let (plan, policy) = (plan(options, common)?, policy(common));
    let question = Question { registry, plan: &plan, policy: &policy };
    let started = Instant::now();
    let (answers, signal) = gather(question, options, common.output, console)?;
    let context = Context { plan: &plan, screen: console.screen, detail: common.detail(), elapsed: started.elapsed() };
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
    let mut progress = Progress::new(if scrolls { Screen::PLAIN } else { console.err_screen }, options.dsns.len());
    let mut answers: Vec<(usize, Answer)> = Vec::with_capacity(options.dsns.len());
    let mut trouble = Ok(());
    let interrupt = &question.plan.interrupt;
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
    let concurrency = descriptors::room_for((options.concurrency as usize).min(options.dsns.len()));
    let work = ask_all(question, &options.dsns, concurrency, each);
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
fn plan(options: &Check, common: &Common) -> Result<Plan, Trouble> {
    let mut plan = Plan {
        timeout: common.timeout.unwrap_or(Plan::TIMEOUT),
        level: options.level.into(),
        write: options.write.into(),
        create_health_table: options.create_health_table,
        expect_role: options.expect_role.into(),
        ..Plan::default()
    };
    if plan.expect_role != ExpectedRole::Any && plan.level < Level::Ping {
        let mistake = "`--expect-role` needs `--level ping` or deeper: a server tells its role after the login";
        return Err(Trouble::Usage(mistake.to_owned()));
    }
    if let Some(prober) = &options.prober {
        plan.prober = prober.clone();
    }
    let latency = options.warn_latency;
    plan.thresholds =
        Thresholds { ping: latency, write: latency, read: latency, certificate: options.cert_warn, ..plan.thresholds };
    Ok(plan)
}

fn policy(common: &Common) -> Policy {
    Policy { retries: common.retries, retry_interval: common.retry_interval, ..Policy::default() }
}
