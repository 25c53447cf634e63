//! A configured database file.

use std::sync::Arc;

use async_trait::async_trait;
use dbprobe_core::{Driver, Failure, Phase, Session, Setup, SetupOptions, Steps, Target};

use crate::config::Config;
use crate::patience::Patience;
use crate::session::SqliteSession;
use crate::sql;
use crate::worker::Worker;

/// A configured database file.
#[derive(Debug)]
pub(crate) struct SqliteDriver {
    config: Arc<Config>,
}

impl SqliteDriver {
    pub(crate) fn new(config: Config) -> Self {
        Self { config: Arc::new(config) }
    }
}

#[async_trait]
impl Driver for SqliteDriver {
    fn target(&self) -> &Target {
        &self.config.target
    }

    /// Looks whether the file is there and can be opened; nothing is read, and nothing is created.
    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        steps.run(Phase::Tcp, Worker::touch(Arc::clone(&self.config))).await
    }

    /// Opens the file and reads its first page, as one step under the name `auth`.
    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let patience = Patience::within(steps.timeout());
        let worker = steps.run(Phase::Auth, Worker::open(Arc::clone(&self.config), patience)).await?;
        if let Some(path) = worker.path() {
            steps.connected_to(path.to_string_lossy());
        }
        Ok(Box::new(SqliteSession::new(worker)))
    }

    fn setup(&self, options: &SetupOptions) -> Option<Setup> {
        Some(sql::setup(options))
    }
}
