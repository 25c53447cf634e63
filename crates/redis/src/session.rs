//! One logged-in session.

use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Activities, Failure, Inspection, Level, Lookup, Pong, Prober, Role, Session, Setup, WriteRequest, Written,
};
use redis::{Value, pipe};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::activity;
use crate::classify::unexpected;
use crate::commands::{self, Ask};
use crate::flight::{accepted, fly, fly_far};
use crate::greeting::{Greeting, text};
use crate::info::Info;
use crate::lookup;
use crate::slots::local_tag;
use crate::wire::{LIST_ALLOWANCE, Wire};

mod proof;

/// How long a key outlives the check that wrote it.
const AFTERLIFE: Duration = Duration::from_secs(60);

/// What is known of the slots of a cluster's node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slots {
    /// To be asked for, by the next ping.
    Unknown,
    /// No cluster, or the role may not ask, or the node has none: the key goes where its name takes it.
    Any,
    /// This tag leads to one of them.
    Tag(u32),
}

/// One logged-in session. It has no task: whoever waits for an answer reads it.
pub(crate) struct RedisSession {
    wire: Wire,
    greeting: Greeting,
    ask: Ask,
    slots: Slots,
    ttl: u64,
    /// What keeps this session's key from those of others, where it has one: the server withholds a transaction.
    mark: Option<String>,
    /// That key, which the goodbye takes away.
    left: Option<String>,
}

impl RedisSession {
    pub(crate) fn new(wire: Wire, greeting: Greeting, timeout: Duration) -> Self {
        let slots = if greeting.is_cluster() { Slots::Unknown } else { Slots::Any };
        let ttl = (AFTERLIFE.saturating_add(timeout)).as_secs().min(u64::from(u32::MAX));
        Self { wire, greeting, ask: Ask::Replication, slots, ttl, mark: None, left: None }
    }

    /// The key of `prober`. Whoever has not pinged a cluster's node since its slots were moved does it now.
    async fn key(&mut self, prober: &Prober) -> Result<String, Failure> {
        if self.slots == Slots::Unknown {
            self.ping().await?;
        }
        let tag = match self.slots {
            Slots::Tag(tag) => Some(tag),
            Slots::Any | Slots::Unknown => None,
        };
        Ok(commands::key(prober, tag))
    }

    /// What the second answer to a ping tells. A refusal is not asked for again: the server logs each.
    fn learn(&mut self, answer: &Value) -> Pong {
        if matches!(answer, Value::ServerError(_)) {
            self.ask = Ask::Hello;
        } else if self.ask == Ask::Hello {
            self.greeting = Greeting::new(answer).unwrap_or_default();
        } else if let Some(info) = text(answer).map(Info::new) {
            self.greeting.role = info.role().or(self.greeting.role);
            let pong = Pong::new().read_only(info.is_read_only());
            return self.greeting.role.map_or(pong, |role| pong.role(role));
        }
        match self.greeting.role {
            Some(role) => Pong::new().role(role).read_only(role == Role::Replica),
            None => Pong::new(),
        }
    }

    /// A key that is not this node's any more: its slots are to be asked for again.
    fn forget_slots<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        let moved = |failure: &Failure| matches!(failure.code.as_deref(), Some("MOVED" | "ASK" | "CLUSTERDOWN"));
        if result.as_ref().is_err_and(moved) && matches!(self.slots, Slots::Tag(_)) {
            self.slots = Slots::Unknown;
        }
        result
    }
}

#[async_trait]
impl Session for RedisSession {
    fn depth(&self) -> Level {
        if self.greeting.is_sentinel() { Level::Ping } else { Level::Write }
    }

    async fn ping(&mut self) -> Result<Pong, Failure> {
        let slots = self.slots == Slots::Unknown;
        let answers = fly(&mut self.wire, &commands::ping(self.ask, slots)).await?;
        let [pong, role, more @ ..] = answers.as_slice() else { return Err(unexpected()) };
        match pong {
            // It answers, and reads; that it cannot save its data is for the write to say (`server.c`, processCommand).
            Value::ServerError(error) if error.code() == "MISCONF" => {}
            pong => {
                let said = text(accepted(pong)?).ok_or_else(unexpected)?;
                if said != "PONG" {
                    return Err(unexpected());
                }
            }
        }
        let pong = self.learn(role);
        if let Some(nodes) = more.last() {
            self.slots = text(nodes).and_then(local_tag).map_or(Slots::Any, Slots::Tag);
        }
        Ok(pong)
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        let written = self.prove(request).await;
        self.forget_slots(written)
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        let read = match written {
            Some(written) => self.look(written).await,
            None => self.look_anywhere().await,
        };
        self.forget_slots(read)
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let answers = fly(&mut self.wire, &commands::inspect(self.ask)).await?;
        let answer = answers.first().ok_or_else(unexpected)?;
        match (self.ask, answer) {
            (Ask::Replication, Value::ServerError(error)) if error.code() == "NOPERM" => {
                self.ask = Ask::Hello;
                Ok(self.greeting.inspection())
            }
            // Before Redis 6.2 nobody is told anything without the privilege.
            (Ask::Hello, answer) => Ok(Greeting::new(answer).unwrap_or_default().inspection()),
            (Ask::Replication, answer) => {
                let info = text(accepted(answer)?).ok_or_else(unexpected)?;
                Ok(Info::new(info).inspection())
            }
        }
    }

    async fn activity(&mut self) -> Result<Activities, Failure> {
        activity::read(&fly_far(&mut self.wire, &commands::activity(), LIST_ALLOWANCE).await?)
    }

    async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        let is_remote = self.wire.is_remote();
        let flight = lookup::question(wanted, is_remote)?;
        let answers = if flight.is_empty() { Vec::new() } else { fly(&mut self.wire, &flight).await? };
        lookup::read(&answers, wanted, is_remote)
    }

    async fn apply(&mut self, setup: &Setup) -> Result<(), Failure> {
        let mut flight = pipe();
        for statement in &setup.statements {
            let mut words = statement.sql.split_ascii_whitespace();
            flight.cmd(words.next().unwrap_or_default());
            for word in words {
                flight.arg(word);
            }
        }
        let answers = fly(&mut self.wire, &flight).await?;
        answers.iter().try_for_each(|answer| accepted(answer).map(drop))
    }

    /// Closing is the goodbye: `QUIT` is deprecated since Redis 7.2. The server closes its side when it has let the
    /// session go.
    async fn close(mut self: Box<Self>) -> Result<(), Failure> {
        let mut rest = [0; 512];
        if let Some(key) = self.left.take() {
            // Nobody waits for the answer: a key that this does not take away expires later.
            let _ = self.wire.write_all(&commands::forget(&key).get_packed_pipeline()).await;
            let _ = self.wire.flush().await;
        }
        // What fails here was closed before, which is what is wanted.
        let _ = self.wire.shutdown().await;
        while matches!(self.wire.read(&mut rest).await, Ok(count) if count > 0) {}
        Ok(())
    }
}
