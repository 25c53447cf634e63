//! One session on which operations are carried out one after the other.

use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{
    Connection, Driver, Failure, Interrupt, Level, Nonce, Plan, Pong, Prober, Query, Rows, WriteMode, WriteRequest,
    Written,
};
use tokio::time::Instant;

/// What is carried out.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Ping,
    Write(WriteMode),
    /// Reads back what the lane wrote last, or else what every role may read.
    Read,
    Query(Query),
}

/// What came of it.
pub(super) enum Done {
    Pong,
    Written(Written),
    Read,
    Rows(Rows),
}

/// One session, opened when it is needed and again when it was lost.
pub(super) struct Lane {
    driver: Arc<dyn Driver>,
    timeout: Duration,
    prober: Prober,
    create_health_table: bool,
    interrupt: Interrupt,
    connection: Option<Connection>,
    written: Option<Written>,
}

/// Whether a session had to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// It was open.
    Before,
    First,
    Again,
}

impl Lane {
    pub(super) fn new(driver: &Arc<dyn Driver>, plan: &Plan) -> Self {
        Self {
            driver: Arc::clone(driver),
            timeout: plan.timeout,
            prober: plan.prober.clone(),
            create_health_table: plan.create_health_table,
            interrupt: plan.interrupt.clone(),
            connection: None,
            written: None,
        }
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupt.has_fired()
    }

    /// The session, if it is open.
    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut().filter(|connection| connection.is_open())
    }

    /// Opens the session where it is not. A new one is asked once, as in a probe: engines learn on the way whether it
    /// can write, and how.
    pub(super) async fn ready(&mut self) -> Result<(Opened, Option<Pong>), Failure> {
        let opened = match &self.connection {
            Some(connection) if connection.is_open() => return Ok((Opened::Before, None)),
            Some(_) => Opened::Again,
            None => Opened::First,
        };
        self.written = None;
        let mut connection = Connection::open(self.driver.as_ref(), self.timeout, &self.interrupt).await?;
        let pong = if connection.depth() >= Level::Ping { Some(connection.ping().await?) } else { None };
        self.connection = Some(connection);
        Ok((opened, pong))
    }

    /// Carries `work` out on the open session: how long that took, and what came of it.
    pub(super) async fn carry_out(&mut self, work: &Work) -> (Duration, Result<Done, Failure>) {
        let request = match work {
            Work::Write(mode) => match self.request(*mode) {
                Ok(request) => Some(request),
                Err(failure) => return (Duration::ZERO, Err(failure)),
            },
            _ => None,
        };
        let Some(connection) = &mut self.connection else {
            return (Duration::ZERO, Err(Failure::new(dbprobe_core::Class::Internal, "the session is not open")));
        };
        connection.allow(self.timeout);
        let began = Instant::now();
        let result = match (work, &request) {
            (Work::Write(_), Some(request)) => connection.write(request).await.map(Done::Written),
            (Work::Ping | Work::Write(_), _) => connection.ping().await.map(|_| Done::Pong),
            (Work::Read, _) => connection.read(self.written.as_ref()).await.map(|()| Done::Read),
            (Work::Query(query), _) => connection.query(query).await.map(Done::Rows),
        };
        let took = began.elapsed();
        if let Work::Write(_) = work {
            self.written = match &result {
                Ok(Done::Written(written)) => Some(written.clone()),
                _ => None,
            };
        }
        (took, result)
    }

    fn request(&self, mode: WriteMode) -> Result<WriteRequest, Failure> {
        let nonce = Nonce::random()?;
        Ok(WriteRequest { nonce, mode, create_health_table: self.create_health_table, prober: self.prober.clone() })
    }

    /// Says goodbye.
    pub(super) async fn close(self) {
        if let Some(mut connection) = self.connection {
            connection.allow(self.timeout);
            connection.close().await;
        }
    }
}
