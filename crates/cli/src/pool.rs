//! `dbprobe pool`: who holds the connections, against the server's limit?

mod picture;
mod plain;

use dbprobe::tasks::{Pool as Seen, PoolHealth, PoolOptions, PoolThresholds, PoolWanted, pool};
use dbprobe::{Phase, Registry};
use futures_util::StreamExt;

use crate::answer::Question;
use crate::arguments::{Common, Pool};
use crate::choice::Format;
use crate::config;
use crate::console::Console;
use crate::databases::{self, Opened};
use crate::descriptors;
use crate::pointer::Pointer;
use crate::render;
use crate::runtime;
use crate::trouble::Trouble;
use crate::wishes::Wishes;

/// Asks every target and prints what was found; the exit code is that of the worst.
pub(crate) fn run(
    registry: &Registry,
    options: &Pool,
    common: &Common,
    console: &mut Console<'_>,
) -> Result<u8, Trouble> {
    let format = common.format_of("pool")?;
    let wishes = Wishes {
        timeout: common.timeout,
        retries: common.retries,
        retry_interval: common.retry_interval,
        ..Wishes::default()
    };
    let config = config::for_names(&options.targets, common, registry)?;
    let question = Question { registry, config: config.as_ref(), wishes: &wishes };
    let asked = asked(options)?;
    let opened = databases::open(question, &options.targets);
    let concurrency = descriptors::room_for((options.concurrency as usize).min(opened.len())).max(1);
    let each = |opened: &Opened| {
        let (database, asked) = (opened.database.clone(), asked.clone());
        async move { pool(&database, &asked).await }
    };
    let work = futures_util::stream::iter(opened.iter().map(each)).buffered(concurrency).collect::<Vec<_>>();
    let (seen, signal) = runtime::run(work, &wishes.interrupt).map_err(Trouble::Runtime)?;
    if let Some(signal) = signal {
        return Err(Trouble::Signal(signal));
    }
    let pointers: Vec<Option<&Pointer>> = opened.iter().map(|opened| opened.pointer.as_ref()).collect();
    let text = match (format, seen.as_slice()) {
        (Format::Json, [one]) => render::pretty(one).map_err(Trouble::Encoding)?,
        (Format::Json, many) => render::pretty(many).map_err(Trouble::Encoding)?,
        _ if console.screen.width.is_some() => picture::render(&seen, &pointers, console.screen, common.detail()),
        _ => plain::render(&seen, &pointers, common.detail()),
    };
    console.print(&text).map_err(Trouble::Output)?;
    Ok(exit_code(seen.iter().map(verdict)))
}

/// # Errors
/// When options are given that mean nothing without another one.
fn asked(options: &Pool) -> Result<PoolOptions, Trouble> {
    let thresholds = PoolThresholds { moderate: options.moderate.into(), high: options.high.into() };
    if options.moderate > options.high {
        return Err(Trouble::Usage("`--moderate` must not be above `--high`".to_owned()));
    }
    let wanted = options.pool_size.map(|size| PoolWanted {
        size: size.into(),
        max_overflow: options.max_overflow.into(),
        instances: options.instances.into(),
        application: options.application.clone(),
    });
    if wanted.is_none() && (options.max_overflow > 0 || options.instances > 1 || options.application.is_some()) {
        let mistake = "`--max-overflow`, `--instances` and `--application` need `--pool-size`";
        return Err(Trouble::Usage(mistake.to_owned()));
    }
    Ok(PoolOptions { thresholds, wanted })
}

/// What a target's result is worth, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Good,
    High,
    NotKnown,
    Down,
}

fn verdict(seen: &Seen) -> Verdict {
    let configured = seen.failure.as_ref().is_none_or(|failure| failure.phase != Some(Phase::Configure));
    match (&seen.failure, seen.pool_health) {
        (Some(_), _) if configured => Verdict::Down,
        (Some(_), _) | (None, None) => Verdict::NotKnown,
        (None, Some(PoolHealth::High)) => Verdict::High,
        _ if seen.fits() == Some(false) => Verdict::High,
        _ => Verdict::Good,
    }
}

fn exit_code(verdicts: impl Iterator<Item = Verdict>) -> u8 {
    match verdicts.max() {
        Some(Verdict::Good) => 0,
        Some(Verdict::High) => 1,
        Some(Verdict::Down) => 2,
        Some(Verdict::NotKnown) | None => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_target_decides() {
        use Verdict::{Down, Good, High, NotKnown};
        let code = |verdicts: &[Verdict]| exit_code(verdicts.iter().copied());
        assert_eq!(
            [code(&[Good]), code(&[High, Good]), code(&[High, NotKnown]), code(&[Down, NotKnown])],
            [0, 1, 3, 2]
        );
        assert_eq!(code(&[]), 3);
    }
}
