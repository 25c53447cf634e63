//! Metrics that remember what they were told.
#![allow(dead_code, reason = "not each test asks all of it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use dbprobe_instrument::pool::{AcquirePhase, PoolState};
use dbprobe_instrument::{DatabaseMetrics, Outcome, PoolSeries, Query, Series};

/// Remembers everything in the order in which it happened, one line each: `select content by_id: ok`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    made: Arc<Mutex<Vec<String>>>,
    ended: Arc<Mutex<Vec<String>>>,
}

/// The series of one name.
struct Named {
    name: String,
    ended: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// The series that were asked for.
    pub(crate) fn made(&self) -> Vec<String> {
        self.made.lock().expect("no test panics while it holds it").clone()
    }

    /// What ended, and how.
    pub(crate) fn ended(&self) -> Vec<String> {
        self.ended.lock().expect("no test panics while it holds it").clone()
    }

    /// How often each thing happened.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for line in self.ended() {
            *counts.entry(line).or_default() += 1;
        }
        counts
    }

    fn named(&self, name: String) -> Named {
        self.made.lock().expect("no test panics while it holds it").push(name.clone());
        Named { name, ended: Arc::clone(&self.ended) }
    }
}

impl DatabaseMetrics for Recorder {
    fn query(&self, query: &Query<'_>) -> Box<dyn Series> {
        Box::new(self.named(format!("{} {} {}", query.operation, query.table, query.name)))
    }

    fn transaction(&self, name: &str) -> Box<dyn Series> {
        Box::new(self.named(format!("transaction {name}")))
    }

    fn pool(&self, name: &str, _: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        Arc::new(self.named(format!("pool {name}")))
    }
}

impl Named {
    fn tell(&self, what: &str) {
        self.ended.lock().expect("no test panics while it holds it").push(format!("{}: {what}", self.name));
    }
}

impl Series for Named {
    fn ended(&self, _: Duration, outcome: Outcome<'_>) {
        match outcome {
            Outcome::Ok => self.tell("ok"),
            Outcome::Failed(code) => self.tell(&format!("failed {code}")),
            Outcome::Cancelled => self.tell("cancelled"),
        }
    }
}

impl PoolSeries for Named {
    fn acquired(&self, _: Duration) {
        self.tell("acquired");
    }

    fn created(&self, _: Duration) {
        self.tell("created");
    }

    fn tested(&self, _: Duration) {
        self.tell("tested");
    }

    fn released(&self, _: Duration) {
        self.tell("released");
    }

    fn timed_out(&self, phase: Option<AcquirePhase>) {
        self.tell(&format!("timed out {phase:?}"));
    }

    fn failed(&self, code: &str) {
        self.tell(&format!("failed {code}"));
    }

    fn cancelled(&self) {
        self.tell("cancelled");
    }
}
