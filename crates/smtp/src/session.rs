//! One greeted session.

use async_trait::async_trait;
use dbprobe_core::{Class, Failure, Inspection, Level, Pong, Session, WriteRequest, Written};

use crate::asked::Asked;
use crate::classify::refusal;
use crate::config::Login;
use crate::line::Line;
use crate::login::without_secrets;
use crate::reply::Reply;

/// A session that is greeted, secured and logged in as far as the DSN asks for it.
///
/// Nothing runs between two steps, and dropping it closes the socket.
pub(crate) struct SmtpSession {
    line: Line,
    facts: Inspection,
    /// Who logged in: the server knows the password now.
    login: Option<Login>,
}

impl SmtpSession {
    pub(crate) fn new(line: Line, facts: Inspection, login: Option<Login>) -> Self {
        Self { line, facts, login }
    }

    fn judge(&self, asked: Asked, reply: Reply) -> Result<(), Failure> {
        if reply.is_positive() {
            return Ok(());
        }
        let reply = match &self.login {
            Some(login) => without_secrets(reply, login),
            None => reply,
        };
        Err(refusal(asked, &reply))
    }
}

#[async_trait]
impl Session for SmtpSession {
    /// A mail that is written stays written: nothing deeper than a ping leaves nothing in the queue.
    fn depth(&self) -> Level {
        Level::Ping
    }

    async fn ping(&mut self) -> Result<Pong, Failure> {
        let reply = self.line.ask("NOOP").await?;
        self.judge(Asked::Noop, reply).map(|()| Pong::new())
    }

    async fn write(&mut self, _: &WriteRequest) -> Result<Written, Failure> {
        Err(Failure::new(Class::Unsupported, "a check sends no mail"))
    }

    async fn read(&mut self, _: Option<&Written>) -> Result<(), Failure> {
        Err(Failure::new(Class::Unsupported, "a mail server has nothing to read"))
    }

    /// What the server told in the greeting: no round trip.
    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        Ok(self.facts.clone())
    }

    async fn close(mut self: Box<Self>) -> Result<(), Failure> {
        let reply = self.line.ask("QUIT").await?;
        let judgement = self.judge(Asked::Quit, reply);
        self.line.wait_for_end().await;
        judgement
    }
}
