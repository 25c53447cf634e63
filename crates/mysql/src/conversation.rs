//! Questions and answers on an open session.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dbprobe_core::Failure;
use mysql_common::constants::Command;

use crate::answer::{Answer, Caps};
use crate::classify::{is_foreign, not_mysql, refused};
use crate::sql;
use crate::wire::{ALLOWANCE, Leaving, Wire};

/// Who a session is: its number, and its server's name.
pub(crate) type Who = Arc<OnceLock<(u64, String)>>;

/// An open session, as far as it takes questions.
pub(crate) struct Conversation {
    wire: Wire,
    timeout: Duration,
    /// Whether the server knows its limits; they go along with the first question.
    is_limited: bool,
    /// Learned along with the limits.
    who: Who,
}

impl Conversation {
    /// A session that was logged in to on `wire`, for probes that take `timeout` at the most.
    pub(crate) fn new(wire: Wire, timeout: Duration, who: Who) -> Self {
        Self { wire, timeout, is_limited: false, who }
    }

    /// Sends one message and waits for its whole answer: one round trip.
    pub(crate) async fn ask(&mut self, sql: &str) -> Result<Answer, Failure> {
        self.ask_much(sql, ALLOWANCE).await
    }

    /// The same for an answer of up to `allowance` bytes.
    pub(crate) async fn ask_much(&mut self, sql: &str, allowance: usize) -> Result<Answer, Failure> {
        if self.is_limited {
            return self.send(sql, Caps::NONE, allowance).await;
        }
        let with_limits = format!("{}; {}; {sql}", sql::limits(self.timeout), sql::WHO);
        let mut answer = self.send(&with_limits, Caps::NONE, allowance).await?;
        if answer.parts.len() < 2 {
            return match answer.failure {
                None => Err(not_mysql("the server answers nothing")),
                Some(failure) if is_foreign(&failure) => self.ask_a_stranger(sql).await,
                Some(failure) => Err(failure),
            };
        }
        if let Some((number, host)) = answer.table(1).and_then(|who| who.number(0).zip(who.text(1))) {
            let _ = self.who.set((number, host.to_owned()));
        }
        answer.parts.drain(..2);
        self.is_limited = true;
        Ok(answer)
    }

    /// Sets the limits that the server knows, and asks without the others: better than no answer at all.
    async fn ask_a_stranger(&mut self, sql: &str) -> Result<Answer, Failure> {
        for limit in sql::limits_one_by_one(self.timeout) {
            let answer = self.send(&limit, Caps::NONE, ALLOWANCE).await?;
            if let Some(failure) = answer.failure.filter(|failure| !is_foreign(failure)) {
                return Err(failure);
            }
        }
        self.is_limited = true;
        self.send(sql, Caps::NONE, ALLOWANCE).await
    }

    /// The session's number as the server tells it, once it was asked something.
    pub(crate) fn number(&self) -> Option<u64> {
        self.who.get().map(|(number, _)| *number)
    }

    pub(crate) async fn send(&mut self, sql: &str, caps: Caps, allowance: usize) -> Result<Answer, Failure> {
        self.command(Command::COM_QUERY, sql.as_bytes(), allowance).await?;
        let answer = Answer::receive(&mut self.wire, caps).await?;
        self.wire.leave_with(Leaving::Quit);
        Ok(answer)
    }

    async fn command(&mut self, command: Command, rest: &[u8], allowance: usize) -> Result<(), Failure> {
        self.wire.begin(allowance);
        // Until the answer is there, nothing else can be said.
        self.wire.leave_with(Leaving::Silently);
        let sent = self.wire.write(&[&[command as u8], rest].concat()).await;
        match sent {
            Err(failure) => Err(self.last_words().await.unwrap_or(failure)),
            Ok(()) => Ok(()),
        }
    }

    /// A server that ends a session says why before it hangs up.
    async fn last_words(&mut self) -> Option<Failure> {
        let packet = self.wire.read().await.ok()?;
        (packet.first() == Some(&0xff)).then(|| refused(&packet))
    }

    /// Whether several statements may stand in one message (`COM_SET_OPTION`: 0 is on, 1 is off).
    pub(crate) async fn allow_several(&mut self, are_allowed: bool) -> Result<(), Failure> {
        self.command(Command::COM_SET_OPTION, &[u8::from(!are_allowed), 0], ALLOWANCE).await?;
        let packet = self.wire.read().await?;
        self.wire.leave_with(Leaving::Quit);
        if packet.first() == Some(&0xff) { Err(refused(&packet)) } else { Ok(()) }
    }

    /// Says goodbye and waits until the connection is closed.
    pub(crate) async fn quit(self) -> Result<(), Failure> {
        self.wire.quit().await
    }
}
