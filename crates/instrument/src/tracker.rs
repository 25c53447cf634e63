//! Measuring queries and transactions.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::guard::Guard;
use crate::limits::Limits;
use crate::metrics::DatabaseMetrics;
use crate::pool::{PoolState, TrackedPool};
use crate::series::{AllSeries, Classify};
use crate::tracked::Tracked;

/// Measures queries, transactions and pools. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Tracker {
    all: Arc<AllSeries>,
}

/// Settings of a [`Tracker`].
#[derive(Default)]
#[must_use = "settings do nothing until they are built"]
pub struct TrackerBuilder {
    limits: Limits,
    classify: Option<Classify>,
}

impl Tracker {
    /// A tracker with the default [`Limits`], whose figures go to `metrics`.
    pub fn new(metrics: impl DatabaseMetrics) -> Self {
        Self::builder().build(metrics)
    }

    /// A tracker with settings of one's own.
    pub fn builder() -> TrackerBuilder {
        TrackerBuilder::default()
    }

    /// Measures `future`: a query of `operation` on `table`, called `name`. The first use of a name allocates its
    /// series; no later one allocates anything.
    ///
    /// The names are labels: they come from the program's text, never from values. What is empty stands for nothing. To
    /// spawn the future, move a clone of the tracker into it.
    ///
    /// Put a time-out around the tracked query and not inside of it: of a `Result` in a `Result` only the outer one is
    /// looked at.
    pub fn track_query<F, T, E>(&self, operation: &str, table: &str, name: &str, future: F) -> Tracked<'_, F>
    where
        F: Future<Output = Result<T, E>>,
        E: 'static,
    {
        Tracked::new(&self.all, self.all.query(operation, table, name), future)
    }

    /// Measures `future`: a transaction called `name`, committed when it is `Ok` and rolled back when it is `Err`.
    pub fn track_transaction<F, T, E>(&self, name: &str, future: F) -> Tracked<'_, F>
    where
        F: Future<Output = Result<T, E>>,
        E: 'static,
    {
        Tracked::new(&self.all, self.all.transaction(name), future)
    }

    /// Begins to measure a query that is no single future, such as a blocking call or a stream of rows.
    pub fn start_query(&self, operation: &str, table: &str, name: &str) -> Guard<'_> {
        Guard::new(&self.all, self.all.query(operation, table, name))
    }

    /// Begins to measure a transaction that is no single future.
    pub fn start_transaction(&self, name: &str) -> Guard<'_> {
        Guard::new(&self.all, self.all.transaction(name))
    }

    /// A pool whose connections, waits and uses are measured under `name`.
    ///
    /// Figures of pools of one name are added up. So track a pool once and clone what comes back: the same pool tracked
    /// twice is counted twice.
    pub fn track_pool<P: PoolState>(&self, name: &str, pool: P) -> TrackedPool<P> {
        TrackedPool::new(Arc::clone(&self.all), name, pool)
    }
}

impl TrackerBuilder {
    /// With other limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With a function that names the errors of the program's own types; where it says `None`, and for other types, it
    /// is [`error_code`](crate::error_code) that names them. Never name an error by its text.
    pub fn classify<E: 'static>(
        mut self,
        classify: impl for<'e> Fn(&'e E) -> Option<Cow<'e, str>> + Send + Sync + 'static,
    ) -> Self {
        // One function for each type: the former ones are asked first.
        let former = self.classify.take();
        self.classify = Some(Box::new(move |error: &dyn Any| {
            let told = former.as_ref().and_then(|former| former(error));
            told.or_else(|| error.downcast_ref::<E>().and_then(&classify))
        }));
        self
    }

    /// The tracker, whose figures go to `metrics`.
    pub fn build(self, metrics: impl DatabaseMetrics) -> Tracker {
        Tracker { all: Arc::new(AllSeries::new(Box::new(metrics), self.limits, self.classify)) }
    }
}

impl fmt::Debug for TrackerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrackerBuilder").field("limits", &self.limits).finish_non_exhaustive()
    }
}
