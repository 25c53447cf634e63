//! What came of one operation.

use std::collections::BTreeMap;
use std::time::Duration;

use dbprobe_core::{Class, Failure, WriteProof};
use serde::Serialize;

use super::distribution::{Distribution, Recorder};
use super::options::PerfOptions;

/// What came of one operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Measurement {
    /// The times of those that succeeded, without the warm-up.
    #[serde(flatten)]
    pub distribution: Distribution,
    /// How many failed, those of the warm-up and sessions that could not be opened again among them. Their times are
    /// in no figure.
    pub errors: u64,
    /// The same by class.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors_by_class: BTreeMap<Class, u64>,
    /// How often a session was lost and another one opened in its place.
    pub reconnects: u64,
    /// How many succeeded in a second of the measured time, over all sessions. The write and the read that follows it share
    /// their time, so theirs is the rate of both together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
    /// What proved a write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<WriteProof>,
    /// How many rows the last answer to a query had, within its caps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Whether a cap cut an answer: the times are those of the cut one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated: Option<bool>,
    /// Why it was not measured at all: `read_only`, `not_applicable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// Why it ended before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<String>,
    /// The first failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl Measurement {
    pub(super) fn skipped(why: &str) -> Self {
        Self { skipped: Some(why.to_owned()), ..Self::default() }
    }

    /// Whether it was tried and never succeeded.
    pub fn failed(&self) -> bool {
        self.skipped.is_none() && self.distribution.n == 0
    }
}

/// Counts what becomes of one operation while it is measured.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) recorder: Recorder,
    /// How long the measured part took.
    pub(super) elapsed: Duration,
    pub(super) proof: Option<WriteProof>,
    pub(super) rows: Option<u64>,
    pub(super) truncated: Option<bool>,
    pub(super) failure: Option<Failure>,
    errors: BTreeMap<Class, u64>,
    reconnects: u32,
    streak: u32,
    has_succeeded: bool,
    ended: Option<String>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            recorder: Recorder::new(),
            elapsed: Duration::ZERO,
            proof: None,
            rows: None,
            truncated: None,
            failure: None,
            errors: BTreeMap::new(),
            reconnects: 0,
            streak: 0,
            has_succeeded: false,
            ended: None,
        }
    }

    /// It succeeded; `time` is `None` in the warm-up.
    pub(super) fn succeeded(&mut self, time: Option<Duration>) {
        self.streak = 0;
        self.has_succeeded = true;
        if let Some(time) = time {
            self.recorder.record(time);
        }
    }

    /// It failed, and perhaps that is enough.
    pub(super) fn failed(&mut self, failure: &Failure) {
        *self.errors.entry(failure.class).or_default() += 1;
        self.streak += 1;
        self.failure.get_or_insert_with(|| failure.clone());
        // A statement that was never accepted will not be the next time, either.
        let refused = matches!(failure.class, Class::Query | Class::ReadOnly) && !self.has_succeeded;
        if failure.is_permanent() || refused {
            self.end("a failure that waiting will not mend");
        } else if self.streak >= PerfOptions::FAILURES_IN_A_ROW {
            self.end(&format!("{} failures in a row", self.streak));
        }
    }

    /// A lost session was replaced.
    pub(super) fn reconnected(&mut self) {
        self.reconnects += 1;
        if self.reconnects >= PerfOptions::MOST_RECONNECTS {
            self.end(&format!("its session was lost {} times", self.reconnects));
        }
    }

    pub(super) fn end(&mut self, why: &str) {
        self.ended.get_or_insert_with(|| why.to_owned());
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// How many a second succeeded.
    pub(super) fn per_second(&self) -> Option<f64> {
        let some = self.recorder.n() > 0 && !self.elapsed.is_zero();
        #[expect(clippy::cast_precision_loss, reason = "at most a million")]
        let n = self.recorder.n() as f64;
        some.then(|| rounded(n / self.elapsed.as_secs_f64()))
    }

    pub(super) fn measurement(self) -> Measurement {
        Measurement {
            distribution: self.recorder.distribution(),
            errors: self.errors.values().sum(),
            per_second: self.per_second(),
            errors_by_class: self.errors,
            reconnects: u64::from(self.reconnects),
            mode: self.proof,
            rows: self.rows,
            truncated: self.truncated,
            skipped: None,
            ended_early: self.ended,
            failure: self.failure,
        }
    }
}

/// With one digit behind the point.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_by_class_and_are_no_times() {
        let mut tally = Tally::new();
        tally.succeeded(Some(Duration::from_millis(2)));
        tally.succeeded(None);
        for _ in 0..4 {
            tally.failed(&Failure::new(Class::Timeout, "no answer"));
        }
        tally.succeeded(Some(Duration::from_millis(4)));
        tally.failed(&Failure::new(Class::Locked, "locked"));
        assert!(!tally.has_ended(), "the five were not in a row");
        let measurement = tally.measurement();
        assert_eq!((measurement.distribution.n, measurement.distribution.mean_ms), (2, Some(3.0)));
        assert_eq!((measurement.errors, measurement.errors_by_class[&Class::Timeout]), (5, 4));
        assert_eq!(measurement.failure.map(|failure| failure.class), Some(Class::Timeout));
    }

    #[test]
    fn it_ends_when_going_on_makes_no_sense() {
        let mut refused = Tally::new();
        refused.failed(&Failure::new(Class::Permission, "denied"));
        let mut silent = Tally::new();
        (0..5).for_each(|_| silent.failed(&Failure::new(Class::Timeout, "no answer")));
        let mut lossy = Tally::new();
        for _ in 0..10 {
            lossy.failed(&Failure::new(Class::Reset, "cut"));
            lossy.reconnected();
            lossy.succeeded(Some(Duration::from_millis(1)));
        }
        let why = |tally: Tally| tally.measurement().ended_early.unwrap_or_default();
        assert_eq!(
            [refused, silent, lossy].map(why),
            ["a failure that waiting will not mend", "5 failures in a row", "its session was lost 10 times"]
        );
    }
}
