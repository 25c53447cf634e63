//! A pool that is measured.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::connection::TrackedConnection;
use super::counts::Counts;
use super::timed::Timings;
use super::watch::{Watch, Watched};
use crate::metrics::PoolSeries;
use crate::pool_status::{AcquirePhase, PoolState, PoolStatus};
use crate::series::{AllSeries, guarded};

/// A pool that can be measured. There is one adapter a feature; any other pool needs this one trait.
pub trait Pool: PoolState {
    /// What it hands out, which goes back when it is dropped.
    type Connection: Send;
    /// Why it hands out nothing.
    type Error: Send + 'static;

    /// Hands out a connection.
    fn acquire(&self) -> impl Future<Output = Result<Acquired<Self::Connection>, Self::Error>> + Send;

    /// What kind of failure `error` is, told right after it happened.
    fn lack(&self, error: &Self::Error) -> Lack;

    /// Parts with a connection on which something is still under way, so that nobody who has it next waits for that. A
    /// pool that knows no such way has it back.
    fn part(connection: Self::Connection) {
        drop(connection);
    }

    /// The error that names the failure: the driver's own where `error` only wraps it.
    fn cause(error: &Self::Error) -> &dyn Any {
        error
    }
}

/// A connection, and how long it was waited for where the pool can tell that from dialling and testing.
#[derive(Debug)]
pub struct Acquired<C> {
    /// The connection.
    pub connection: C,
    /// The wait alone; `None` where the pool cannot tell it apart: then it is all of the time less what [`Timings`]
    /// saw inside of the call.
    pub waited: Option<Duration>,
    /// The connection is new, and dialling took so long; `None` where the pool does not tell, or [`Timings`] do.
    pub created: Option<Duration>,
    /// The connection was kept, and testing it took so long; `None` as with `created`.
    pub tested: Option<Duration>,
}

/// Why there is no connection.
// Exhaustive on purpose: a time-out is counted apart from all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The pool was closed.
    Closed,
    /// It took too long; the phase where the pool tells it.
    TimedOut(Option<AcquirePhase>),
    /// Anything else: a wrong password, a server that is gone.
    Failed,
}

/// A pool that is measured. It dereferences to the pool itself, whose connections are then in the gauges only.
///
/// The gauges live as long as one clone of this: a connection that is still out does not hold them.
pub struct TrackedPool<P> {
    shared: Arc<Shared<P>>,
    series: Arc<dyn PoolSeries>,
    counts: Arc<Counts>,
    all: Arc<AllSeries>,
}

/// What the gauges are read from.
struct Shared<P> {
    pool: P,
    counts: Arc<Counts>,
}

impl<P: PoolState> TrackedPool<P> {
    pub(crate) fn new(all: Arc<AllSeries>, name: &str, pool: P) -> Self {
        let counts = Arc::new(Counts::default());
        let shared = Arc::new(Shared { pool, counts: Arc::clone(&counts) });
        let state = Arc::downgrade(&shared) as Weak<dyn PoolState>;
        let series = all.pool(name, state);
        Self { shared, series, counts, all }
    }

    /// With what the pool's connection manager measures of dialling and testing, also before this call.
    #[must_use]
    pub fn with_timings(self, timings: &Timings) -> Self {
        timings.attach(&self.series);
        self
    }

    /// How full the pool is.
    pub fn status(&self) -> PoolStatus {
        self.shared.status()
    }

    /// Measures an acquisition that blocks.
    #[cfg(feature = "r2d2")]
    pub(super) fn acquire_blocking<C, E: 'static>(
        &self,
        acquire: impl FnOnce(&P) -> Result<C, E>,
        lack: impl FnOnce(&P, &E) -> Lack,
    ) -> Result<TrackedConnection<C>, E> {
        let wait = Wait::begin(self);
        let (result, watch) = Watch::during(|| acquire(&self.shared.pool));
        let took = wait.end();
        match result {
            Ok(connection) => Ok(self.hand_out(Acquired::new(connection), took, watch)),
            Err(error) => {
                self.refuse(lack(&self.shared.pool, &error), &error, watch);
                Err(error)
            }
        }
    }

    fn hand_out<C>(&self, acquired: Acquired<C>, took: Duration, watch: Watch) -> TrackedConnection<C> {
        let Acquired { connection, waited, created, tested } = acquired;
        let waited = waited.unwrap_or_else(|| took.saturating_sub(watch.spent.unwrap_or_default()));
        guarded(|| {
            created.inspect(|took| self.series.created(*took));
            tested.inspect(|took| self.series.tested(*took));
            self.series.acquired(waited);
        });
        TrackedConnection::new(connection, Arc::clone(&self.series), Arc::clone(&self.counts))
    }

    fn refuse(&self, lack: Lack, cause: &dyn Any, watch: Watch) {
        guarded(|| match lack {
            Lack::Closed => self.series.failed("pool_closed"),
            Lack::Failed => self.series.failed(&self.all.code(cause)),
            Lack::TimedOut(_) if watch.testing => self.series.timed_out(Some(AcquirePhase::Test)),
            Lack::TimedOut(phase) => self.series.timed_out(phase.or_else(|| self.exhausted())),
        });
    }

    /// Waiting was what took too long, for sure, where every connection that there may be is in use.
    fn exhausted(&self) -> Option<AcquirePhase> {
        let max = self.shared.pool.status().max?;
        (self.counts.used.read() >= max).then_some(AcquirePhase::Wait)
    }
}

impl<P: Pool> TrackedPool<P> {
    /// Hands out a connection and measures the wait for it, and its use.
    ///
    /// # Errors
    /// Those of the pool. A future that is dropped before its end is counted as cancelled.
    pub async fn acquire(&self) -> Result<TrackedConnection<P::Connection>, P::Error> {
        self.measure(self.shared.pool.acquire()).await
    }

    /// Measures what acquires a connection of some kind.
    pub(super) async fn measure<C>(
        &self,
        acquire: impl Future<Output = Result<Acquired<C>, P::Error>>,
    ) -> Result<TrackedConnection<C>, P::Error> {
        let wait = Wait::begin(self);
        let (result, watch) = Watched::new(acquire).await;
        let took = wait.end();
        match result {
            Ok(acquired) => Ok(self.hand_out(acquired, took, watch)),
            Err(error) => {
                self.refuse(self.shared.pool.lack(&error), P::cause(&error), watch);
                Err(error)
            }
        }
    }
}

impl<C> Acquired<C> {
    /// A connection of a pool that tells nothing of the time.
    pub fn new(connection: C) -> Self {
        Self { connection, waited: None, created: None, tested: None }
    }
}

impl<P: PoolState> PoolState for Shared<P> {
    /// What the pool says; who waits is known here, too, where the pool does not say it.
    fn status(&self) -> PoolStatus {
        let status = self.pool.status();
        PoolStatus { waiting: status.waiting.or_else(|| Some(self.counts.waiting.read())), ..status }
    }
}

/// A wait for a connection; dropped before it is over it counts as cancelled, or as failed where a panic drops it.
struct Wait<'a> {
    series: &'a dyn PoolSeries,
    counts: &'a Counts,
    since: Instant,
    over: bool,
}

impl<'a> Wait<'a> {
    fn begin<P>(pool: &'a TrackedPool<P>) -> Self {
        pool.counts.waiting.add();
        Self { series: pool.series.as_ref(), counts: &pool.counts, since: Instant::now(), over: false }
    }

    fn end(mut self) -> Duration {
        self.over = true;
        self.since.elapsed()
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.counts.waiting.remove();
        if self.over {
            return;
        }
        guarded(|| if std::thread::panicking() { self.series.failed("panic") } else { self.series.cancelled() });
    }
}

impl<P> Deref for TrackedPool<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.shared.pool
    }
}

impl<P> Clone for TrackedPool<P> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            series: Arc::clone(&self.series),
            counts: Arc::clone(&self.counts),
            all: Arc::clone(&self.all),
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for TrackedPool<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrackedPool").field("pool", &self.shared.pool).finish_non_exhaustive()
    }
}

impl<P: PoolState> PoolState for TrackedPool<P> {
    fn status(&self) -> PoolStatus {
        self.shared.status()
    }
}
