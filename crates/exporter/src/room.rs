//! What there are descriptors for.

/// Connections of clients at the most, however many descriptors there are.
const CLIENTS: usize = 512;
/// What the process holds itself, where there are enough: listeners, files that are read, the runtimes.
const OURSELVES: usize = 128;
/// What one probe may hold at once beside its session: a look-up, a request to cancel; or a database file with its log,
/// its index and its directory.
const A_PROBE: usize = 4;

/// So many descriptors beside the open sessions are enough, however many sessions there are.
const PLENTY: usize = 4_096;

/// What there are descriptors for. A probe that the system refuses one would take its target for down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    /// Connections of clients at once.
    pub(crate) clients: usize,
    /// Probes at once.
    pub(crate) probes: usize,
    /// Whether every target can keep a session between its probes.
    pub(crate) keeps_sessions: bool,
}

impl Room {
    /// The room for `targets` in a process that may have `descriptors`; `None` is no limit. There is always room for one
    /// client and one probe; clients never take more than half, so that they cannot make a database look down.
    pub(crate) fn new(descriptors: Option<usize>, targets: usize) -> Self {
        let Some(descriptors) = descriptors else {
            return Self { clients: CLIENTS, probes: targets.max(1), keeps_sessions: true };
        };
        let shared = descriptors - OURSELVES.min(descriptors / 4);
        let clients = CLIENTS.min(shared / 2).max(1);
        let all = shared.saturating_sub(clients);
        // A probe on an open session needs nothing more, but for a request to cancel or a new connection.
        let keeps_sessions = all / 2 >= targets || all.saturating_sub(targets) >= PLENTY;
        let probes = if keeps_sessions { all - targets } else { all / A_PROBE };
        Self { clients, probes: probes.clamp(1, targets.max(1)), keeps_sessions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_kept_where_there_is_room_for_probes_beside_them() {
        let room = |clients, probes, keeps_sessions| Room { clients, probes, keeps_sessions };
        assert_eq!(Room::new(Some(1_024), 8), room(448, 8, true));
        assert_eq!(Room::new(Some(1_024), 1_000), room(448, 112, false));
        assert_eq!(Room::new(Some(20_000), 10_000), room(512, 9_360, true));
        assert_eq!(Room::new(Some(20_000), 16_000), room(512, 4_840, false));
        assert_eq!(Room::new(Some(256), 500), room(96, 24, false));
        assert_eq!(Room::new(Some(64), 8), room(24, 8, true));
        assert_eq!(Room::new(Some(0), 8), room(1, 1, false));
        assert_eq!(Room::new(None, 10_000), room(512, 10_000, true));
    }
}
