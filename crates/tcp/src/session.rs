//! One accepted connection.

use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{Class, Failure, Inspection, Level, Pong, Session, WriteRequest, Written};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::config::Expected;
use crate::greeting::Greeting;
use crate::protocol::Patience;

/// The longest that a goodbye waits for its answer.
const GOODBYE: Duration = Duration::from_secs(1);
/// The core gives a goodbye 250 ms: this is less, so that a silent peer does not make it fail.
const AT_THE_END: Duration = Duration::from_millis(200);
/// What is left for the report of a step that waited for a peer.
const RESERVE: Duration = Duration::from_millis(5);

/// One accepted connection. What the server says by itself is heard and answered once, then the connection is closed.
pub(crate) struct TcpSession {
    /// `None` once leave was taken.
    stream: Option<TcpStream>,
    port: u16,
    expected: Expected,
    /// How long the connection took: a greeting is on its way as long.
    trip: Duration,
    deadline: Instant,
    heard: Option<Result<Inspection, Failure>>,
}

impl TcpSession {
    pub(crate) fn new(stream: TcpStream, port: u16, expected: Expected, trip: Duration, remaining: Duration) -> Self {
        let now = Instant::now();
        let deadline = now.checked_add(remaining).unwrap_or(now + GOODBYE);
        Self { stream: Some(stream), port, expected, trip, deadline, heard: None }
    }

    /// Listens as long as the port deserves, answers, and leaves.
    pub(crate) async fn leave(&mut self) {
        self.leave_within(self.deadline.saturating_duration_since(Instant::now())).await;
    }

    async fn leave_within(&mut self, remaining: Duration) {
        let Some(mut stream) = self.stream.take() else { return };
        let remaining = remaining.saturating_sub(RESERVE);
        let end = Instant::now() + remaining;
        let limit = self.limit(remaining);
        let greeting = Greeting::hear(&mut stream, self.port, limit).await;
        self.heard = Some(greeting.meaning(self.expected, limit));
        let left = end.saturating_duration_since(Instant::now()).min(GOODBYE);
        let _ = timeout(left, greeting.answer(&mut stream)).await;
    }

    fn limit(&self, remaining: Duration) -> Duration {
        let Patience { longest, share } = self.expected.patience(self.port);
        if longest.is_zero() { longest } else { (longest + self.trip * 2).min(remaining / share) }
    }
}

#[async_trait]
impl Session for TcpSession {
    fn depth(&self) -> Level {
        Level::Tcp
    }

    async fn ping(&mut self) -> Result<Pong, Failure> {
        Ok(Pong::new()) // it is connected: there is no more to ask
    }

    async fn write(&mut self, _: &WriteRequest) -> Result<Written, Failure> {
        Err(Failure::new(Class::Unsupported, "plain TCP has nothing to write to"))
    }

    async fn read(&mut self, _: Option<&Written>) -> Result<(), Failure> {
        Err(Failure::new(Class::Unsupported, "plain TCP has nothing to read"))
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        self.leave().await;
        self.heard.clone().unwrap_or_else(|| Ok(Inspection::default()))
    }

    async fn close(mut self: Box<Self>) -> Result<(), Failure> {
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        self.leave_within(remaining.min(AT_THE_END)).await;
        Ok(())
    }
}
