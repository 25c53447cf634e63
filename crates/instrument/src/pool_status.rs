//! What a pool says of itself.

#[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Weak,
};

/// How full a pool is at the moment. What a pool cannot tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// How many connections it may hold.
    pub max: Option<u64>,
    /// How many it keeps even when nobody needs them.
    pub min: Option<u64>,
    /// How many it holds.
    pub total: Option<u64>,
    /// How many of them nobody uses.
    pub idle: Option<u64>,
    /// How many of them are in use.
    pub active: Option<u64>,
    /// How many wait for one.
    pub waiting: Option<u64>,
}

/// Which part of handing out a connection took too long.
// Exhaustive on purpose: these three are all that handing out a connection consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcquirePhase {
    /// Waiting for one that is free, or for room for a new one.
    Wait,
    /// Dialling a new one, log-in included.
    Create,
    /// Testing one that was kept.
    Test,
}

/// A pool that can be asked how full it is.
pub trait PoolState: Send + Sync + 'static {
    /// How full it is now. Called whenever figures are collected: it must neither wait nor ask the database.
    fn status(&self) -> PoolStatus;
}

impl PoolStatus {
    /// Connections beyond those that the pool keeps anyway; `None` where it has no such number.
    pub fn overflow(&self) -> Option<u64> {
        Some(self.total?.saturating_sub(self.min?))
    }

    /// What took too long where nothing was handed out in time, of a pool whose `active` are connections that exist: as
    /// long as there may be more of them, one is being dialled for who waits.
    #[cfg(any(feature = "bb8", feature = "r2d2"))]
    pub(crate) fn overdue(&self) -> Option<AcquirePhase> {
        let (active, max) = (self.active?, self.max?);
        Some(if active >= max { AcquirePhase::Wait } else { AcquirePhase::Create })
    }

    /// The share of the connections it may hold that are in use, from 0 to 1.
    pub fn utilization(&self) -> Option<f64> {
        let (active, max) = (self.active?, self.max?);
        (max > 0).then(|| active as f64 / max as f64)
    }
}

impl AcquirePhase {
    /// The word for it: `wait`, `create` or `test`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Create => "create",
            Self::Test => "test",
        }
    }
}

/// What a pool says of itself: nothing where it is gone, and nothing known where it panics, which costs its gauges and
/// neither the scrape nor the thread of the SDK's reader.
#[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
pub(crate) fn ask(state: &Weak<dyn PoolState>) -> Option<PoolStatus> {
    // The pool may be gone after its answer, and is then dropped here: within, as that is code of others too.
    let answer = catch_unwind(AssertUnwindSafe(|| state.upgrade().map(|pool| pool.status())));
    answer.unwrap_or_else(|_| Some(PoolStatus::default()))
}
