//! Metrics that go nowhere.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::metrics::{DatabaseMetrics, PoolSeries, Series};
use crate::outcome::Outcome;
use crate::pool_status::{AcquirePhase, PoolState};
use crate::query::Query;

/// Metrics that go nowhere: for tests, and for programs that let users turn metrics off.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMetrics;

impl DatabaseMetrics for NoMetrics {
    fn query(&self, _: &Query<'_>) -> Box<dyn Series> {
        Box::new(Self)
    }

    fn transaction(&self, _: &str) -> Box<dyn Series> {
        Box::new(Self)
    }

    fn pool(&self, _: &str, _: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        Arc::new(Self)
    }
}

impl Series for NoMetrics {
    fn ended(&self, _: Duration, _: Outcome<'_>) {}
}

impl PoolSeries for NoMetrics {
    fn acquired(&self, _: Duration) {}
    fn created(&self, _: Duration) {}
    fn tested(&self, _: Duration) {}
    fn released(&self, _: Duration) {}
    fn timed_out(&self, _: Option<AcquirePhase>) {}
    fn failed(&self, _: &str) {}
    fn cancelled(&self) {}
}
