//! What a proxy counts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What went through a proxy.
///
/// **Round trips** are counted as request flights: one more whenever bytes of the client arrive on a connection on which
/// the client has not sent yet, or on which the server has sent since the client last did. However many segments a
/// request or an answer is made of, it counts once; a goodbye that nobody answers counts, too. Neither the TCP
/// handshake nor its end counts. An engine that sends its next request while an answer is still coming is counted
/// once more for it, so take the least of several runs where a protocol allows that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections accepted.
    pub connections: u64,
    /// Of those, still open.
    pub open: u64,
    /// Bytes that came from clients.
    pub bytes_to_server: u64,
    /// Bytes that came from the server.
    pub bytes_to_client: u64,
    /// Request flights.
    pub round_trips: u64,
}

impl Counts {
    /// What was added since `earlier`; `open` stays what it is now.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            connections: self.connections - earlier.connections,
            open: self.open,
            bytes_to_server: self.bytes_to_server - earlier.bytes_to_server,
            bytes_to_client: self.bytes_to_client - earlier.bytes_to_client,
            round_trips: self.round_trips - earlier.round_trips,
        }
    }
}

/// The counters themselves.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) connections: AtomicU64,
    pub(super) open: AtomicU64,
    pub(super) bytes_to_server: AtomicU64,
    pub(super) bytes_to_client: AtomicU64,
    pub(super) round_trips: AtomicU64,
}

impl Ledger {
    pub(super) fn read(&self) -> Counts {
        Counts {
            connections: self.connections.load(Relaxed),
            open: self.open.load(Relaxed),
            bytes_to_server: self.bytes_to_server.load(Relaxed),
            bytes_to_client: self.bytes_to_client.load(Relaxed),
            round_trips: self.round_trips.load(Relaxed),
        }
    }
}
