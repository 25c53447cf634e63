//! What the routes work on.

use std::sync::{Arc, PoisonError, RwLock};

use dbprobe_config::Config;
use dbprobe_core::Registry;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::fleet::Fleet;

/// What the routes work on. It is shared by all of them.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) registry: Registry,
    pub(crate) fleet: Fleet,
    config: RwLock<Arc<Config>>,
    reload: RwLock<Reload>,
    reloads: mpsc::Sender<oneshot::Sender<Result<(), String>>>,
    pub(crate) started_at: Timestamp,
}

/// How the last reading of the configuration ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reload {
    pub(crate) successful: bool,
    /// When it last was successful.
    pub(crate) succeeded_at: Timestamp,
}

impl Service {
    /// A service that has just read `config`. Requests to read it again go to `reloads`.
    pub(crate) fn new(
        registry: Registry,
        fleet: Fleet,
        config: Config,
        reloads: mpsc::Sender<oneshot::Sender<Result<(), String>>>,
    ) -> Self {
        let now = Timestamp::now();
        let reload = RwLock::new(Reload { successful: true, succeeded_at: now });
        Self { registry, fleet, config: RwLock::new(Arc::new(config)), reload, reloads, started_at: now }
    }

    /// The configuration that is in force.
    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How the last reading of the configuration ended.
    pub(crate) fn last_reload(&self) -> Reload {
        *self.reload.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes `config` into force, or notes that a new one was bad.
    pub(crate) fn reloaded(&self, config: Option<Config>) {
        let mut reload = self.reload.write().unwrap_or_else(PoisonError::into_inner);
        reload.successful = config.is_some();
        if let Some(config) = config {
            reload.succeeded_at = Timestamp::now();
            *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        }
    }

    /// Reads the configuration again, and waits until it is in force.
    ///
    /// # Errors
    /// What is wrong with it; the old one goes on.
    pub(crate) async fn reload(&self) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        let stopping = || "the exporter is about to stop".to_owned();
        self.reloads.send(answer).await.map_err(|_| stopping())?;
        answered.await.map_err(|_| stopping())?
    }
}
