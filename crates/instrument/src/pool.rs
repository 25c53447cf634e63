//! Pools: how many connections they hold, how long one waits for them, and how long they are used.
//!
//! A pool that a program has already is measured by one line, and is used as before:
//!
#![cfg_attr(feature = "deadpool-postgres", doc = "```no_run")]
#![cfg_attr(not(feature = "deadpool-postgres"), doc = "```ignore")]
//! # use dbprobe_instrument::Tracker;
//! # use deadpool_postgres::{Pool, PoolError};
//! # async fn example(tracker: Tracker, pool: Pool) -> Result<(), PoolError> {
//! let pool = tracker.track_pool("main", pool);
//! let client = pool.get().await?;
//! # Ok(())
//! # }
//! ```
//!
//! bb8 and r2d2 dial beside the call that waits, where only their manager sees it; see [`Timings`]:
//!
#![cfg_attr(feature = "bb8", doc = "```no_run")]
#![cfg_attr(not(feature = "bb8"), doc = "```ignore")]
//! # use dbprobe_instrument::{Tracker, pool::Timings};
//! # async fn example<M: bb8::ManageConnection>(tracker: Tracker, manager: M) -> Result<(), M::Error> {
//! let timings = Timings::default();
//! let pool = bb8::Pool::builder().build(timings.of(manager)).await?;
//! let pool = tracker.track_pool("main", pool).with_timings(&timings);
//! # Ok(())
//! # }
//! ```
//!
//! Which figures a pool tells stands in the crate's README, under "Pools".

mod counts;
mod watch;

mod connection;
mod timed;
mod tracked;

#[cfg(feature = "bb8")]
mod bb8;
#[cfg(feature = "deadpool-postgres")]
mod deadpool;
#[cfg(feature = "mysql_async")]
mod mysql_async;
#[cfg(feature = "r2d2")]
mod r2d2;
#[cfg(feature = "sqlx")]
mod sqlx;

#[cfg(feature = "mysql_async")]
pub use self::mysql_async::MySqlPool;
pub use crate::pool_status::{AcquirePhase, PoolState, PoolStatus};
pub use connection::TrackedConnection;
pub use timed::{Timed, Timings};
pub use tracked::{Acquired, Lack, Pool, TrackedPool};
