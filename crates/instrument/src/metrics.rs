//! The protocol: what is measured of an application's database work.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::outcome::Outcome;
use crate::pool_status::{AcquirePhase, PoolState};
use crate::query::Query;

/// Where the figures go. [`Tracker`](crate::Tracker) and [`TrackedPool`](crate::pool::TrackedPool) measure; what
/// implements this keeps or sends.
///
/// Object-safe: a program that chooses at run time hands over a `Box` or an `Arc` of `dyn DatabaseMetrics`. Whatever is
/// added to these traits later has a default body, so implementations stay valid.
///
/// A tracker asks for series once for each name and keeps them, so looking them up may cost something; recording may not.
/// It is done where the query ends, in `drop` too: it must neither wait nor call the tracker. Trackers that share
/// metrics ask for the same names, and names that were cut or are over a limit may meet as well: the same labels have to
/// mean the same series. A panic in here costs the figure, never the query, unless panics abort the program.
pub trait DatabaseMetrics: fmt::Debug + Send + Sync + 'static {
    /// The series of a query. Of those over the [`Limits`](crate::Limits), the table and the name are `other`.
    fn query(&self, query: &Query<'_>) -> Box<dyn Series>;

    /// The series of a transaction of this name.
    fn transaction(&self, name: &str) -> Box<dyn Series>;

    /// The series of a pool of this name, whose gauges are read from `state` whenever figures are collected. They go
    /// with the pool: once `state` is gone, so are the gauges.
    fn pool(&self, name: &str, state: Weak<dyn PoolState>) -> Arc<dyn PoolSeries>;
}

/// The series of one query or transaction.
pub trait Series: Send + Sync {
    /// It ended, `after` its first poll.
    fn ended(&self, after: Duration, outcome: Outcome<'_>);
}

/// The series of one pool. What a pool cannot tell is never called.
pub trait PoolSeries: Send + Sync {
    /// A connection was handed out. `waited` is the time until the pool had one free, without dialling and testing where
    /// the pool lets these be told apart. A `released` follows.
    fn acquired(&self, waited: Duration);

    /// A new connection was made: dialled and logged in.
    fn created(&self, took: Duration);

    /// A kept connection was tested before it was handed out.
    fn tested(&self, took: Duration);

    /// A connection was given back after this time.
    fn released(&self, used: Duration);

    /// Nothing was handed out in time; `phase` is what took too long, where the pool tells.
    fn timed_out(&self, phase: Option<AcquirePhase>);

    /// Nothing was handed out, for another reason, whose code follows.
    fn failed(&self, code: &str);

    /// The one who wanted a connection did not wait until there was one.
    fn cancelled(&self);
}

impl<M: DatabaseMetrics + ?Sized> DatabaseMetrics for Box<M> {
    fn query(&self, query: &Query<'_>) -> Box<dyn Series> {
        (**self).query(query)
    }

    fn transaction(&self, name: &str) -> Box<dyn Series> {
        (**self).transaction(name)
    }

    fn pool(&self, name: &str, state: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        (**self).pool(name, state)
    }
}

impl<M: DatabaseMetrics + ?Sized> DatabaseMetrics for Arc<M> {
    fn query(&self, query: &Query<'_>) -> Box<dyn Series> {
        (**self).query(query)
    }

    fn transaction(&self, name: &str) -> Box<dyn Series> {
        (**self).transaction(name)
    }

    fn pool(&self, name: &str, state: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        (**self).pool(name, state)
    }
}
