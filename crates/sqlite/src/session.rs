//! One open database, as the core asks it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{Cancel, Failure, Inspection, Lookup, Pong, Query, Rows, Session, Setup, WriteRequest, Written};

use crate::facts;
use crate::lookup;
use crate::proof;
use crate::rows;
use crate::worker::Worker;

/// One open database on a thread of its own.
pub(crate) struct SqliteSession {
    worker: Worker,
}

impl SqliteSession {
    pub(crate) fn new(worker: Worker) -> Self {
        Self { worker }
    }
}

#[async_trait]
impl Session for SqliteSession {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        let ping = self.worker.run(|database| {
            database.ping()?;
            let pong = Pong::new().read_only(database.read_only);
            Ok(facts::role(database).map_or(pong, |role| pong.role(role)))
        });
        ping.await
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        let request = request.clone();
        self.worker.run(move |database| proof::write(database, &request)).await
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        let written = written.cloned();
        self.worker.run(move |database| proof::read(database, written.as_ref())).await
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        self.worker.run(facts::inspect).await
    }

    async fn query(&mut self, query: &Query) -> Result<Rows, Failure> {
        let query = query.clone();
        self.worker.run(move |database| rows::query(database, &query)).await
    }

    async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        let wanted = wanted.to_vec();
        self.worker.run(move |database| lookup::look_up(database, &wanted)).await
    }

    async fn apply(&mut self, setup: &Setup) -> Result<(), Failure> {
        let setup = setup.clone();
        self.worker.run(move |database| proof::apply(database, &setup)).await
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        Some(self.worker.stop())
    }

    /// The request reaches the thread at once; the rest is for its answer.
    fn cancel_lead(&self) -> Duration {
        Duration::from_millis(3)
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        self.worker.close().await
    }
}
