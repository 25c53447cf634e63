//! Who may probe now.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::room::Room;

/// Lets as many probes through at once as there is room for. Clones are one and the same, so that targets that outlive a
/// change of the configuration and those that are new share one room.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<RwLock<Inner>>);

#[derive(Debug)]
struct Inner {
    room: Room,
    permits: Arc<Semaphore>,
}

impl Gate {
    /// A gate to `room`.
    pub(crate) fn new(room: Room) -> Self {
        Self(Arc::new(RwLock::new(Inner::new(room))))
    }

    /// From now on it leads to `room`. Probes under way are not counted in the new one: they end soon.
    pub(crate) fn lead_to(&self, room: Room) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if inner.room != room {
            *inner = Inner::new(room);
        }
    }

    /// Waits until there is room for one more probe, which lasts as long as the permit.
    pub(crate) async fn enter(&self) -> Option<OwnedSemaphorePermit> {
        let permits = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).permits);
        permits.acquire_owned().await.ok()
    }

    /// Whether every target can keep a session between its probes.
    pub(crate) fn keeps_sessions(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).room.keeps_sessions
    }
}

impl Inner {
    fn new(room: Room) -> Self {
        Self { room, permits: Arc::new(Semaphore::new(room.probes.min(Semaphore::MAX_PERMITS))) }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn everybody_who_has_a_clone_shares_the_room() {
        let room = |probes, keeps_sessions| Room { clients: 1, probes, keeps_sessions };
        let gate = Gate::new(room(1, true));
        let clone = gate.clone();
        let first = clone.enter().await;
        assert!(gate.enter().now_or_never().is_none(), "there is room for one");
        drop(first);
        gate.lead_to(room(2, false));
        let both = (clone.enter().await, gate.enter().await);
        assert!(clone.enter().now_or_never().is_none() && !clone.keeps_sessions());
        gate.lead_to(room(2, false));
        assert!(gate.enter().now_or_never().is_none(), "the same room has not grown");
        drop(both);
    }
}
