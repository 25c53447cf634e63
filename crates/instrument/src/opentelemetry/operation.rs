//! The series of one query or transaction.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;

use super::attributes::Endings;
use crate::metrics::Series;
use crate::outcome::Outcome;

pub(super) struct OperationSeries {
    duration: Histogram<f64>,
    endings: Endings,
}

impl OperationSeries {
    pub(super) fn new(duration: Histogram<f64>, own: Vec<KeyValue>) -> Self {
        Self { duration, endings: Endings::new(own) }
    }
}

impl Series for OperationSeries {
    fn ended(&self, after: Duration, outcome: Outcome<'_>) {
        self.duration.record(after.as_secs_f64(), self.endings.of(outcome));
    }
}
