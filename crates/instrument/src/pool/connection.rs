//! A connection that somebody uses.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Instant;

use super::counts::Counts;
use crate::metrics::PoolSeries;
use crate::series::guarded;

/// A connection of a [`TrackedPool`](super::TrackedPool): the time until it is dropped is the time of its use.
pub struct TrackedConnection<C> {
    // Dropped first, before the pool has the connection back and hands it out again: no more uses than connections.
    use_of: Use,
    connection: C,
}

/// A use under way; it ends when it is dropped.
struct Use {
    series: Arc<dyn PoolSeries>,
    counts: Arc<Counts>,
    since: Instant,
}

impl<C> TrackedConnection<C> {
    pub(super) fn new(connection: C, series: Arc<dyn PoolSeries>, counts: Arc<Counts>) -> Self {
        counts.used.add();
        Self { use_of: Use { series, counts, since: Instant::now() }, connection }
    }

    /// The pool's own connection, to take it out of the pool or to hand it to what asks for that type. Here its use
    /// ends: it counts as given back.
    pub fn into_inner(this: Self) -> C {
        this.connection
    }

    /// What ends the connection's use by taking it, such as a commit: the use ends when that has.
    #[cfg(any(feature = "mysql_async", feature = "sqlx"))]
    pub(super) async fn consume<F: Future>(self, end: impl FnOnce(C) -> F) -> F::Output {
        let Self { use_of, connection } = self;
        let result = end(connection).await;
        drop(use_of);
        result
    }
}

impl<C> Deref for TrackedConnection<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for TrackedConnection<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        self.counts.used.remove();
        guarded(|| self.series.released(self.since.elapsed()));
    }
}

impl<C: fmt::Debug> fmt::Debug for TrackedConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrackedConnection")
            .field("connection", &self.connection)
            .field("since", &self.use_of.since)
            .finish()
    }
}
