//! Blocks until databases are usable, or gone.

mod awaited;
mod options;

mod outcome;
mod pause;

mod attempt;
mod streak;

mod watch;

use std::time::Duration;

use dbprobe_core::{Interrupt, milliseconds, now};
use futures_util::FutureExt;
use futures_util::StreamExt;
use futures_util::future::select_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use crate::database::Database;
use attempt::{Attempt, attempt};
use watch::Watch;

pub use options::{WaitFor, WaitOptions, WaitUntil};
pub use outcome::{Wait, WaitOutcome, WaitProgress, WaitServer, WaitState, Waited};

/// Blocks until every one of `databases` is usable, or what else `options` ask for; `observe` is told of each attempt.
///
/// Usable is what `up` means for a probe of the database's plan: every step that its level asks for passed. Limits of the
/// plan, such as a latency, are not waited for. A target is ready after [`WaitOptions::stable`] successes in a row on one
/// incarnation of the server, by the time when it started, so that a server that is started again in between does not
/// count. Levels below `read` do not learn that time: there successes alone are counted.
///
/// A failure that waiting does not help against, such as a wrong password, ends the wait at once, unless
/// [`WaitOptions::keep_going`]; with [`WaitFor::Any`] only when it has happened to all. Over a Unix socket it has to last
/// for [`WaitOptions::SOCKET_PATIENCE`], and a server that has networking off does not count, unless
/// [`WaitOptions::socket_only`].
///
/// Total: it ends at the latest 50 ms after its time-out, and when the interrupt of any plan is fired. Dropping the future
/// closes what is open.
///
/// ```
/// use dbprobe_core::{Dsn, Registry};
/// use dbprobe_tasks::{Database, WaitOptions, WaitOutcome, wait};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// let registry = Registry::new(&[&dbprobe_sqlite::ENGINE]);
/// let dsn = Dsn::parse(&format!("file:{}/orders.db?mode=rwc", directory.path().display()))?;
/// let orders = Database::new(registry.open(&dsn)?).named("orders");
/// let options = WaitOptions { stable: 1, ..WaitOptions::default() };
///
/// let ended = wait(&[orders], &options, |seen| {
///     if let Some(failure) = seen.failure {
///         println!("{}: {failure}", seen.target);
///     }
/// })
/// .await;
/// assert_eq!(ended.outcome, WaitOutcome::Ready);
/// # Ok(())
/// # }
/// ```
pub async fn wait(databases: &[Database], options: &WaitOptions, mut observe: impl FnMut(&WaitProgress<'_>)) -> Wait {
    let begun = Instant::now();
    let stop = Interrupt::new();
    let turns =
        Turns { databases, options, deadline: later(begun, options.timeout), stop: &stop, room: &room(options) };
    let mut watches: Vec<Watch<'_>> = databases.iter().map(|database| Watch::new(database, options)).collect();
    let mut under_way: FuturesUnordered<_> = (0..databases.len()).map(|at| turns.take(at, Duration::ZERO)).collect();
    let mut outcome = databases.is_empty().then_some(WaitOutcome::Ready);
    let mut interrupted = Box::pin(interrupted(databases).fuse());
    loop {
        let turn = tokio::select! {
            biased;
            () = &mut interrupted => {
                outcome.get_or_insert(WaitOutcome::Interrupted);
                stop.fire();
                continue;
            }
            turn = under_way.next() => turn,
        };
        let Some((at, attempt)) = turn else { break };
        // Once it is decided, the attempts under way are awaited, since they tidy up, but do not count any more.
        let Some(attempt) = attempt.filter(|_| outcome.is_none()) else { continue };
        let pause = watches[at].take(attempt);
        observe(&watches[at].progress(at));
        match pause {
            Some(pause) => under_way.push(turns.take(at, pause)),
            None => {
                outcome = decided(&watches, options.wait_for);
                if outcome.is_some() {
                    stop.fire();
                }
            }
        }
    }
    Wait {
        schema: "dbprobe.wait/v1",
        outcome: outcome.unwrap_or(WaitOutcome::TimedOut),
        wait_for: options.wait_for,
        until: options.until,
        stable: options.stable.max(1),
        timeout_ms: milliseconds(options.timeout),
        elapsed_ms: milliseconds(begun.elapsed()),
        timestamp: now(),
        targets: watches.into_iter().map(Watch::finish).collect(),
    }
}

/// What the end of one target makes of the whole.
fn decided(watches: &[Watch<'_>], wait_for: WaitFor) -> Option<WaitOutcome> {
    let all = |state| watches.iter().all(|watch| watch.state == state);
    let any = |state| watches.iter().any(|watch| watch.state == state);
    let (ready, failed) = match wait_for {
        WaitFor::All => (all(WaitState::Ready), any(WaitState::Failed)),
        WaitFor::Any => (any(WaitState::Ready), all(WaitState::Failed)),
    };
    match (ready, failed) {
        (true, _) => Some(WaitOutcome::Ready),
        (_, true) => Some(WaitOutcome::Failed),
        _ => None,
    }
}

/// Ends when the interrupt of any plan is fired.
async fn interrupted(databases: &[Database]) {
    if databases.is_empty() {
        return std::future::pending().await;
    }
    select_all(databases.iter().map(|database| Box::pin(database.plan.interrupt.fired()))).await;
}

/// What every attempt shares.
#[derive(Clone, Copy)]
struct Turns<'a> {
    databases: &'a [Database],
    options: &'a WaitOptions,
    deadline: Instant,
    stop: &'a Interrupt,
    room: &'a Semaphore,
}

impl Turns<'_> {
    /// The next attempt at target number `at`, after `pause`; nothing where the time is over before, or it is stopped.
    async fn take(self, at: usize, pause: Duration) -> (usize, Option<Attempt>) {
        (at, self.attempt(&self.databases[at], later(Instant::now(), pause)).await)
    }

    async fn attempt(self, database: &Database, begin: Instant) -> Option<Attempt> {
        tokio::select! {
            biased;
            () = self.stop.fired() => return None,
            () = sleep_until(begin.min(self.deadline)) => {}
        }
        let _room = tokio::select! {
            biased;
            () = self.stop.fired() => return None,
            () = sleep_until(self.deadline) => return None,
            room = self.room.acquire() => room.ok()?,
        };
        let left = self.deadline.saturating_duration_since(Instant::now());
        let attempt = attempt(database, left, self.stop, self.options.socket_only).await;
        // What was told to stop in the middle has found out nothing.
        (!self.stop.has_fired()).then_some(attempt)
    }
}

fn room(options: &WaitOptions) -> Semaphore {
    Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS))
}

/// A time-out beyond what the clock can hold is as good as ten years.
fn later(now: Instant, by: Duration) -> Instant {
    now.checked_add(by).unwrap_or(now + Duration::from_secs(315_360_000))
}

#[cfg(test)]
mod tests;
