//! How many wait for a connection and how many use one, as the tracked pool itself sees it.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many wait for a connection and how many use one, of those who came through the tracked pool.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) waiting: Count,
    pub(super) used: Count,
}

#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    // Nothing else is read by way of these numbers, so they order nothing.
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
