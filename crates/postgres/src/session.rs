//! One logged-in session.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{
    Activities, Cancel, Class, Failure, Inspection, Lookup, Phase, Pong, Query, Role, Rows, Session, Setup, WriteMode,
    WriteProof, WriteRequest, Written,
};
use futures_util::future::poll_fn;
use jiff::Timestamp;
use tokio_postgres::{AsyncMessage, Client, Connection, Error, SimpleQueryMessage};

use crate::activity;
use crate::answer::Answer;
use crate::cancel::CancelRequest;
use crate::classify::session_error;
use crate::lookup;
use crate::overheard::Process;
use crate::rows;
use crate::sql;
use crate::wire::{Allowance, Wire};

/// What the ping found under the name of the health table.
#[derive(Clone, Debug, PartialEq, Eq)]
enum HealthTable {
    Missing,
    /// Somebody else could run code in our name by it; see [`sql::PING`].
    Distrusted,
    /// Its full name, so that nothing can get in front of it in the search path.
    Trusted(String),
}

impl HealthTable {
    const WHY: &str = "not used: somebody else's, or with triggers, rules or row security";

    fn new(answer: &Answer) -> Result<Self, Failure> {
        match answer.text(2) {
            None => Ok(Self::Missing),
            Some(name) if answer.flag(3)? => Ok(Self::Trusted(name.to_owned())),
            Some(_) => Ok(Self::Distrusted),
        }
    }

    fn trusted(&self) -> Result<String, Failure> {
        match self {
            Self::Trusted(name) => Ok(name.clone()),
            Self::Missing => Err(Failure::new(Class::NotFound, "relation \"_health_check\" does not exist")
                .code("42P01")
                .advise("create it with `dbprobe init`, or give `--create-health-table`")),
            Self::Distrusted => Err(Failure::new(Class::Permission, format!("`_health_check` is {}", Self::WHY)).advise(
                "let the database's owner drop it and run `dbprobe init`: a trigger on it would run with this role's rights",
            )),
        }
    }
}

/// One logged-in session.
///
/// The connection is driven by whoever waits for an answer, not by a task of its own: nothing runs between two
/// steps, and dropping the session closes the socket there and then.
pub(crate) struct PostgresSession {
    client: Client,
    connection: Connection<Wire, Wire>,
    allowance: Allowance,
    /// What the login was told.
    process: Process,
    cancel: Arc<CancelRequest>,
    lead: Duration,
    timeout: Duration,
    health_table: HealthTable,
}

impl PostgresSession {
    pub(crate) fn new(
        (client, connection): (Client, Connection<Wire, Wire>),
        allowance: Allowance,
        process: Process,
        cancel: CancelRequest,
        (lead, timeout): (Duration, Duration),
    ) -> Self {
        Self {
            client,
            connection,
            allowance,
            process,
            cancel: Arc::new(cancel),
            lead,
            timeout,
            health_table: HealthTable::Missing,
        }
    }

    /// Sends one simple-query message and waits for its whole answer: one round trip.
    pub(crate) async fn ask(&mut self, sql: &str) -> Result<Answer, Failure> {
        self.send(sql, Allowance::USUAL).await.map(Answer::new)
    }

    async fn send(&mut self, sql: &str, allowance: usize) -> Result<Vec<SimpleQueryMessage>, Failure> {
        self.allowance.fill(allowance);
        let request = self.client.simple_query(sql);
        drive(&mut self.connection, request).await.map_err(session_error)
    }

    async fn upsert(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        if request.create_health_table && self.health_table == HealthTable::Missing {
            match self.ask(&sql::create_health_table(self.timeout)).await {
                Err(failure) if !made_by_another(&failure) => return Err(failure),
                _ => drop(self.ping().await?), // whose it is, and in which schema
            }
        }
        let table = self.health_table.trusted()?;
        let answer = self.ask(&sql::upsert(self.timeout, &table, &request.prober, &request.nonce)).await?;
        Ok(Written::new(request, WriteProof::Table, answer.number(0)?.to_string()))
    }

    async fn message(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        let answer = self.ask(&sql::message(self.timeout, &request.nonce)).await?;
        Ok(Written::new(request, WriteProof::Message, answer.number(1)?.to_string()))
    }

    async fn roll_back(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        match self.ask(&sql::message_rolled_back(self.timeout, &request.nonce)).await {
            Ok(answer) => Ok(Written::new(request, WriteProof::Rollback, answer.number(1)?.to_string())),
            Err(failure) => {
                // The statement failed inside an explicit transaction, which is still open.
                if !failure.loses_session() {
                    self.ask(sql::ROLLBACK).await?;
                }
                Err(failure)
            }
        }
    }

    /// Runs the user's statement between `BEGIN` and its end, by the extended protocol: it takes one statement only.
    async fn transact(&mut self, query: &Query) -> Result<Rows, Failure> {
        let (access, end) = rows::transaction(query.access);
        self.ask(&sql::begin(self.timeout, access)).await?;
        let collected = rows::collect(&self.client, query, &self.allowance, self.cancel.as_ref());
        match drive(&mut self.connection, collected).await {
            Ok(rows) => match self.ask(end).await {
                // What was to stop the statement came too late for it, as a pooler may let it.
                Err(failure) if rows.truncated && failure.code.as_deref() == Some("57014") => self.ask(end).await,
                ended => ended,
            }
            .map(|_| rows),
            Err(error) => {
                let failure = session_error(error);
                if !failure.loses_session() {
                    self.ask(sql::ROLLBACK).await?;
                }
                Err(failure)
            }
        }
    }
}

/// Polls the connection and the request until the request is answered.
///
/// A connection that ends tells more than the request that it leaves unanswered, so its error is the one returned.
async fn drive<T>(
    connection: &mut Connection<Wire, Wire>,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let mut request = pin!(request);
    poll_fn(|cx: &mut Context<'_>| {
        if let Poll::Ready(answer) = request.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        loop {
            let ended = match connection.poll_message(cx) {
                Poll::Ready(Some(Ok(AsyncMessage::Notice(_) | AsyncMessage::Notification(_)))) => continue,
                Poll::Ready(Some(Ok(_))) => continue,
                Poll::Ready(Some(Err(error))) => Some(Err(error)),
                Poll::Ready(None) => Some(Ok(())),
                Poll::Pending => None,
            };
            return match (request.as_mut().poll(cx), ended) {
                (Poll::Ready(Ok(value)), _) => Poll::Ready(Ok(value)),
                (_, Some(Err(error))) => Poll::Ready(Err(error)),
                (answer, _) => answer,
            };
        }
    })
    .await
}

/// `CREATE TABLE IF NOT EXISTS` of two sessions at once: the later one finds the earlier one's catalog rows.
fn made_by_another(failure: &Failure) -> bool {
    matches!(failure.code.as_deref(), Some("23505" | "42P07" | "42710"))
}

/// Codes of servers that speak the protocol but do not have the function, or have revoked it.
fn has_no_messages(failure: &Failure) -> bool {
    matches!(failure.code.as_deref(), Some("42883" | "42501" | "0A000"))
}

#[async_trait]
impl Session for PostgresSession {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        let answer = self.ask(sql::PING).await?;
        self.health_table = HealthTable::new(&answer)?;
        Ok(Pong::new().role(role(answer.flag(0)?)).read_only(answer.flag(1)?))
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        match request.mode {
            WriteMode::Table => self.upsert(request).await,
            WriteMode::Rollback => self.roll_back(request).await,
            WriteMode::Auto | WriteMode::None
                if matches!(self.health_table, HealthTable::Trusted(_)) || request.create_health_table =>
            {
                self.upsert(request).await
            }
            WriteMode::Auto | WriteMode::None => self.message(request).await.map_err(|failure| {
                if has_no_messages(&failure) {
                    failure
                        .advise("pg_logical_emit_message cannot be used here: let an administrator run `dbprobe init`")
                } else {
                    failure
                }
            }),
        }
    }

    async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        let Some(written) = written else {
            return self.ask(&sql::read_catalog(self.timeout)).await.map(drop);
        };
        let stale = |message: &str| Err(Failure::new(Class::StaleRead, message).in_phase(Phase::Read));
        match written.proof {
            WriteProof::Table => {
                let table = self.health_table.trusted()?;
                let answer = self.ask(&sql::read_row(self.timeout, &table, written)).await?;
                match answer.maybe_flag(0)? {
                    Some(true) => Ok(()),
                    Some(false) => stale("the health table holds something older than what was just written"),
                    None => stale("the row that was just written is not there"),
                }
            }
            _ => {
                let expected = if written.proof == WriteProof::Rollback { "aborted" } else { "committed" };
                let answer = self.ask(&sql::transaction_status(self.timeout, &written.token)).await?;
                match answer.text(0) {
                    Some(status) if status == expected => Ok(()),
                    Some(status) => {
                        stale(&format!("the server takes the transaction that was just {expected} for {status}"))
                    }
                    None => stale("the server does not know the transaction that was just written"),
                }
            }
        }
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let answer = self.ask(&sql::inspect(self.timeout)).await?;
        let mut facts = Inspection::default();
        let version = answer.text(0).unwrap_or_default();
        // "15.18 (Debian 15.18-0+deb12u1)": the number is the version, the rest is who packed it.
        facts.version = version.split_whitespace().next().map(str::to_owned);
        facts.facts.insert("server_version".to_owned(), version.to_owned());
        if self.health_table == HealthTable::Distrusted {
            facts.facts.insert("health_table".to_owned(), HealthTable::WHY.to_owned());
        }
        facts.role = Some(role(answer.flag(1)?));
        facts.read_only = Some(answer.flag(2)?);
        facts.started_at = answer.decimal(3).and_then(timestamp);
        facts.connections = answer.number(4).ok();
        facts.connections_max = answer.number(5).ok();
        facts.size_bytes = answer.number(6).ok();
        facts.replication_lag = answer.decimal(7).and_then(|lag| Duration::try_from_secs_f64(lag.max(0.0)).ok());
        Ok(facts)
    }

    async fn query(&mut self, query: &Query) -> Result<Rows, Failure> {
        self.transact(query).await
    }

    async fn activity(&mut self) -> Result<Activities, Failure> {
        let messages = self.send(&sql::activity(self.timeout), Allowance::LIST).await?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(activity::read(&rows.collect::<Vec<_>>()))
    }

    async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.ask(&sql::look_up(self.timeout, wanted)).await?;
        Ok(lookup::read(&answer, wanted, self.process.get().copied()))
    }

    async fn apply(&mut self, setup: &Setup) -> Result<(), Failure> {
        self.ask(&sql::apply(self.timeout, setup)).await.map(drop)
    }

    fn canceller(&self) -> Option<Arc<dyn Cancel>> {
        Some(self.cancel.clone())
    }

    fn cancel_lead(&self) -> Duration {
        self.lead
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        let Self { client, connection, .. } = *self;
        drop(client); // the connection says goodbye when nobody can ask any more
        connection.await.map_err(session_error)
    }
}

fn role(in_recovery: bool) -> Role {
    if in_recovery { Role::Replica } else { Role::Primary }
}

fn timestamp(seconds: f64) -> Option<Timestamp> {
    if !seconds.is_finite() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit by far")]
    let milliseconds = (seconds * 1000.0).round() as i64;
    Timestamp::from_millisecond(milliseconds).ok()
}
