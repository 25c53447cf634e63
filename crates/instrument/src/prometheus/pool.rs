//! The figures of one pool.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus::{Histogram, IntCounter};

use super::errors::Errors;
use super::families::Families;
use crate::metrics::PoolSeries;
use crate::pool_status::AcquirePhase;

/// What handing out a connection is called among the operations of `errors_total`.
const OPERATION: &str = "acquire";

/// The code of a connection that was not handed out in time.
const TIMED_OUT: &str = "pool_timeout";

/// The phase of a time-out of a pool that does not tell it.
const UNKNOWN_PHASE: &str = "unknown";

/// The figures of the pools of one name. What not every pool can tell is made when one tells it, so that it is absent and
/// not 0.
pub(super) struct PoolFigures {
    families: Arc<Families>,
    name: Box<str>,
    acquired: IntCounter,
    released: IntCounter,
    cancelled: IntCounter,
    waits: Histogram,
    uses: Histogram,
    creations: OnceLock<Histogram>,
    tests: OnceLock<Histogram>,
    errors: Errors,
}

impl PoolFigures {
    pub(super) fn new(families: &Arc<Families>, name: &str) -> Self {
        Self {
            families: Arc::clone(families),
            name: name.into(),
            acquired: families.acquired.child([name]),
            released: families.released.child([name]),
            cancelled: families.cancelled.child([name]),
            waits: families.waits.child([name]),
            uses: families.uses.child([name]),
            creations: OnceLock::new(),
            tests: OnceLock::new(),
            errors: Errors::new(families, [OPERATION, "", name]),
        }
    }
}

impl PoolSeries for PoolFigures {
    fn acquired(&self, waited: Duration) {
        self.acquired.inc();
        self.waits.observe(waited.as_secs_f64());
    }

    fn created(&self, took: Duration) {
        self.creations.get_or_init(|| self.families.creations.child([&self.name])).observe(took.as_secs_f64());
    }

    fn tested(&self, took: Duration) {
        self.tests.get_or_init(|| self.families.tests.child([&self.name])).observe(took.as_secs_f64());
    }

    fn released(&self, used: Duration) {
        self.released.inc();
        self.uses.observe(used.as_secs_f64());
    }

    fn timed_out(&self, phase: Option<AcquirePhase>) {
        let phase = phase.map_or(UNKNOWN_PHASE, AcquirePhase::word);
        // Looked up each time: who got no connection for seconds does not mind.
        self.families.timeouts.child([&self.name, phase]).inc();
        self.errors.count(TIMED_OUT);
    }

    fn failed(&self, code: &str) {
        self.errors.count(code);
    }

    fn cancelled(&self) {
        self.cancelled.inc();
    }
}
