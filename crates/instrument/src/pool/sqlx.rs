//! Adapter for sqlx's pools, whatever the database.
//!
//! Connections are dialled and tested inside the call that wants one, and nothing of that is told apart: the callbacks
//! of the pool's options run after the one and after the other, and none when either begins.

mod executor;
mod rows;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Error, Pool as SqlxPool, Transaction};

use super::connection::TrackedConnection;
use super::tracked::{Acquired, Lack, Pool, TrackedPool};
use crate::pool_status::{PoolState, PoolStatus};

impl<DB: Database> PoolState for SqlxPool<DB> {
    fn status(&self) -> PoolStatus {
        let options = self.options();
        let (total, idle) = (u64::from(self.size()), self.num_idle() as u64);
        PoolStatus {
            max: Some(options.get_max_connections().into()),
            min: Some(options.get_min_connections().into()),
            total: Some(total),
            // The two are read one after the other.
            idle: Some(idle.min(total)),
            active: Some(total.saturating_sub(idle)),
            waiting: None,
        }
    }
}

impl<DB: Database> Pool for SqlxPool<DB> {
    type Connection = PoolConnection<DB>;
    type Error = Error;

    async fn acquire(&self) -> Result<Acquired<PoolConnection<DB>>, Error> {
        SqlxPool::acquire(self).await.map(Acquired::new)
    }

    fn lack(&self, error: &Error) -> Lack {
        match error {
            Error::PoolClosed => Lack::Closed,
            Error::PoolTimedOut => Lack::TimedOut(None),
            _ => Lack::Failed,
        }
    }

    fn part(connection: PoolConnection<DB>) {
        drop(connection.detach());
    }
}

impl<DB: Database> TrackedPool<SqlxPool<DB>> {
    /// A transaction on a connection of its own. The statement that begins it counts to the wait.
    ///
    /// # Errors
    /// Those of the pool and of the statement.
    pub async fn begin(&self) -> Result<TrackedConnection<Transaction<'static, DB>>, Error> {
        self.measure(async { SqlxPool::begin(self).await.map(Acquired::new) }).await
    }
}

impl<DB: Database> TrackedConnection<Transaction<'static, DB>> {
    /// Commits; the use of the connection ends with it.
    ///
    /// # Errors
    /// Those of the statement.
    pub async fn commit(self) -> Result<(), Error> {
        self.consume(Transaction::commit).await
    }

    /// Rolls back; the use of the connection ends with it.
    ///
    /// # Errors
    /// Those of the statement.
    pub async fn rollback(self) -> Result<(), Error> {
        self.consume(Transaction::rollback).await
    }
}
