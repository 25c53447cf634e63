//! Adapter for bb8.
//!
//! It dials in tasks of its own, over and over until one succeeds, and who waits gets whatever connection is free first.
//! So a wait is never told from a dial that it waits for; a [`Timed`] manager measures the dials beside it.

use std::any::Any;

use bb8::{ManageConnection, Pool as Bb8, PooledConnection, RunError};

use super::connection::TrackedConnection;
use super::timed::Timed;
use super::tracked::{Acquired, Lack, Pool, TrackedPool};
use crate::pool_status::{PoolState, PoolStatus};

impl<M: ManageConnection> PoolState for Bb8<M> {
    fn status(&self) -> PoolStatus {
        let (config, state) = (self.config(), self.state());
        PoolStatus {
            max: Some(config.max_size.into()),
            min: Some(config.min_idle.unwrap_or(0).into()),
            total: Some(state.connections.into()),
            idle: Some(state.idle_connections.into()),
            active: Some(state.connections.saturating_sub(state.idle_connections).into()),
            // Its own number of pending gets never forgets one that was cancelled.
            waiting: None,
        }
    }
}

impl<M: ManageConnection> Pool for Bb8<M> {
    type Connection = PooledConnection<'static, M>;
    type Error = RunError<M::Error>;

    async fn acquire(&self) -> Result<Acquired<Self::Connection>, RunError<M::Error>> {
        self.get_owned().await.map(Acquired::new)
    }

    fn lack(&self, error: &RunError<M::Error>) -> Lack {
        match error {
            RunError::TimedOut => Lack::TimedOut(PoolState::status(self).overdue()),
            RunError::User(_) => Lack::Failed,
        }
    }

    fn cause(error: &RunError<M::Error>) -> &dyn Any {
        match error {
            RunError::User(error) => error,
            error => error,
        }
    }
}

impl<M: ManageConnection> TrackedPool<Bb8<M>> {
    /// As [`TrackedPool::acquire`], by the name that bb8 has for it.
    ///
    /// # Errors
    /// Those of the pool.
    pub async fn get(&self) -> Result<TrackedConnection<PooledConnection<'static, M>>, RunError<M::Error>> {
        self.acquire().await
    }
}

impl<M: ManageConnection> ManageConnection for Timed<M> {
    type Connection = M::Connection;
    type Error = M::Error;

    async fn connect(&self) -> Result<M::Connection, M::Error> {
        self.timings().dial(M::connect(self)).await
    }

    async fn is_valid(&self, connection: &mut M::Connection) -> Result<(), M::Error> {
        self.timings().test(M::is_valid(self, connection)).await
    }

    fn has_broken(&self, connection: &mut M::Connection) -> bool {
        M::has_broken(self, connection)
    }
}
