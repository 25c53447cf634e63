//! `dbprobe wait`: block until targets are usable, then become a command.

mod command;
mod lines;
mod progress;
mod targets;

use dbprobe::tasks::{WaitFor, WaitOptions, WaitOutcome, WaitUntil, wait};
use dbprobe::{ExpectedRole, Level, Registry, WriteMode};

use crate::answer::Question;
use crate::arguments::{Common, Wait};
use crate::choice::{Detail, Format};
use crate::config;
use crate::console::Console;
use crate::descriptors::{self, Limit};
use crate::dsn::complain;
use crate::printable::printable;
use crate::render;
use crate::runtime;
use crate::trouble::Trouble;
use crate::wishes::Wishes;
use progress::Progress;

/// As timeout(1) has it.
const TIMED_OUT: u8 = 124;
/// A failure that waiting does not help against.
const FAILED: u8 = 2;
/// A DSN that cannot be read, as any other mistake on the command line.
const USAGE: u8 = 3;

/// Waits, says how it ended, and becomes the command, where there is one and all is ready.
pub(crate) fn run(
    registry: &Registry,
    options: &Wait,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<u8, Trouble> {
    let json = common.format_of("wait")? == Format::Json;
    let wishes = wishes(options)?;
    let config = config::for_names(&options.targets, common, registry)?;
    let question = Question { registry, config: config.as_ref(), wishes: &wishes };
    let databases = match targets::open(question, &options.targets) {
        Ok(databases) => databases,
        Err(refusals) => {
            for refusal in &refusals {
                let which =
                    if options.targets.len() > 1 { format!("{}: ", printable(&refusal.name)) } else { String::new() };
                console.remark(&format!("dbprobe: {which}{}", complain(refusal, console.err_screen)));
            }
            return Ok(USAGE);
        }
    };
    let limit = Limit::now();
    let how = how(options, common, databases.len());
    // Standard output is the command's.
    let aside = !options.command.is_empty();
    let quiet = common.detail() == Detail::Quiet;
    let silent = quiet || (json && aside);
    let mut progress = Progress::new(&databases, how.until, silent, console);
    let work = wait(&databases, &how, |seen| progress.show(seen));
    let result = runtime::run(work, &wishes.interrupt).map_err(Trouble::Runtime);
    progress.finish();
    let (ended, signal) = result?;
    let text = match (json, quiet) {
        (true, _) => render::pretty(&ended).map_err(Trouble::Encoding)?,
        (false, true) => String::new(),
        (false, false) => {
            let screen = if aside { console.err_screen } else { console.screen };
            lines::lines(&ended, common.detail(), screen)
        }
    };
    if aside {
        console.remark(&text);
    } else {
        console.print(&text).map_err(Trouble::Output)?;
    }
    if let Some(signal) = signal {
        return Err(Trouble::Signal(signal));
    }
    Ok(match ended.outcome {
        WaitOutcome::Ready if aside => command::become_command(&options.command, limit, console),
        WaitOutcome::Ready => 0,
        WaitOutcome::TimedOut => TIMED_OUT,
        WaitOutcome::Failed | WaitOutcome::Interrupted => FAILED,
    })
}

fn how(options: &Wait, common: &Common, targets: usize) -> WaitOptions {
    WaitOptions {
        timeout: common.timeout.unwrap_or(WaitOptions::TIMEOUT),
        interval: options.interval.unwrap_or(WaitOptions::INTERVAL),
        stable: options.stable,
        wait_for: if options.any { WaitFor::Any } else { WaitFor::All },
        until: if options.invert { WaitUntil::Down } else { WaitUntil::Usable },
        keep_going: options.keep_going,
        socket_only: options.socket_only,
        concurrency: descriptors::room_for(targets),
    }
}

/// The common time-out is for the whole wait, and so no wish for a probe.
///
/// # Errors
/// When a role is asked for that an attempt would not go far enough to learn.
fn wishes(options: &Wait) -> Result<Wishes, Trouble> {
    let level = options.level.map(Level::from);
    let expect_role = options.expect_role.map(ExpectedRole::from);
    if expect_role.is_some_and(|role| role != ExpectedRole::Any) && level.unwrap_or_default() < Level::Ping {
        let mistake = "`--expect-role` needs `--level ping` or deeper: a server tells its role after the login";
        return Err(Trouble::Usage(mistake.to_owned()));
    }
    Ok(Wishes { level, write: options.write.map(WriteMode::from), expect_role, ..Wishes::default() })
}
