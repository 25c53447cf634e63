//! The one place where a foreign future is bounded: by a deadline, by a request to stop, and by a net for panics.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::class::Class;
use crate::failure::Failure;
use crate::interrupt::Interrupt;

/// Asks a server to stop what it does for one session.
///
/// It is used shortly before the deadline, while the step is still being awaited.
#[async_trait::async_trait]
pub trait Cancel: Send + Sync {
    /// Sends the request and does not wait for its effect. Failing is silent: it is a courtesy, bounded by the core.
    async fn cancel(&self);
}

/// How a bounded future ended.
pub(crate) enum Ended<T> {
    /// It answered in time.
    Answered(Result<T, Failure>),
    /// The deadline came first.
    TimedOut,
    /// Somebody asked for the end before.
    Interrupted,
    /// It panicked, with this message.
    Panicked(String),
}

/// The end of the time that a step has, and how long before it the server is asked to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) deadline: Instant,
    pub(crate) reserve: Duration,
}

/// How long after its deadline a step may still tidy up. The contract allows 50 ms.
pub(crate) const GRACE: Duration = Duration::from_millis(25);

/// Awaits `step` until the deadline or the interrupt, and asks the server to stop: `reserve` before the deadline.
///
/// What the step answers after it was asked to stop does not count: a cancelled commit says "done", too.
pub(crate) async fn bounded<T>(
    step: impl Future<Output = Result<T, Failure>>,
    limit: Limit,
    cancel: Option<&dyn Cancel>,
    interrupt: &Interrupt,
) -> Ended<T> {
    if interrupt.has_fired() {
        return Ended::Interrupted; // nothing is begun that would have to be stopped at once
    }
    let mut step = pin!(AssertUnwindSafe(step).catch_unwind());
    let reserve = if cancel.is_some() { limit.reserve } else { Duration::ZERO };
    let ask = limit.deadline.checked_sub(reserve).unwrap_or(limit.deadline);
    let stopped = tokio::select! {
        biased;
        answer = &mut step => return ended(Ok(answer)),
        () = interrupt.fired() => Ended::Interrupted,
        () = sleep_until(ask) => Ended::TimedOut,
    };
    let Some(cancel) = cancel else { return stopped };
    // The step is polled on while the request is under way: most servers end it cleanly, which frees what it held.
    let request = AssertUnwindSafe(cancel.cancel()).catch_unwind();
    let end = limit.deadline.min(Instant::now() + reserve) + GRACE;
    let _ = timeout_at(end, async { tokio::join!(request, &mut step) }).await;
    stopped
}

/// How long a goodbye may take when there is time left.
const GOODBYE: Duration = Duration::from_millis(250);

/// Awaits a session's `goodbye`, within what time is left and never for long.
pub(crate) async fn parting(goodbye: impl Future<Output = Result<(), Failure>>, deadline: Instant) -> Ended<()> {
    let left = deadline.saturating_duration_since(Instant::now());
    within(goodbye, left.clamp(GRACE, GOODBYE)).await
}

/// Awaits `work` for at most `limit`, catching panics.
pub(crate) async fn within<T>(work: impl Future<Output = Result<T, Failure>>, limit: Duration) -> Ended<T> {
    ended(timeout(limit, AssertUnwindSafe(work).catch_unwind()).await)
}

type Caught<T> = Result<Result<T, Failure>, Box<dyn Any + Send>>;

fn ended<T>(answer: Result<Caught<T>, tokio::time::error::Elapsed>) -> Ended<T> {
    match answer {
        Ok(Ok(result)) => Ended::Answered(result),
        Ok(Err(panic)) => Ended::Panicked(panic_message(panic.as_ref())),
        Err(_) => Ended::TimedOut,
    }
}

/// The failure for a driver that panicked with `message`.
pub(crate) fn panicked(message: &str) -> Failure {
    Failure::new(Class::Internal, format!("the driver panicked: {message}"))
        .advise("this is a defect of dbprobe or of its driver: please report it with the server's version")
}

/// The failure for what was interrupted. It says nothing about the target.
pub(crate) fn interrupted() -> Failure {
    Failure::new(Class::Timeout, "interrupted").advise("run it again: this one was told to end before its time")
}

/// A literal message only: one that was put together at run time may quote what the driver was given, a password too.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&'static str>()
        .map_or_else(|| "its message may quote a secret".to_owned(), |text| (*text).to_owned())
}
