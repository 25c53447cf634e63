//! A request to end before the time is over.

use std::sync::Arc;

use tokio::sync::watch;

/// A request to end before the time is over, as on SIGTERM. Clones are one and the same.
///
/// Once it is fired, a step under way ends as at its deadline: the server is asked to stop, which takes no longer than
/// the request needs to arrive. Nothing is begun any more, and it stays fired.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<watch::Sender<bool>>);

impl Interrupt {
    /// One that has not been fired.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everything that holds a clone to end.
    pub fn fire(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has been fired.
    pub fn has_fired(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is fired.
    pub async fn fired(&self) {
        // The sender lives as long as `self`, so the channel is never closed.
        let _ = self.0.subscribe().wait_for(|fired| *fired).await;
    }
}
