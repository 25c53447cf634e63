//! A driver around the one under test, which does something to the line just before a step.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Cancel, Driver, Failure, Inspection, Level, Phase, Pong, Query, Rows, Session, Steps, Target, WriteRequest, Written,
};

/// What is done just before the step.
pub(crate) type Trip = Arc<dyn Fn() + Send + Sync>;

/// A driver whose sessions spring `trip` just before they take the step of `phase`.
pub(crate) struct Tripwire {
    inner: Arc<dyn Driver>,
    phase: Phase,
    trip: Trip,
}

impl Tripwire {
    pub(crate) fn new(inner: &Arc<dyn Driver>, phase: Phase, trip: impl Fn() + Send + Sync + 'static) -> Self {
        Self { inner: Arc::clone(inner), phase, trip: Arc::new(trip) }
    }
}

impl std::fmt::Debug for Tripwire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl Driver for Tripwire {
    fn target(&self) -> &Target {
        self.inner.target()
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        self.inner.reach(steps).await
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let inner = self.inner.connect(steps).await?;
        Ok(Box::new(Wired { inner, phase: self.phase, trip: Arc::clone(&self.trip) }))
    }
}

struct Wired {
    inner: Box<dyn Session>,
    phase: Phase,
    trip: Trip,
}

impl Wired {
    fn reached(&self, phase: Phase) {
        if phase == self.phase {
            (self.trip)();
        }
    }
}

#[async_trait]
impl Session for Wired {
    fn depth(&self) -> Level {
        self.inner.depth()
    }

    async fn ping(&mut self) -> Result<Pong, Failure> {
        self.reached(Phase::Ping);
        self.inner.ping().await
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        self.reached(Phase::Write);
        self.inner.write(request).await
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        self.reached(Phase::Read);
        self.inner.read(written).await
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        self.reached(Phase::Inspect);
        self.inner.inspect().await
    }

    async fn query(&mut self, query: &Query) -> Result<Rows, Failure> {
        self.inner.query(query).await
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        self.inner.canceller()
    }

    fn cancel_lead(&self) -> Duration {
        self.inner.cancel_lead()
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        self.reached(Phase::Close);
        self.inner.close().await
    }
}
