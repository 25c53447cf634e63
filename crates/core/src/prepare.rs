//! What `dbprobe init` does with one target.

use std::time::Duration;

use crate::class::Class;
use crate::connection::Connection;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::phase::Phase;
use crate::setup::Setup;

/// Carries `setup` out on `driver`'s target, on a session of its own, within `timeout` or until `interrupt` fires.
///
/// As in a probe, the server is asked to stop shortly before the time is over, or on the interrupt, so that no statement
/// and no lock is left behind. What was carried out until then may stay: every setup can be repeated.
///
/// # Errors
/// A [`Failure`] of the phase that failed: `write` for the statements. A driver that panics is one of class `internal`.
pub async fn prepare(
    driver: &dyn Driver,
    setup: &Setup,
    timeout: Duration,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let mut connection = Connection::open(driver, timeout, interrupt).await?;
    let applied = connection.apply(setup).await;
    connection.close().await;
    applied.map_err(|failure| if interrupt.has_fired() { failure } else { late(failure) })
}

/// What a time-out means for statements that can be carried out again; one with a code is the server's own.
fn late(failure: Failure) -> Failure {
    if failure.class != Class::Timeout || failure.code.is_some() {
        return failure;
    }
    Failure::new(Class::Timeout, "the statements were not carried out in time").in_phase(Phase::Write).advise(
        "look for a lock on the table, or a synchronous standby that is missing; then run it again: that is harmless",
    )
}
