//! Adapter for r2d2, which blocks.
//!
//! It dials on threads of its own, over and over until one succeeds, and who waits gets whatever connection is free first.
//! So a wait is never told from a dial that it waits for; a [`Timed`] manager measures the dials beside it.

use std::time::Duration;

use r2d2::{Error, ManageConnection, Pool as R2d2, PooledConnection};

use super::connection::TrackedConnection;
use super::timed::Timed;
use super::tracked::{Lack, TrackedPool};
use crate::pool_status::{PoolState, PoolStatus};

impl<M: ManageConnection> PoolState for R2d2<M> {
    fn status(&self) -> PoolStatus {
        let state = self.state();
        PoolStatus {
            max: Some(self.max_size().into()),
            // Without a minimum it keeps as many as it may have.
            min: Some(self.min_idle().unwrap_or(self.max_size()).into()),
            total: Some(state.connections.into()),
            idle: Some(state.idle_connections.into()),
            active: Some(state.connections.saturating_sub(state.idle_connections).into()),
            waiting: None,
        }
    }
}

impl<M: ManageConnection> TrackedPool<R2d2<M>> {
    /// Hands out a connection and measures the wait for it, and its use. It blocks the thread until then.
    ///
    /// # Errors
    /// When there was none within the pool's own time-out.
    pub fn get(&self) -> Result<TrackedConnection<PooledConnection<M>>, Error> {
        self.get_timeout(self.connection_timeout())
    }

    /// As [`TrackedPool::get`], with another time-out.
    ///
    /// # Errors
    /// When there was none within `timeout`.
    pub fn get_timeout(&self, timeout: Duration) -> Result<TrackedConnection<PooledConnection<M>>, Error> {
        self.acquire_blocking(
            |pool| pool.get_timeout(timeout),
            |pool, _| Lack::TimedOut(PoolState::status(pool).overdue()),
        )
    }
}

impl<M: ManageConnection> ManageConnection for Timed<M> {
    type Connection = M::Connection;
    type Error = M::Error;

    fn connect(&self) -> Result<M::Connection, M::Error> {
        self.timings().dial_blocking(|| M::connect(self))
    }

    fn is_valid(&self, connection: &mut M::Connection) -> Result<(), M::Error> {
        self.timings().test_blocking(|| M::is_valid(self, connection))
    }

    fn has_broken(&self, connection: &mut M::Connection) -> bool {
        M::has_broken(self, connection)
    }
}
