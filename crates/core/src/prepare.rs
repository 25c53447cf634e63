//! What `dbprobe init` does with one target.

use std::time::Duration;

use tokio::time::Instant;

use crate::class::Class;
use crate::driver::{Driver, Session};
use crate::failure::Failure;
use crate::guard::{self, Ended, GRACE, Limit};
use crate::interrupt::Interrupt;
use crate::phase::Phase;
use crate::setup::Setup;
use crate::steps::{Steps, no_answer};

/// How long a goodbye may take when there is time left.
const GOODBYE: Duration = Duration::from_millis(250);

/// Carries `setup` out on `driver`'s target, on a session of its own, within `timeout` or until `interrupt` fires.
///
/// As in a probe, the server is asked to stop shortly before the time is over, or on the interrupt, so that no statement and no lock is left
/// behind. What was carried out until then may stay: every setup can be repeated.
///
/// # Errors
/// A [`Failure`] of the phase that failed: `write` for the statements. A driver that panics is one of class `internal`.
pub async fn prepare(
    driver: &dyn Driver,
    setup: &Setup,
    timeout: Duration,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let mut steps = Steps::new(timeout);
    let deadline = steps.deadline();
    let limit = Limit { deadline, reserve: Duration::ZERO };
    let connected = guard::bounded(driver.connect(&mut steps), limit, None, interrupt).await;
    let mut session = settled(connected, Phase::Auth)?;

    // At most a quarter of the time goes to asking the server to stop, however far away it is.
    let limit = Limit { deadline, reserve: session.cancel_lead().min(timeout / 4) };
    let cancel = session.canceller();
    let applied = guard::bounded(session.apply(setup), limit, cancel.as_deref(), interrupt).await;
    let applied = settled(applied, Phase::Write);
    if !applied.as_ref().is_err_and(Failure::loses_session) {
        close(session, deadline).await;
    }
    applied
}

/// The work is done or has failed already: a goodbye that fails changes nothing.
async fn close(session: Box<dyn Session>, deadline: Instant) {
    let left = deadline.saturating_duration_since(Instant::now());
    guard::within(session.close(), left.clamp(GRACE, GOODBYE)).await;
}

fn settled<T>(ended: Ended<T>, phase: Phase) -> Result<T, Failure> {
    let failure = match ended {
        Ended::Answered(Ok(value)) => return Ok(value),
        Ended::Answered(Err(failure)) => failure,
        Ended::Panicked(message) => guard::panicked(&message),
        Ended::TimedOut if phase == Phase::Write => Failure::new(
            Class::Timeout,
            "the statements were not carried out in time",
        )
        .advise("look for a lock on the table, or a synchronous standby that is missing; then run it again: that is harmless"),
        Ended::TimedOut => no_answer(phase),
        Ended::Interrupted => guard::interrupted(),
    };
    Err(failure.in_phase(phase))
}
