//! One logged-in session.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Access, Activities, Cancel, Class, Failure, Inspection, Lookup, Phase, Pong, Query, Role, Rows, Session, Setup,
    WriteMode, WriteProof, WriteRequest, Written,
};
use dbprobe_net::io_failure;
use futures_util::FutureExt;
use tiberius::error::Error;
use tiberius::{Client, ToSql};

use crate::activity;
use crate::answer::{Answer, unexpected};
use crate::cancel::Attention;
use crate::classify::{driver_error, unreadable};
use crate::facts::{Facts, Learned};
use crate::line::{Handle, LIST, USUAL, Wire};
use crate::rows;
use crate::sql::{self, Statement};

/// What is known of the health table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HealthTable {
    Unknown,
    Missing,
    There,
}

/// One logged-in session. Whoever waits for an answer drives the connection: it has no task of its own.
pub(crate) struct MssqlSession {
    client: Client<Wire>,
    line: Handle,
    learned: Arc<Learned>,
    lead: Duration,
    timeout: Duration,
    health_table: HealthTable,
    /// Whether the role may create tables, as far as that is known.
    may_create: Option<bool>,
}

impl MssqlSession {
    pub(crate) fn new(
        client: Client<Wire>,
        line: Handle,
        learned: Arc<Learned>,
        (lead, timeout): (Duration, Duration),
    ) -> Self {
        let health_table = HealthTable::Unknown;
        Self { client, line, learned, lead, timeout, health_table, may_create: None }
    }

    fn patience(&self) -> sql::Patience {
        (!self.learned.is_bare()).then_some(self.timeout)
    }

    /// Sends one batch and waits for its whole answer: one round trip.
    async fn ask(&mut self, sql: &str) -> Result<Answer, Failure> {
        self.line.fill(USUAL);
        let client = &mut self.client;
        let results = driven(&self.line, async { client.simple_query(sql).await?.into_results().await }).await?;
        Ok(Answer::new(results))
    }

    /// The same for a statement with parameters, or with none where the server takes none: Babelfish, for example, does
    /// not take everything in `sp_executesql` that it takes in a batch.
    async fn carry_out(&mut self, statement: &Statement) -> Result<Answer, Failure> {
        if self.learned.takes_no_parameters() {
            return self.ask(&statement.whole()).await;
        }
        match self.call(statement).await {
            Err(failure) if is_refused_as_such(&failure) => {
                let failure = self.tidied(failure).await;
                if failure.loses_session() {
                    return Err(failure);
                }
                let answer = self.ask(&statement.whole()).await?;
                self.learned.took_no_parameters();
                Ok(answer)
            }
            other => other,
        }
    }

    async fn call(&mut self, statement: &Statement) -> Result<Answer, Failure> {
        self.line.fill(USUAL);
        let client = &mut self.client;
        let values: Vec<&dyn ToSql> = statement.values.iter().map(|value| value as &dyn ToSql).collect();
        let work = async { client.query(statement.text.as_str(), &values).await?.into_results().await };
        Ok(Answer::new(driven(&self.line, work).await?))
    }

    /// Ends what a failed batch may have left open, where there is still somebody to ask.
    async fn tidied(&mut self, failure: Failure) -> Failure {
        if failure.loses_session() {
            return failure;
        }
        match self.ask(sql::TIDY).await {
            Err(lost) if lost.loses_session() => lost,
            _ => failure,
        }
    }

    /// Creates the health table. Of many who do that at once all but one fail, in one way or another.
    async fn create(&mut self) -> Result<(), Failure> {
        if let Err(failure) = self.ask(&sql::create_health_table(self.patience())).await {
            let failure = self.tidied(failure).await;
            if failure.loses_session() || !self.ask(&sql::guarded(self.patience(), sql::FIND)).await?.flag(0)? {
                return Err(failure);
            }
        }
        self.health_table = HealthTable::There;
        Ok(())
    }

    async fn upsert(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        /// A first write, one after the table was created, and one after somebody was in the way.
        const TRIES: usize = 3;
        let mut may_create = request.create_health_table;
        if may_create && self.health_table == HealthTable::Missing {
            self.create().await?;
            may_create = false;
        }
        let statement = sql::upsert(self.patience(), &request.prober, &request.nonce);
        let mut tries = 1;
        loop {
            let failure = match self.carry_out(&statement).await {
                Ok(answer) => {
                    let sequence = answer.number(0).filter(|number| *number > 0).ok_or_else(|| unexpected(0))?;
                    self.health_table = HealthTable::There;
                    return Ok(Written::new(request, WriteProof::Table, sequence.to_string()));
                }
                Err(failure) => self.tidied(failure).await,
            };
            if is_missing(&failure) && may_create && tries < TRIES {
                self.create().await?;
                may_create = false;
            } else if !in_the_way(&failure) || tries == TRIES {
                return Err(failure);
            }
            tries += 1;
        }
    }

    /// The strongest proof without a health table that the role may give.
    async fn prove(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        if self.may_create != Some(false) {
            match self.carry_out(&sql::roll_back(self.patience(), &request.nonce)).await {
                Ok(_) => return Ok(Written::new(request, WriteProof::Rollback, "")),
                Err(failure) => {
                    let failure = self.tidied(failure).await;
                    if !cannot(&failure) {
                        return Err(failure);
                    }
                    self.may_create = Some(false);
                }
            }
        }
        let answer = self.ask(&sql::temporary(self.patience())).await?;
        let value = answer.text(0).filter(|value| !value.is_empty()).ok_or_else(|| unexpected(0))?;
        Ok(Written::new(request, WriteProof::Temporary, value))
    }

    /// The facts one by one, for a server that does not take them all at once; and which it tells, for the next time.
    async fn learn_facts(&mut self) -> Result<Facts, Failure> {
        let (mut facts, mut known) = (Facts::default(), Vec::new());
        for at in 0..sql::FACTS.len() {
            match self.ask(&sql::inspect(self.patience(), &[at])).await {
                Ok(answer) => {
                    facts.add(at, answer.text(0));
                    known.push(at);
                }
                Err(failure) if !cannot(&failure) => return Err(failure),
                Err(_) => {}
            }
        }
        self.learned.knows_facts(Some(known));
        Ok(facts)
    }
}

/// Awaits what tiberius does. What the line noted tells more than tiberius' own error; and whatever a server sends that
/// makes tiberius panic is the server's fault.
pub(crate) async fn driven<T>(line: &Handle, work: impl Future<Output = Result<T, Error>>) -> Result<T, Failure> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error @ Error::Server(_))) => Err(driver_error(error)),
        Ok(Err(error)) => Err(line.failure().unwrap_or_else(|| driver_error(error))),
        Err(_) => Err(line.failure().unwrap_or_else(|| unreadable("the driver could not make sense of it"))),
    }
}

/// The failures of a server that does not have, or does not let the role use, what was asked for.
fn cannot(failure: &Failure) -> bool {
    matches!(failure.class, Class::NotFound | Class::Permission | Class::Query | Class::Unsupported)
}

/// A refusal that may be about the way a statement came and not about what it does. 2812: there is no such procedure.
fn is_refused_as_such(failure: &Failure) -> bool {
    matches!(failure.class, Class::Query | Class::Unsupported) || failure.code.as_deref() == Some("2812")
}

fn is_missing(failure: &Failure) -> bool {
    failure.code.as_deref() == Some("208")
}

/// Duplicate keys (of two first writes of one name, where the hints of the upsert do nothing) and deadlocks.
fn in_the_way(failure: &Failure) -> bool {
    matches!(failure.code.as_deref(), Some("1205" | "2601" | "2627"))
}

/// Whether the server is gone. SQL Server says no goodbye of its own, not even TLS's.
fn hung_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected | UnexpectedEof)
}

fn stale(message: &str) -> Failure {
    Failure::new(Class::StaleRead, message).in_phase(Phase::Read)
}

#[async_trait]
impl Session for MssqlSession {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        if !self.learned.pings_plainly() {
            match self.ask(&sql::guarded(self.patience(), sql::PING)).await {
                Ok(answer) => {
                    self.health_table = if answer.flag(2)? { HealthTable::There } else { HealthTable::Missing };
                    self.may_create = Some(answer.flag(3)?);
                    let read_only = answer.text(0) == Some("READ_ONLY");
                    let role = if read_only && answer.number(1) == Some(1) { Role::Replica } else { Role::Primary };
                    return Ok(Pong::new().read_only(read_only).role(role));
                }
                Err(failure) if !cannot(&failure) => return Err(failure),
                Err(_) => {}
            }
        }
        match self.ask(&sql::guarded(self.patience(), sql::PLAIN_PING)).await {
            // The server does not even have the settings.
            Err(failure) if cannot(&failure) && !self.learned.is_bare() => {
                self.ask(&sql::guarded(None, sql::PLAIN_PING)).await?;
                self.learned.bare();
            }
            answer => drop(answer?),
        }
        self.learned.ping_plainly();
        self.health_table = HealthTable::Unknown;
        Ok(Pong::new())
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        match (request.mode, self.health_table) {
            (WriteMode::Table, _) => self.upsert(request).await,
            (WriteMode::Rollback, _) => self.prove(request).await,
            (WriteMode::Auto | WriteMode::None, table)
                if request.create_health_table || table == HealthTable::There =>
            {
                self.upsert(request).await
            }
            (_, HealthTable::Unknown) => match self.upsert(request).await {
                Err(failure) if is_missing(&failure) => self.prove(request).await,
                outcome => outcome,
            },
            _ => self.prove(request).await,
        }
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        let Some(written) = written else {
            return self.ask(&sql::read_catalog(self.patience())).await.map(drop);
        };
        match written.proof {
            WriteProof::Table => {
                match self.carry_out(&sql::read_row(self.patience(), written)).await?.maybe_flag(0)? {
                    Some(true) => Ok(()),
                    Some(false) => Err(stale("the health table holds something older than what was just written")),
                    None => Err(stale("the row that was just written is not there")),
                }
            }
            WriteProof::Rollback => match self.ask(&sql::read_rolled_back(self.patience())).await?.flag(0)? {
                true => Ok(()),
                false => Err(stale("the table of a transaction that was rolled back is still there")),
            },
            _ => match self.ask(&sql::read_temporary(self.patience())).await?.text(0) {
                Some(value) if value == written.token => Ok(()),
                _ => Err(stale("the temporary table does not hold what was just written")),
            },
        }
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let asked = match self.learned.known_facts() {
            Some(known) => {
                let answer = self.ask(&sql::inspect(self.patience(), &known)).await;
                answer.map(|answer| Facts::of(&answer, known))
            }
            None => {
                let answer = self.ask(&sql::inspect_guarded(self.patience())).await;
                answer.map(|answer| Facts::of(&answer, 0..sql::FACTS.len()))
            }
        };
        let facts = match asked {
            Err(failure) if cannot(&failure) => self.learn_facts().await?,
            other => other?,
        };
        Ok(facts.inspection())
    }

    async fn query(&mut self, query: &Query) -> Result<Rows, Failure> {
        let batch = match query.access {
            Access::ReadOnly => {
                rows::reads_only(&query.sql)?;
                sql::read_only_query(self.patience(), &query.sql)
            }
            Access::ReadWrite => sql::query(self.patience(), &query.sql),
        };
        // Values, and what the protocol puts round them.
        self.line.fill(query.max_bytes.saturating_mul(4).max(USUAL));
        let client = &mut self.client;
        let rows = driven(&self.line, rows::collect(client, batch, query)).await;
        match rows {
            Ok(rows) if !rows.truncated => Ok(rows),
            Ok(rows) => self.ask(sql::TIDY).await.map(|_| rows),
            Err(failure) => Err(self.tidied(failure).await),
        }
    }

    async fn activity(&mut self) -> Result<Activities, Failure> {
        let sql = sql::activity(self.patience());
        self.line.fill(LIST);
        let client = &mut self.client;
        let results = driven(&self.line, async { client.simple_query(sql).await?.into_results().await }).await?;
        Ok(activity::read(&Answer::each(results)))
    }

    async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        if wanted.iter().any(|lookup| matches!(lookup, Lookup::Extension(_))) {
            return Err(Failure::new(Class::Unsupported, "SQL Server has no extensions"));
        }
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.carry_out(&sql::look_up(self.patience(), wanted)).await?;
        let found = (0..wanted.len()).map(|column| answer.text(column).filter(|text| !text.is_empty()));
        Ok(found.map(|text| text.map(str::to_owned)).collect())
    }

    async fn apply(&mut self, setup: &Setup) -> Result<(), Failure> {
        match self.ask(&sql::apply(self.patience(), setup)).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(self.tidied(failure).await),
        }
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        Some(Arc::new(Attention(self.line.bell())))
    }

    fn cancel_lead(&self) -> Duration {
        self.lead
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        match self.line.close().await {
            Err(error) if !hung_up(&error) => Err(io_failure(&error, "saying goodbye")),
            _ => Ok(()),
        }
    }
}
