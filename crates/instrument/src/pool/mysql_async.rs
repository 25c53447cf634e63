//! Adapter for mysql_async.
//!
//! Connections are dialled and tested inside the call that wants one, and nothing of that is told apart. It has no
//! time-outs: a call waits until there is a connection, or until somebody drops it.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::Ordering;

use mysql_async::{Conn, DriverError, Error, Opts, Pool as Inner, PoolConstraints, Transaction, TxOpts};

use super::connection::TrackedConnection;
use super::tracked::{Acquired, Lack, Pool, TrackedPool};
use crate::pool_status::{PoolState, PoolStatus};

/// A pool of mysql_async that remembers how many connections it may have, which `mysql_async::Pool` does not tell: made
/// from options it knows, made from a pool that is already there it does not, and these two gauges are absent.
///
/// It dereferences to the pool itself.
#[derive(Clone)]
pub struct MySqlPool {
    pool: Inner,
    constraints: Option<PoolConstraints>,
}

impl MySqlPool {
    /// A pool of these options. Nothing is dialled yet.
    pub fn new(opts: impl Into<Opts>) -> Self {
        let opts = opts.into();
        let constraints = Some(opts.pool_opts().constraints());
        Self { pool: Inner::new(opts), constraints }
    }
}

impl From<Inner> for MySqlPool {
    fn from(pool: Inner) -> Self {
        Self { pool, constraints: None }
    }
}

impl Deref for MySqlPool {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.pool
    }
}

impl fmt::Debug for MySqlPool {
    /// Without the options, which hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlPool").field("constraints", &self.constraints).finish_non_exhaustive()
    }
}

impl PoolState for MySqlPool {
    fn status(&self) -> PoolStatus {
        let metrics = self.pool.metrics();
        let [total, idle, active, waiting] = [
            &metrics.connection_count,
            &metrics.connections_in_pool,
            &metrics.connections_in_use,
            &metrics.active_wait_requests,
        ]
        .map(|figure| Some(figure.load(Ordering::Relaxed) as u64));
        PoolStatus {
            max: self.constraints.map(|constraints| constraints.max() as u64),
            min: self.constraints.map(|constraints| constraints.min() as u64),
            total,
            idle,
            active,
            waiting,
        }
    }
}

impl Pool for MySqlPool {
    type Connection = Conn;
    type Error = Error;

    async fn acquire(&self) -> Result<Acquired<Conn>, Error> {
        self.pool.get_conn().await.map(Acquired::new)
    }

    fn lack(&self, error: &Error) -> Lack {
        match error {
            Error::Driver(DriverError::PoolDisconnected) => Lack::Closed,
            _ => Lack::Failed,
        }
    }
}

impl TrackedPool<MySqlPool> {
    /// As [`TrackedPool::acquire`], by the name that mysql_async has for it.
    ///
    /// # Errors
    /// Those of the pool.
    pub async fn get_conn(&self) -> Result<TrackedConnection<Conn>, Error> {
        self.acquire().await
    }

    /// A transaction on a connection of its own. The statement that begins it counts to the wait.
    ///
    /// # Errors
    /// Those of the pool and of the statement.
    pub async fn start_transaction(&self, options: TxOpts) -> Result<TrackedConnection<Transaction<'static>>, Error> {
        self.measure(async { self.deref().start_transaction(options).await.map(Acquired::new) }).await
    }
}

impl TrackedConnection<Transaction<'static>> {
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
