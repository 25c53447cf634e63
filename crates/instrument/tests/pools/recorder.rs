//! Metrics that remember every call.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use dbprobe_instrument::pool::{AcquirePhase, PoolState, PoolStatus};
use dbprobe_instrument::{DatabaseMetrics, NoMetrics, PoolSeries, Query, Series, Tracker};

/// What a pool's series was told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Acquired(Duration),
    Cancelled,
    Created(Duration),
    Failed(String),
    Released(Duration),
    Tested(Duration),
    TimedOut(Option<AcquirePhase>),
}

/// Metrics of one pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    events: Arc<Mutex<Vec<Event>>>,
    state: Arc<Mutex<Option<Weak<dyn PoolState>>>>,
}

impl Recorder {
    pub(crate) fn tracker(&self) -> Tracker {
        Tracker::new(self.clone())
    }

    /// What the gauges would show now; `None` once they are withdrawn.
    pub(crate) fn status(&self) -> Option<PoolStatus> {
        let state = self.state.lock().expect("the state").clone();
        state.expect("a pool was tracked").upgrade().map(|state| state.status())
    }

    /// What was told since the last time somebody asked.
    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().expect("the events"))
    }

    pub(crate) fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.lock().expect("the events").iter().filter(|event| is(event)).count()
    }

    fn push(&self, event: Event) {
        self.events.lock().expect("the events").push(event);
    }
}

impl Event {
    pub(crate) fn is_acquired(&self) -> bool {
        matches!(self, Self::Acquired(_))
    }

    pub(crate) fn is_released(&self) -> bool {
        matches!(self, Self::Released(_))
    }

    pub(crate) fn created(&self) -> Option<Duration> {
        if let Self::Created(took) = self { Some(*took) } else { None }
    }

    pub(crate) fn tested(&self) -> Option<Duration> {
        if let Self::Tested(took) = self { Some(*took) } else { None }
    }

    pub(crate) fn waited(&self) -> Option<Duration> {
        if let Self::Acquired(waited) = self { Some(*waited) } else { None }
    }
}

impl DatabaseMetrics for Recorder {
    fn query(&self, query: &Query<'_>) -> Box<dyn Series> {
        NoMetrics.query(query)
    }

    fn transaction(&self, name: &str) -> Box<dyn Series> {
        NoMetrics.transaction(name)
    }

    fn pool(&self, _: &str, state: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        *self.state.lock().expect("the state") = Some(state);
        Arc::new(self.clone())
    }
}

impl PoolSeries for Recorder {
    fn acquired(&self, waited: Duration) {
        self.push(Event::Acquired(waited));
    }

    fn created(&self, took: Duration) {
        self.push(Event::Created(took));
    }

    fn tested(&self, took: Duration) {
        self.push(Event::Tested(took));
    }

    fn released(&self, used: Duration) {
        self.push(Event::Released(used));
    }

    fn timed_out(&self, phase: Option<AcquirePhase>) {
        self.push(Event::TimedOut(phase));
    }

    fn failed(&self, code: &str) {
        self.push(Event::Failed(code.to_owned()));
    }

    fn cancelled(&self) {
        self.push(Event::Cancelled);
    }
}
