//! A pool's connection manager, whose dialling and testing is measured.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::watch::Watch;
use crate::metrics::PoolSeries;
use crate::series::guarded;

/// How many timings are kept until the pool is tracked: those of the connections that it makes while it is built.
const EARLY: usize = 1024;

/// How long a pool's connection manager takes to dial and to test. Clones share everything.
///
/// Some pools dial in tasks or threads of their own, where only their manager can see it: build the pool with
/// [`Timings::of`], then give the timings to [`TrackedPool::with_timings`](super::TrackedPool::with_timings). The
/// module's documentation has the three lines.
#[derive(Clone, Default)]
pub struct Timings {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    series: OnceLock<Arc<dyn PoolSeries>>,
    early: Mutex<Vec<Timing>>,
}

#[derive(Clone, Copy)]
enum Timing {
    Created(Duration),
    Tested(Duration),
}

/// A connection manager whose dialling and testing is measured. It dereferences to the manager itself.
#[derive(Clone, Debug)]
pub struct Timed<M> {
    manager: M,
    timings: Timings,
}

impl Timings {
    /// `manager` with these timings, to build a pool of. One pool only: its name is that of the figures.
    pub fn of<M>(&self, manager: M) -> Timed<M> {
        Timed { manager, timings: self.clone() }
    }

    /// Measures `dial`, which makes a new connection. A failure is no new connection, but its time is no wait either.
    pub async fn dial<T, E>(&self, dial: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let since = Instant::now();
        let result = dial.await;
        self.dialled(since.elapsed(), &result);
        result
    }

    /// Measures `test`, which finds out whether a kept connection is still good. One that is not was tested as well.
    pub async fn test<T, E>(&self, test: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        Watch::note(|watch| watch.testing = true);
        let since = Instant::now();
        let result = test.await;
        self.tested(since.elapsed());
        result
    }

    /// As [`Timings::dial`], of a call that blocks.
    pub fn dial_blocking<T, E>(&self, dial: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let since = Instant::now();
        let result = dial();
        self.dialled(since.elapsed(), &result);
        result
    }

    /// As [`Timings::test`], of a call that blocks.
    pub fn test_blocking<T, E>(&self, test: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let since = Instant::now();
        let result = test();
        self.tested(since.elapsed());
        result
    }

    fn dialled<T, E>(&self, took: Duration, result: &Result<T, E>) {
        Watch::spend(took);
        if result.is_ok() {
            self.tell(Timing::Created(took));
        }
    }

    fn tested(&self, took: Duration) {
        Watch::spend(took);
        Watch::note(|watch| watch.testing = false);
        self.tell(Timing::Tested(took));
    }

    fn tell(&self, timing: Timing) {
        if let Some(series) = self.shared.series.get() {
            return timing.tell(series.as_ref());
        }
        let mut early = self.shared.early.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have been tracked while this waited for the lock.
        match self.shared.series.get() {
            Some(series) => timing.tell(series.as_ref()),
            None if early.len() < EARLY => early.push(timing),
            None => {}
        }
    }

    /// Tells `series` from now on, and what was measured before. Once only: timings belong to one pool.
    pub(super) fn attach(&self, series: &Arc<dyn PoolSeries>) {
        let mut early = self.shared.early.lock().unwrap_or_else(PoisonError::into_inner);
        if self.shared.series.set(Arc::clone(series)).is_ok() {
            std::mem::take(&mut *early).iter().for_each(|timing| timing.tell(series.as_ref()));
        }
    }
}

impl<M> Timed<M> {
    /// The timings that this manager tells.
    pub fn timings(&self) -> &Timings {
        &self.timings
    }
}

impl Timing {
    fn tell(self, series: &dyn PoolSeries) {
        guarded(|| match self {
            Self::Created(took) => series.created(took),
            Self::Tested(took) => series.tested(took),
        });
    }
}

impl<M> Deref for Timed<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.manager
    }
}

impl fmt::Debug for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timings").field("attached", &self.shared.series.get().is_some()).finish_non_exhaustive()
    }
}
