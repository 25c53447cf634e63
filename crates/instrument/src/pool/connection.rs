//! A connection that somebody uses.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use scopeguard::ScopeGuard;

use super::counts::Counts;
use crate::metrics::PoolSeries;
use crate::series::guarded;

/// A connection of a [`TrackedPool`](super::TrackedPool): the time until it is dropped is the time of its use.
pub struct TrackedConnection<C> {
    // Dropped first, before the pool has the connection back and hands it out again: no more uses than connections.
    use_of: Use,
    held: ScopeGuard<Held<C>, fn(Held<C>)>,
}

struct Held<C> {
    connection: C,
    parting: Option<Parting<C>>,
}

/// How to part with a connection, and whether that is wanted.
struct Parting<C> {
    unfinished: Arc<AtomicBool>,
    part: fn(C),
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
        let held = scopeguard::guard(Held { connection, parting: None }, Held::end as fn(Held<C>));
        Self { use_of: Use { series, counts, since: Instant::now() }, held }
    }

    /// Where `unfinished` is set when it is dropped, `part` has it and not the pool.
    #[cfg(feature = "health")]
    pub(crate) fn parting(mut self, unfinished: &Arc<AtomicBool>, part: fn(C)) -> Self {
        self.held.parting = Some(Parting { unfinished: Arc::clone(unfinished), part });
        self
    }

    /// The pool's own connection, to take it out of the pool or to hand it to what asks for that type. Here its use
    /// ends: it counts as given back.
    pub fn into_inner(this: Self) -> C {
        ScopeGuard::into_inner(this.held).connection
    }

    /// What ends the connection's use by taking it, such as a commit: the use ends when that has.
    #[cfg(any(feature = "mysql_async", feature = "sqlx"))]
    pub(super) async fn consume<F: Future>(self, end: impl FnOnce(C) -> F) -> F::Output {
        let Self { use_of, held } = self;
        let result = end(ScopeGuard::into_inner(held).connection).await;
        drop(use_of);
        result
    }
}

impl<C> Deref for TrackedConnection<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.held.connection
    }
}

impl<C> DerefMut for TrackedConnection<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.held.connection
    }
}

impl<C> Held<C> {
    fn end(self) {
        match self.parting {
            Some(parting) if parting.unfinished.load(Ordering::Relaxed) => (parting.part)(self.connection),
            _ => drop(self.connection),
        }
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
            .field("connection", &self.held.connection)
            .field("since", &self.use_of.since)
            .finish()
    }
}
