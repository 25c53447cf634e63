//! One logged-in session.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Access, Activities, Cancel, Class, Failure, Inspection, Lookup, Phase, Pong, Query, Rows, Session, Setup,
    WriteMode, WriteProof, WriteRequest, Written,
};

use crate::activity;
use crate::answer::{Answer, Caps, Part, Table};
use crate::cancel::KillQuery;
use crate::classify::{is_foreign, not_mysql};
use crate::conversation::Conversation;
use crate::facts;
use crate::greeting::Greeting;
use crate::health::HealthTable;
use crate::lookup;
use crate::replication::{Follows, State, question};
use crate::sql;
use crate::statement::restrained;
use crate::values;
use crate::wire::{ALLOWANCE, LIST_ALLOWANCE, Wire};

/// One logged-in session. Whoever waits for an answer reads it from the socket: nothing runs between two steps.
pub(crate) struct MysqlSession {
    server: Conversation,
    greeting: Greeting,
    database: Option<String>,
    cancel: Arc<KillQuery>,
    lead: Duration,
    timeout: Duration,
    health_table: HealthTable,
    follows: Follows,
    /// Questions that were refused or took too long, and are not asked again.
    skips: Skips,
}

#[derive(Clone, Copy, Debug, Default)]
struct Skips {
    /// What a ping asks for beside an answer.
    state: bool,
    replication: bool,
    size: bool,
}

impl MysqlSession {
    pub(crate) fn new(
        wire: Wire,
        greeting: Greeting,
        database: Option<String>,
        cancel: KillQuery,
        (lead, timeout): (Duration, Duration),
    ) -> Self {
        Self {
            server: Conversation::new(wire, timeout, cancel.who.clone()),
            greeting,
            database,
            cancel: Arc::new(cancel),
            lead,
            timeout,
            health_table: HealthTable::Unknown,
            follows: Follows::Unknown,
            skips: Skips::default(),
        }
    }

    fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// A ping of what does not know the variables of MySQL: whether it answers, and the health table where it is found.
    async fn ping_a_stranger(&mut self) -> Result<Pong, Failure> {
        let answer = self.server.ask(&format!("{}; {}", sql::PLAIN_PING, sql::HEALTH_TABLE)).await?;
        if let Some(table) = answer.table(1) {
            self.health_table = HealthTable::new(table.text(0), table.number(1).unwrap_or(0));
        }
        match answer.table(0) {
            Some(_) => Ok(Pong::new()),
            None => Err(answer.failure.unwrap_or_else(|| not_mysql("the ping's answer has no row"))),
        }
    }

    async fn upsert(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        if self.health_table == HealthTable::Unknown {
            self.ping().await?;
        }
        if request.create_health_table && self.health_table == HealthTable::Missing {
            let sql = sql::create_health_table(self.database(), self.timeout);
            self.server.ask(&sql).await?.whole()?;
            self.ping().await?; // what it is that is there now
        }
        if let Some(why) = self.health_table.distrust() {
            return Err(Failure::new(Class::Permission, format!("`_health_check` is not used: {why}"))
                .advise("let the database's owner drop it and run `dbprobe init`"));
        }
        let sql = sql::upsert(self.database(), &request.prober, &request.nonce);
        let answer = self.server.ask(&sql).await?;
        if answer.failure.is_some() {
            self.health_table = HealthTable::Unknown; // the next ping looks again
        }
        match answer.whole()?.first() {
            Some(Part::Done { token: sequence @ 1.. }) => {
                Ok(Written::new(request, WriteProof::Table, sequence.to_string()))
            }
            _ => Err(not_mysql("the write's answer does not tell its sequence")),
        }
    }

    async fn write_temporary(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        let sql = sql::write_temporary(self.database(), &request.nonce);
        self.server.ask(&sql).await?.whole()?;
        Ok(Written::new(request, WriteProof::Temporary, String::new()))
    }

    /// Runs the user's statement between the beginning and the end of a transaction; the server is told to take one
    /// statement only.
    async fn transact(&mut self, query: &Query) -> Result<Rows, Failure> {
        let rows = u64::try_from(query.max_rows).unwrap_or(u64::MAX).saturating_add(1);
        let (begin, end) = match query.access {
            Access::ReadOnly => {
                restrained(&query.sql)?;
                (sql::begin_read_only(rows), sql::end(sql::ROLLBACK))
            }
            Access::ReadWrite => (sql::begin_read_write(rows), sql::end(sql::COMMIT)),
        };
        self.server.ask(&begin).await?.whole()?;
        self.server.allow_several(false).await?;
        let caps = Caps { rows: query.max_rows, bytes: query.max_bytes };
        let answer = self.server.send(&query.sql, caps, ALLOWANCE.max(query.max_bytes.saturating_mul(16))).await?;
        self.server.allow_several(true).await?;
        let end = if answer.failure.is_some() { sql::end(sql::ROLLBACK) } else { end };
        self.server.ask(&end).await?.whole()?;
        // Of a procedure's several results the first one with rows is the answer.
        let table = answer.whole()?.into_iter().find_map(|part| match part {
            Part::Rows(table) => Some(table),
            Part::Done { .. } => None,
        });
        Ok(values::typed(table.unwrap_or_default()))
    }

    /// The facts, the state of replication and the size, as far as this role may ask for them.
    async fn ask_for_facts(&mut self) -> Result<(Answer, Option<State>, Option<u64>), Failure> {
        let mut questions = vec![sql::FACTS];
        let replication = question(&self.greeting);
        questions.extend((!self.skips.replication).then_some(replication));
        questions.extend((!self.skips.size).then_some(sql::SIZE));
        let answer = self.server.ask(&questions.join("; ")).await?;
        let failed = answer.failure.as_ref().map(|_| questions[answer.parts.len().min(questions.len() - 1)]);
        let mut state = None;
        let mut size = None;
        for (part, question) in answer.parts.iter().zip(&questions) {
            let Part::Rows(table) = part else { continue };
            if *question == replication {
                state = Some(State::read(table));
            } else if *question == sql::SIZE {
                size = table.text(0).and_then(bytes);
            }
        }
        if failed == Some(sql::SIZE) {
            self.skips.size = true;
        } else if failed == Some(replication) {
            self.skips.replication = true;
            if !self.skips.size {
                // The refusal ended the message before the size; once a session that costs another round trip.
                let rest = self.server.ask(sql::SIZE).await?;
                self.skips.size = rest.failure.is_some();
                size = rest.table(0).and_then(|table| table.text(0)).and_then(bytes);
            }
        }
        Ok((answer, state, size))
    }
}

/// A sum comes as a decimal.
fn bytes(text: &str) -> Option<u64> {
    text.split('.').next()?.parse().ok()
}

#[async_trait]
impl Session for MysqlSession {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        if self.skips.state {
            return self.ping_a_stranger().await;
        }
        let looks = self.health_table != HealthTable::Trusted;
        let channels = !self.greeting.is_mariadb();
        let table = looks.then_some(sql::HEALTH_TABLE);
        // What may be refused comes last: a refusal ends the message.
        let questions = [Some(sql::PING), table, channels.then_some(sql::CHANNELS)];
        let answer = self.server.ask(&questions.into_iter().flatten().collect::<Vec<_>>().join("; ")).await?;
        let (facts, channels) = (answer.table(0), answer.table(1 + usize::from(looks)));
        let Some(facts) = facts.filter(|_| !looks || answer.table(1).is_some()) else {
            let failure = answer.failure.unwrap_or_else(|| not_mysql("the ping's answer has no row"));
            self.skips.state = is_foreign(&failure);
            return if self.skips.state { self.ping_a_stranger().await } else { Err(failure) };
        };
        if let Some(table) = answer.table(1).filter(|_| looks) {
            self.health_table = HealthTable::new(table.text(0), table.number(1).unwrap_or(0));
        }
        self.follows = follows(facts, channels);
        let is_read_only = (0..4).any(|column| facts.flag(column) == Some(true));
        let is_closed = (0..3).any(|column| facts.flag(column) == Some(true));
        let is_reader = facts.flag(1) == Some(true) && !self.greeting.is_mariadb();
        let pong = Pong::new().read_only(is_read_only);
        Ok(self.follows.role(is_closed, is_reader).map_or(pong, |role| pong.role(role)))
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        match request.mode {
            WriteMode::Table => self.upsert(request).await,
            WriteMode::Rollback => self.write_temporary(request).await,
            WriteMode::Auto | WriteMode::None => {
                if self.health_table == HealthTable::Unknown {
                    self.ping().await?;
                }
                // A row that is written on both sides of a replication would stop it.
                let is_table = self.follows != Follows::Another
                    && (self.health_table == HealthTable::Trusted
                        || (request.create_health_table && self.health_table == HealthTable::Missing));
                if is_table { self.upsert(request).await } else { self.write_temporary(request).await }
            }
        }
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        let Some(written) = written else {
            return self.server.ask(sql::READ_DICTIONARY).await?.whole().map(drop);
        };
        let sql = match written.proof {
            WriteProof::Table => sql::read_row(self.database(), written),
            _ => sql::read_temporary(self.database(), &written.nonce),
        };
        let answer = self.server.ask(&sql).await?;
        let found = answer.table(0).map(|table| table.flag(0));
        answer.whole()?;
        let stale = |message: &str| Err(Failure::new(Class::StaleRead, message).in_phase(Phase::Read));
        match found {
            Some(Some(true)) => Ok(()),
            Some(Some(false)) => stale("the table holds something older than what was just written"),
            Some(None) => stale("the row that was just written is not there"),
            None => Err(not_mysql("the read's answer has no row")),
        }
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let (answer, state, size) = self.ask_for_facts().await?;
        let Some(table) = answer.table(0) else {
            let failure = answer.failure.unwrap_or_else(|| not_mysql("the inspection's answer has no row"));
            return if is_foreign(&failure) { Ok(facts::greeted(&self.greeting.version)) } else { Err(failure) };
        };
        let mut facts = facts::read(table, self.follows, state.as_ref());
        facts.size_bytes = size;
        if self.skips.size {
            facts.facts.insert("size".to_owned(), "not known: adding the tables up takes too long".to_owned());
        }
        if let Some(why) = self.health_table.distrust() {
            facts.facts.insert("health_table".to_owned(), format!("not used: {why}"));
        }
        Ok(facts)
    }

    async fn query(&mut self, query: &Query) -> Result<Rows, Failure> {
        self.transact(query).await
    }

    async fn activity(&mut self) -> Result<Activities, Failure> {
        let answer = self.server.ask_much(&sql::activity(), LIST_ALLOWANCE).await?;
        activity::read(&answer)
            .ok_or_else(|| answer.failure.unwrap_or_else(|| not_mysql("the list of connections has no rows")))
    }

    async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.server.ask(&sql::look_up(wanted)).await?;
        let table = answer.table(0).cloned().unwrap_or_default();
        answer.whole()?;
        Ok(lookup::read(&table, wanted, &self.greeting, self.server.number()))
    }

    async fn apply(&mut self, setup: &Setup) -> Result<(), Failure> {
        // One by one: each of them is committed by itself, as the servers have it, and can be repeated.
        for statement in &setup.statements {
            self.server.ask(&statement.sql).await?.whole()?;
        }
        Ok(())
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        Some(self.cancel.clone())
    }

    fn cancel_lead(&self) -> Duration {
        self.lead
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        self.server.quit().await
    }
}

/// What the ping knows: MariaDB tells connections that run, MySQL all of them to whom it lets look.
fn follows(facts: &Table, channels: Option<&Table>) -> Follows {
    if let Some(channels) = channels {
        return Follows::channels(channels.number(0).unwrap_or(0), channels.text(1).and_then(bytes).unwrap_or(0));
    }
    match facts.number(4) {
        Some(running @ 1..) => Follows::channels(running, running),
        _ => Follows::Unknown,
    }
}
