//! What a check found out, in a few words.

use dbprobe_core::{Class, Failure, Phase, Report, Role, Status, Tls, WriteProof, milliseconds};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::database::Database;
use crate::migrations::{MigrationState, Migrations};
use crate::word::Word;

/// Whether a database is healthy. What is not known is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Health {
    /// Always `dbprobe.health/v1`.
    pub schema: &'static str,
    /// The target's name.
    pub database_name: String,
    /// The engine's name; absent where the DSN chose none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<&'static str>,
    /// What the server says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The word for it.
    pub status: Word,
    /// Whether a session could be opened.
    pub connection: ConnectionTest,
    /// Where to, and how long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_details: Option<HealthConnection>,
    /// Whether it answers: the ping, the write and the read.
    pub query_test: QueryTest,
    /// How long they took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_details: Option<HealthQueries>,
    /// The state of its migrations: `not_checked`, or as `dbprobe validate` has it.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub migration_status: MigrationStatus,
    /// What is known of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrations: Option<Migrations>,
    /// How long the last attempt took, from the first look-up to the last answer, in milliseconds.
    pub response_time_ms: f64,
    /// When the last attempt began (RFC 3339, UTC).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub timestamp: Timestamp,
    /// How often it was checked: 1, and one more for each repetition.
    pub attempts: u32,
    /// What is wrong, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The same with its class, code and advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// Whether a session could be opened.
// Exhaustive on purpose: it could or it could not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ConnectionTest {
    /// It could.
    Ok,
    /// It could not.
    Failed,
}

/// Whether the database answers.
// Exhaustive on purpose: it does, it does not, or nobody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueryTest {
    /// Everything that was asked was answered.
    Ok,
    /// A ping, a write or a read failed.
    Failed,
    /// Nothing was asked: there is no session, or this kind of target has no queries.
    NotRun,
}

/// The state of a database's migrations: that of [`MigrationState`], or `not_checked`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MigrationStatus(pub Option<MigrationState>);

impl MigrationStatus {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        self.0.map_or("not_checked", MigrationState::as_str)
    }
}

impl Serialize for MigrationStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Where a session leads, and how long opening it took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthConnection {
    /// Which address answered: `ip:port` or a socket's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// All of the following, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// Finding the addresses, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolve_ms: Option<f64>,
    /// The transport connection, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_ms: Option<f64>,
    /// The TLS negotiation, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<f64>,
    /// The login, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_ms: Option<f64>,
    /// What the TLS handshake told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// The server's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// Client connections now open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u64>,
    /// Client connections that an ordinary role can have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_max: Option<u64>,
}

/// How long asking took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HealthQueries {
    /// One round trip, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping_ms: Option<f64>,
    /// The write, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_ms: Option<f64>,
    /// What proved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_mode: Option<WriteProof>,
    /// The read, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_ms: Option<f64>,
}

impl Health {
    pub(super) fn new(
        database: &Database,
        report: &Report,
        attempts: u32,
        found: Result<Option<Migrations>, Failure>,
    ) -> Self {
        let failed = report.failure().filter(|_| report.status() != Status::Up).cloned();
        let (found, unmet) = match found {
            Ok(found) => (found.clone(), found.as_ref().and_then(unmet)),
            Err(failure) => (None, Some(failure)),
        };
        let status = Word::from(report.status()).max(if unmet.is_some() { Word::Degraded } else { Word::Healthy });
        let failure = failed.or(unmet);
        let queries = HealthQueries::new(report);
        Self {
            schema: "dbprobe.health/v1",
            database_name: database.name.clone(),
            engine: database.known_engine(),
            role: report.role(),
            status,
            connection: connection_test(report),
            connection_details: Some(HealthConnection::new(report)).filter(|it| *it != HealthConnection::default()),
            query_test: query_test(report),
            query_details: Some(queries).filter(|it| *it != HealthQueries::default()),
            migration_status: MigrationStatus(found.as_ref().map(|found| found.state)),
            migrations: found.filter(|found| !found.histories.is_empty()),
            response_time_ms: milliseconds(report.duration),
            timestamp: report.checked_at,
            attempts,
            error: failure.as_ref().map(ToString::to_string),
            failure,
        }
    }

    /// The status whose exit code is this one's: what was never asked is unknown and not down.
    pub fn exit_status(&self) -> Status {
        let unasked = self.failure.as_ref().is_some_and(|failure| failure.phase == Some(Phase::Configure));
        match self.status {
            Word::Healthy => Status::Up,
            Word::Degraded => Status::Degraded,
            Word::Unhealthy if unasked => Status::Unknown,
            Word::Unhealthy => Status::Down,
        }
    }
}

/// Migrations that keep an application from working with its database.
fn unmet(found: &Migrations) -> Option<Failure> {
    use MigrationState::{Behind, ChecksumMismatch, Dirty, Diverged, NotFound};
    let compared = found.directory.is_some();
    let is_unmet =
        found.state == Dirty || (compared && matches!(found.state, Behind | ChecksumMismatch | Diverged | NotFound));
    is_unmet.then(|| {
        let failure =
            Failure::new(Class::Threshold, format!("migrations: {}", found.message())).in_phase(Phase::Inspect);
        found.advice().map_or_else(|| failure.clone(), |advice| failure.clone().advise(advice))
    })
}

/// The phases of connecting.
const CONNECTING: [Phase; 4] = [Phase::Resolve, Phase::Tcp, Phase::Tls, Phase::Auth];

fn connection_test(report: &Report) -> ConnectionTest {
    let failed = report.steps.iter().any(|step| {
        // A certificate that ends soon is an expectation that is not met on a session that is open.
        let broken = step.failure().is_some_and(|failure| !failure.class.is_expectation());
        step.phase <= Phase::Auth && broken
    });
    if failed { ConnectionTest::Failed } else { ConnectionTest::Ok }
}

fn query_test(report: &Report) -> QueryTest {
    let asked = [Phase::Ping, Phase::Write, Phase::Read].into_iter().filter_map(|phase| report.step(phase));
    let asked: Vec<_> = asked.filter(|step| step.duration.is_some()).collect();
    let failed = |failure: &Failure| !failure.class.is_expectation();
    match asked.as_slice() {
        [] => QueryTest::NotRun,
        steps if steps.iter().any(|step| step.failure().is_some_and(failed)) => QueryTest::Failed,
        _ => QueryTest::Ok,
    }
}

impl HealthConnection {
    fn new(report: &Report) -> Self {
        let latency = |phase| report.latency(phase).map(milliseconds);
        let phases: Vec<_> = CONNECTING.into_iter().filter_map(|phase| report.latency(phase)).collect();
        let whole = !phases.is_empty() && connection_test(report) == ConnectionTest::Ok;
        let inspection = &report.inspection;
        Self {
            address: report.address.clone(),
            connect_ms: whole.then(|| milliseconds(phases.iter().sum())),
            resolve_ms: latency(Phase::Resolve),
            tcp_ms: latency(Phase::Tcp),
            tls_ms: latency(Phase::Tls),
            auth_ms: latency(Phase::Auth),
            tls: report.tls.clone(),
            server_version: inspection.version.clone(),
            connections: inspection.connections,
            connections_max: inspection.connections_max,
        }
    }
}

impl HealthQueries {
    fn new(report: &Report) -> Self {
        let latency = |phase| report.latency(phase).map(milliseconds);
        Self {
            ping_ms: latency(Phase::Ping),
            write_ms: latency(Phase::Write),
            write_mode: report.step(Phase::Write).and_then(|step| step.proof),
            read_ms: latency(Phase::Read),
        }
    }
}
