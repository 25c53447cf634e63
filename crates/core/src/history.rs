//! The last probes of one target, in little memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::phase::Phase;
use crate::report::Report;
use crate::status::Status;

/// The last probes of one target, in little memory.
///
/// Successive probes of a target mostly differ in their times only. So what they have in common is kept once, and a probe
/// costs 72 bytes beside it. Figures that change all the time (connections, sizes, an engine's own facts) are left
/// out, and so are the places of the steps on the time line.
#[derive(Clone, Debug)]
pub struct History {
    limit: usize,
    past: VecDeque<Past>,
}

/// One probe of the past, as a strip or a sparkline needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When the probe began.
    pub checked_at: Timestamp,
    /// What it found.
    pub status: Status,
    /// How long it took.
    pub duration: Duration,
}

#[derive(Clone, Debug)]
struct Past {
    checked_at: Timestamp,
    duration: Micros,
    /// By the place of the step in the shape.
    steps: [Micros; Phase::ALL.len()],
    shape: Arc<Shape>,
}

/// A report without its times, and the status that follows from it.
#[derive(Clone, Debug, PartialEq)]
struct Shape {
    report: Report,
    status: Status,
}

/// A duration in whole microseconds, or none; 71 minutes at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Micros(u32);

impl Micros {
    const NONE: Self = Self(u32::MAX);

    fn of(duration: Option<Duration>) -> Self {
        let most = u128::from(u32::MAX - 1);
        duration.map_or(Self::NONE, |duration| Self(u32::try_from(duration.as_micros().min(most)).unwrap_or(u32::MAX)))
    }

    fn get(self) -> Option<Duration> {
        (self != Self::NONE).then(|| Duration::from_micros(u64::from(self.0)))
    }
}

impl History {
    /// A history of at most `limit` probes, at least one.
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), past: VecDeque::new() }
    }

    /// Adds a probe and forgets the oldest where there are too many.
    pub fn push(&mut self, report: &Report) {
        while self.past.len() >= self.limit {
            self.past.pop_front();
        }
        let mut steps = [Micros::NONE; Phase::ALL.len()];
        for (at, step) in report.steps.iter().enumerate().take(steps.len()) {
            steps[at] = Micros::of(step.duration);
        }
        let duration = Micros::of(Some(report.duration));
        let shape = self.shape_of(report);
        self.past.push_back(Past { checked_at: report.checked_at, duration, steps, shape });
    }

    /// How many probes there are.
    pub fn len(&self) -> usize {
        self.past.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.past.is_empty()
    }

    /// The probes as points in time, oldest first.
    pub fn moments(&self) -> impl DoubleEndedIterator<Item = Moment> + ExactSizeIterator {
        self.past.iter().map(|past| Moment {
            checked_at: past.checked_at,
            status: past.shape.status,
            duration: past.duration.get().unwrap_or_default(),
        })
    }

    /// How long `phase` took in each probe, oldest first; `None` where it was not taken or failed.
    pub fn latencies(&self, phase: Phase) -> impl DoubleEndedIterator<Item = Option<Duration>> + ExactSizeIterator {
        self.past.iter().map(move |past| past.latency(phase))
    }

    /// The probes as reports, oldest first, without what is left out.
    pub fn reports(&self) -> impl DoubleEndedIterator<Item = Report> + ExactSizeIterator {
        self.past.iter().map(Past::report)
    }

    fn shape_of(&self, report: &Report) -> Arc<Shape> {
        let shape = Shape::of(report);
        let known = self.past.back().filter(|last| *last.shape == shape);
        known.map_or_else(|| Arc::new(shape), |last| Arc::clone(&last.shape))
    }
}

impl Past {
    /// As [`Report::latency`].
    fn latency(&self, phase: Phase) -> Option<Duration> {
        let at = self.shape.report.steps.iter().position(|step| step.phase == phase)?;
        let failure = self.shape.report.steps.get(at)?.failure();
        let worked = failure.is_none_or(|failure| failure.class.is_expectation());
        self.steps.get(at).copied().and_then(Micros::get).filter(|_| worked)
    }

    fn report(&self) -> Report {
        let mut report = self.shape.report.clone();
        report.checked_at = self.checked_at;
        report.duration = self.duration.get().unwrap_or_default();
        for (step, duration) in report.steps.iter_mut().zip(self.steps) {
            step.duration = duration.get();
        }
        report
    }
}

impl Shape {
    fn of(report: &Report) -> Self {
        let status = report.status();
        let mut report = report.clone();
        report.checked_at = Timestamp::UNIX_EPOCH;
        report.duration = Duration::ZERO;
        for step in &mut report.steps {
            (step.start, step.duration) = (None, None);
        }
        for attempt in &mut report.attempts {
            attempt.duration = Duration::ZERO;
        }
        let facts = &mut report.inspection;
        (facts.connections, facts.size_bytes, facts.replication_lag) = (None, None, None);
        facts.facts.clear();
        if let Some(tls) = &mut report.tls {
            tls.days_left = None;
        }
        Self { report, status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Class;
    use crate::failure::Failure;
    use crate::step::{Outcome, Step};

    fn report(second: i64, failure: Option<Failure>) -> Report {
        let mut report = Report::unasked("t", Some("redis"), Failure::new(Class::Config, "x"));
        let took = Duration::from_micros(u64::try_from(second).unwrap_or_default() + 100);
        let outcome = failure.map_or(Outcome::Passed, |failure| Outcome::Failed(failure.in_phase(Phase::Ping)));
        let step = Step { phase: Phase::Ping, outcome, start: Some(took), duration: Some(took), proof: None };
        (report.steps, report.duration) = (vec![step], took);
        report.checked_at = Timestamp::from_second(second).expect("a time");
        report.inspection.version = Some("7.0".to_owned());
        report.inspection.connections = Some(u64::try_from(second).unwrap_or_default());
        report
    }

    #[test]
    fn what_probes_have_in_common_is_kept_once() {
        let mut history = History::new(60);
        for second in 0..100 {
            history.push(&report(second, None));
        }
        let shapes: std::collections::BTreeSet<_> = history.past.iter().map(|past| Arc::as_ptr(&past.shape)).collect();
        assert_eq!((history.len(), shapes.len(), size_of::<Past>()), (60, 1, 72));
        let last = history.reports().next_back().expect("a report");
        assert_eq!((last.checked_at.as_second(), last.duration), (99, Duration::from_micros(199)));
        assert_eq!((last.inspection.version.as_deref(), last.inspection.connections), (Some("7.0"), None));
    }

    #[test]
    fn a_failure_is_another_shape_and_no_latency() {
        let mut history = History::new(3);
        let refused = Failure::new(Class::Refused, "nobody listens").code("111").advise("start it");
        for (second, failure) in [(1, None), (2, Some(refused)), (3, None)] {
            history.push(&report(second, failure));
        }
        let statuses: Vec<Status> = history.moments().map(|moment| moment.status).collect();
        assert_eq!(statuses, [Status::Up, Status::Down, Status::Up]);
        let failed = history.reports().nth(1).expect("a report");
        assert_eq!(failed.failure().and_then(|failure| failure.code.as_deref()), Some("111"));
        let latencies: Vec<Option<Duration>> = history.latencies(Phase::Ping).collect();
        assert_eq!(latencies, [101, 0, 103].map(|micros| (micros > 0).then(|| Duration::from_micros(micros))));
    }
}
