//! The result of one probe.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::class::Class;
use crate::failure::Failure;
use crate::inspection::Inspection;
use crate::phase::Phase;
use crate::role::Role;
use crate::status::Status;
use crate::step::{Attempt, Outcome, Step};
use crate::tls::Tls;
use jiff::Timestamp;

/// The result of one probe: what was done, how it ended, and what was learned.
///
/// Its status and its first failure are derived from the steps, never stored.
/// It serialises as `dbprobe.report/v1`; what is not known is absent, never 0 and never null.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The target's name.
    pub target: String,
    /// The engine's name; `None` where the DSN chose none.
    pub engine: Option<String>,
    /// When the probe began.
    pub checked_at: Timestamp,
    /// How long the whole probe took.
    pub duration: Duration,
    /// What was done, in time order.
    pub steps: Vec<Step>,
    /// Hosts that were tried before the one that the steps are about.
    pub attempts: Vec<Attempt>,
    /// Which address answered: `ip:port` or a socket's path.
    pub address: Option<String>,
    /// What was found out about the server.
    pub inspection: Inspection,
    /// What the TLS handshake told, where there was one.
    pub tls: Option<Tls>,
}

impl Report {
    /// A report on a target that was never asked, because of `failure`.
    pub fn unasked(target: impl Into<String>, engine: Option<&str>, failure: Failure) -> Self {
        let failure = failure.in_phase(Phase::Configure);
        let step = Step {
            phase: Phase::Configure,
            outcome: Outcome::Failed(failure),
            start: Some(Duration::ZERO),
            duration: Some(Duration::ZERO),
            proof: None,
        };
        Self {
            target: target.into(),
            engine: engine.map(str::to_owned),
            checked_at: now(),
            duration: Duration::ZERO,
            steps: vec![step],
            attempts: Vec::new(),
            address: None,
            inspection: Inspection::default(),
            tls: None,
        }
    }

    /// The one word, derived from the steps.
    pub fn status(&self) -> Status {
        status(&self.steps)
    }

    /// The failure that decides the status; of several the first.
    pub fn failure(&self) -> Option<&Failure> {
        let worst = self.status();
        let deciding = self.steps.iter().find(|step| severity(step) == worst && step.failure().is_some());
        deciding.or_else(|| self.steps.iter().find(|step| step.failure().is_some())).and_then(Step::failure)
    }

    /// Whether another probe may find something else: after a transient failure of the target itself. One that somebody
    /// has to mend, an expectation that is not met and a failed goodbye are not worth another try.
    pub fn may_pass(&self) -> bool {
        self.failure().is_some_and(|failure| {
            !failure.is_permanent() && !failure.class.is_expectation() && failure.phase != Some(Phase::Close)
        })
    }

    /// The step of `phase`, where it was taken or skipped.
    pub fn step(&self, phase: Phase) -> Option<&Step> {
        self.steps.iter().find(|step| step.phase == phase)
    }

    /// How long `phase` took, where it did what it is for. A failed attempt is no latency.
    pub fn latency(&self, phase: Phase) -> Option<Duration> {
        let step = self.step(phase)?;
        let worked = step.failure().is_none_or(|failure| failure.class.is_expectation());
        step.duration.filter(|_| worked)
    }

    /// What the server says it is.
    pub fn role(&self) -> Option<Role> {
        self.inspection.role
    }

    /// The flat map of figures: names as in the design, only what was measured.
    pub fn metrics(&self) -> BTreeMap<&'static str, f64> {
        let latency = |phase| self.latency(phase).map(milliseconds);
        #[expect(clippy::cast_precision_loss, reason = "counts and sizes far below 2^53")]
        let number = |count: Option<u64>| count.map(|count| count as f64);
        let known = [
            ("db_up", Some(f64::from(u8::from(self.status().answers())))),
            ("db_ping_latency_ms", latency(Phase::Ping)),
            ("db_write_latency_ms", latency(Phase::Write)),
            ("db_read_latency_ms", latency(Phase::Read)),
            ("db_connection_count", number(self.inspection.connections)),
            ("db_connections_max", number(self.inspection.connections_max)),
            ("db_size_bytes", number(self.inspection.size_bytes)),
            ("db_replication_lag_seconds", self.inspection.replication_lag.map(|lag| lag.as_secs_f64())),
            ("db_read_only", self.inspection.read_only.map(|read_only| f64::from(u8::from(read_only)))),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// The one pure function from steps to status.
pub fn status(steps: &[Step]) -> Status {
    if !steps.iter().any(|step| step.duration.is_some()) {
        return Status::Unknown; // nothing was ever asked
    }
    steps.iter().map(severity).max().unwrap_or(Status::Unknown)
}

/// What one step alone makes of a target.
fn severity(step: &Step) -> Status {
    let Some(failure) = step.failure() else { return Status::Up };
    match (step.phase, failure.class) {
        (Phase::Close, _) => Status::Up, // a failed goodbye hides nothing and spoils nothing
        (Phase::Configure, class) if !class.is_expectation() => Status::Unknown, // nobody was asked, also after a panic
        (_, Class::Internal) => Status::Down,
        // No session came of it: none of the hosts was of the wanted kind.
        (phase, Class::RoleMismatch) if phase <= Phase::Auth => Status::Down,
        (_, class) if class.is_expectation() => Status::Degraded,
        // Whoever hangs up in the middle is not known to answer any more. A silence may be one commit that waits.
        (Phase::Write | Phase::Inspect, class) if failure.loses_session() && class != Class::Timeout => Status::Down,
        (Phase::Write | Phase::Inspect, _) => Status::Degraded,
        _ => Status::Down,
    }
}

/// Milliseconds with their fraction, cut to whole microseconds as outputs show them.
pub fn milliseconds(duration: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact up to 285 years in microseconds")]
    let microseconds = duration.as_micros() as f64;
    microseconds / 1000.0
}

/// The wall clock, cut to milliseconds as outputs show it.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(phase: Phase, class: Option<Class>) -> Step {
        let outcome = class.map_or(Outcome::Passed, |class| Outcome::Failed(Failure::new(class, "x").in_phase(phase)));
        Step { phase, outcome, start: Some(Duration::ZERO), duration: Some(Duration::from_millis(1)), proof: None }
    }

    #[test]
    fn the_status_follows_from_the_steps() {
        use Class::*;
        use Phase::*;
        type Steps<'a> = &'a [(Phase, Option<Class>)];
        let cases: &[(Steps<'_>, Status)] = &[
            (&[], Status::Unknown),
            (&[(Configure, Some(Config))], Status::Unknown),
            (&[(Configure, Some(Internal))], Status::Unknown),
            (&[(Tcp, None), (Ping, None), (Write, None), (Read, None), (Inspect, None)], Status::Up),
            (&[(Tcp, Some(Refused))], Status::Down),
            (&[(Ping, None), (Write, Some(Class::Permission)), (Read, None)], Status::Degraded),
            (&[(Ping, None), (Write, Some(Locked)), (Read, Some(StaleRead))], Status::Down),
            (&[(Ping, None), (Inspect, Some(RoleMismatch))], Status::Degraded),
            (&[(Phase::Tls, Some(Threshold)), (Ping, Some(Threshold))], Status::Degraded),
            (&[(Ping, None), (Write, Some(Internal))], Status::Down),
            (&[(Ping, None), (Write, Some(Reset))], Status::Down),
            (&[(Ping, None), (Write, Some(Timeout))], Status::Degraded),
            (&[(Tcp, None), (Phase::Auth, Some(RoleMismatch))], Status::Down),
            (&[(Ping, None), (Close, Some(Timeout))], Status::Up),
        ];
        for (steps, expected) in cases {
            let steps: Vec<Step> = steps.iter().map(|(phase, class)| step(*phase, *class)).collect();
            assert_eq!(status(&steps), *expected, "{steps:?}");
        }
        assert_eq!(status(&[Step::skipped(Phase::Ping, "x")]), Status::Unknown);
    }

    #[test]
    fn the_failure_shown_first_is_the_one_that_decides() {
        let mut report = Report::unasked("t", None, Failure::new(Class::Config, "x"));
        report.steps = vec![step(Phase::Write, Some(Class::Locked)), step(Phase::Read, Some(Class::Reset))];
        assert_eq!(report.failure().map(|failure| failure.class), Some(Class::Reset));
    }

    #[test]
    fn a_failed_attempt_is_no_latency_but_a_slow_one_is() {
        let mut report = Report::unasked("t", None, Failure::new(Class::Config, "x"));
        report.steps = vec![step(Phase::Write, Some(Class::Locked)), step(Phase::Read, Some(Class::Threshold))];
        let metrics = report.metrics();
        assert_eq!((metrics.get("db_write_latency_ms"), metrics.get("db_read_latency_ms")), (None, Some(&1.0)));
    }
}
