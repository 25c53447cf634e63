//! Adapter for deadpool: any pool of it, `deadpool_postgres::Pool` first of all.
//!
//! Connections are dialled and tested inside the call that wants one. Whether it has to wait is asked first, without
//! waiting: where it has not, all of the time is dialling or testing, and the connection says which. Only where it waits
//! *and* tests or dials is a [`Timed`] manager needed to tell these apart.

use std::any::Any;
use std::time::{Duration, Instant};

use deadpool::managed::{Manager, Metrics, Object, Pool as Deadpool, PoolError, RecycleResult, TimeoutType, Timeouts};

use super::connection::TrackedConnection;
use super::timed::Timed;
use super::tracked::{Acquired, Lack, Pool, TrackedPool};
use super::watch::Watch;
use crate::pool_status::{AcquirePhase, PoolState, PoolStatus};

impl<M> PoolState for Deadpool<M>
where
    M: Manager + 'static,
{
    fn status(&self) -> PoolStatus {
        let status = Deadpool::status(self);
        PoolStatus {
            max: Some(status.max_size as u64),
            total: Some(status.size as u64),
            idle: Some(status.available as u64),
            active: Some(status.size.saturating_sub(status.available) as u64),
            waiting: Some(status.waiting as u64),
            ..PoolStatus::default()
        }
    }
}

impl<M> Pool for Deadpool<M>
where
    M: Manager + 'static,
    M::Error: 'static,
{
    type Connection = Object<M>;
    type Error = PoolError<M::Error>;

    async fn acquire(&self) -> Result<Acquired<Object<M>>, PoolError<M::Error>> {
        let timeouts = self.timeouts();
        let at_once = Timeouts { wait: Some(Duration::ZERO), ..timeouts };
        let since = Instant::now();
        match self.timeout_get(&at_once).await {
            Ok(connection) => Ok(unhindered(connection, since.elapsed())),
            Err(PoolError::Timeout(TimeoutType::Wait)) if timeouts.wait != Some(Duration::ZERO) => {
                self.timeout_get(&timeouts).await.map(Acquired::new)
            }
            Err(error) => Err(error),
        }
    }

    fn lack(&self, error: &PoolError<M::Error>) -> Lack {
        match error {
            PoolError::Closed => Lack::Closed,
            PoolError::Timeout(TimeoutType::Wait) => Lack::TimedOut(Some(AcquirePhase::Wait)),
            PoolError::Timeout(TimeoutType::Create) => Lack::TimedOut(Some(AcquirePhase::Create)),
            PoolError::Timeout(TimeoutType::Recycle) => Lack::TimedOut(Some(AcquirePhase::Test)),
            PoolError::Backend(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => Lack::Failed,
        }
    }

    fn part(connection: Object<M>) {
        drop(Object::take(connection));
    }

    fn cause(error: &PoolError<M::Error>) -> &dyn Any {
        match error {
            PoolError::Backend(error) => error,
            error => error,
        }
    }
}

/// A connection for which nobody had to wait.
fn unhindered<M: Manager>(connection: Object<M>, took: Duration) -> Acquired<Object<M>> {
    let is_new = Object::metrics(&connection).recycle_count == 0;
    // A `Timed` manager has told it already, and more exactly: a test may have failed before a new one was dialled.
    let (created, tested) = match Watch::spent_so_far() {
        Some(_) => (None, None),
        None if is_new => (Some(took), None),
        None => (None, Some(took)),
    };
    Acquired { connection, waited: Some(Duration::ZERO), created, tested }
}

impl<M> TrackedPool<Deadpool<M>>
where
    M: Manager + 'static,
    M::Error: 'static,
{
    /// As [`TrackedPool::acquire`], by the name that deadpool has for it.
    ///
    /// # Errors
    /// Those of the pool.
    pub async fn get(&self) -> Result<TrackedConnection<Object<M>>, PoolError<M::Error>> {
        self.acquire().await
    }
}

impl<M: Manager> Manager for Timed<M> {
    type Type = M::Type;
    type Error = M::Error;

    async fn create(&self) -> Result<M::Type, M::Error> {
        self.timings().dial(M::create(self)).await
    }

    async fn recycle(&self, connection: &mut M::Type, metrics: &Metrics) -> RecycleResult<M::Error> {
        self.timings().test(M::recycle(self, connection, metrics)).await
    }

    fn detach(&self, connection: &mut M::Type) {
        M::detach(self, connection);
    }
}
