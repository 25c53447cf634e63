//! The series of one pool.

use std::time::Duration;

use opentelemetry::KeyValue;

use super::attributes::{Endings, of_phase, of_pool};
use super::instruments::ConnectionInstruments;
use crate::metrics::PoolSeries;
use crate::outcome::Outcome;
use crate::pool_status::AcquirePhase;

pub(super) struct OpenTelemetryPool {
    instruments: ConnectionInstruments,
    own: Vec<KeyValue>,
    /// Of time-outs in waiting, in dialling and in testing.
    phases: [Vec<KeyValue>; 3],
    endings: Endings,
}

impl OpenTelemetryPool {
    pub(super) fn new(instruments: ConnectionInstruments, name: &str) -> Self {
        let own = of_pool(name);
        let phases = [AcquirePhase::Wait, AcquirePhase::Create, AcquirePhase::Test];
        Self {
            instruments,
            phases: phases.map(|phase| of_phase(&own, phase.word())),
            endings: Endings::new(own.clone()),
            own,
        }
    }
}

impl PoolSeries for OpenTelemetryPool {
    fn acquired(&self, waited: Duration) {
        self.instruments.wait_time.record(waited.as_secs_f64(), &self.own);
    }

    fn created(&self, took: Duration) {
        self.instruments.create_time.record(took.as_secs_f64(), &self.own);
    }

    fn tested(&self, took: Duration) {
        self.instruments.test_time.record(took.as_secs_f64(), &self.own);
    }

    fn released(&self, used: Duration) {
        self.instruments.use_time.record(used.as_secs_f64(), &self.own);
    }

    fn timed_out(&self, phase: Option<AcquirePhase>) {
        let [wait, create, test] = &self.phases;
        let attributes = match phase {
            None => &self.own,
            Some(AcquirePhase::Wait) => wait,
            Some(AcquirePhase::Create) => create,
            Some(AcquirePhase::Test) => test,
        };
        self.instruments.timeouts.add(1, attributes);
    }

    fn failed(&self, code: &str) {
        self.instruments.errors.add(1, self.endings.of(Outcome::Failed(code)));
    }

    fn cancelled(&self) {
        self.instruments.errors.add(1, self.endings.of(Outcome::Cancelled));
    }
}
