//! One server of a suite: started once, when the first case needs it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

use crate::environment;
use crate::fixture::{Fixture, Missing};

/// How a server is started.
pub(crate) type Start<F> = Box<dyn Fn() -> BoxFuture<'static, Result<F, Missing>> + Send + Sync>;

/// One server of a suite.
pub(crate) struct Server<F> {
    pub(crate) name: String,
    /// Whether its cases are skipped in CI, too, where it cannot be had.
    pub(crate) may_be_missing: bool,
    start: Start<F>,
    state: Mutex<Option<Result<Arc<F>, Missing>>>,
    /// Held while a case runs: cases of one server run one after another.
    turn: Mutex<()>,
}

impl<F: Fixture> Server<F> {
    pub(crate) fn new(name: String, start: Start<F>) -> Self {
        Self { name, may_be_missing: false, start, state: Mutex::new(None), turn: Mutex::new(()) }
    }

    /// Waits until no other case uses this server.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The running server, or why there is none.
    pub(crate) fn fixture(&self, house: &Handle) -> Result<Arc<F>, Missing> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .get_or_insert_with(|| {
                // A task, so that a panic in a fixture is a message and not the end of the suite.
                let started = house.block_on(house.spawn((self.start)()));
                started.unwrap_or_else(|error| Err(Missing::new(format!("its start failed: {error}")))).map(Arc::new)
            })
            .clone()
    }

    /// How the server names itself, once it was started.
    pub(crate) fn label(&self) -> Option<String> {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Ok(fixture)) => Some(fixture.label()),
            Some(Err(_)) => Some(self.name.clone()),
            None => None,
        }
    }

    /// Lets the server go. Containers are removed here.
    pub(crate) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Whether a missing server fails its cases: in CI it does.
pub(crate) fn missing_is_failure() -> bool {
    environment::in_ci()
}
