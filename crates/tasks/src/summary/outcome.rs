//! How many databases are.

use dbprobe_core::{Failure, Role, Status};
use jiff::Timestamp;
use serde::Serialize;

use super::options::SummaryThresholds;
use crate::word::Word;

/// How many databases are: `dbprobe.summary/v1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// Always `dbprobe.summary/v1`.
    pub schema: &'static str,
    /// The worst of all; `unhealthy` where there are none, since nothing is known.
    pub overall_status: Word,
    /// How many there are of each.
    pub status_breakdown: StatusBreakdown,
    /// Every database, in the order given.
    pub databases: Vec<DatabaseSummary>,
    /// Failures that have one cause, where there is more than one of them.
    pub groups: Vec<FailureGroup>,
    /// What is wrong, the most important first; what has one cause is one alert.
    pub alerts: Vec<Alert>,
    /// What to do next, the most important first, and what is close to a limit.
    pub recommendations: Vec<String>,
    /// The limits where a target has none of its own.
    pub thresholds: SummaryThresholds,
    /// When it began (RFC 3339, UTC).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub timestamp: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
}

impl Summary {
    /// The worst status of all; `unknown` where there are no databases.
    pub fn worst(&self) -> Status {
        worst(&self.databases)
    }
}

/// The worst status of all; `unknown` where there are none.
pub(super) fn worst(databases: &[DatabaseSummary]) -> Status {
    databases.iter().map(|database| database.check_status).max().unwrap_or(Status::Unknown)
}

/// How many databases there are of each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusBreakdown {
    /// Every step passed, and no limit is exceeded.
    pub healthy: usize,
    /// They answer, but something failed or a limit is exceeded.
    pub degraded: usize,
    /// They do not answer, or were never asked.
    pub unhealthy: usize,
}

/// One database.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DatabaseSummary {
    /// The target's name.
    pub database_name: String,
    /// The engine's name; absent where the DSN chose none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<&'static str>,
    /// How it is.
    pub status: Word,
    /// The same in the word of `check`, which tells a database that is down from one that was never asked.
    pub check_status: Status,
    /// What the server says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The server's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How long the whole probe took, in milliseconds, where it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_ms: Option<f64>,
    /// How much of the server's connections is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolUse>,
    /// How often it was probed.
    pub attempts: u32,
    /// The limits of this target.
    pub thresholds: SummaryThresholds,
    /// The failure that decides the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// How much of a server's connections is in use.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolUse {
    /// Client connections now open.
    pub in_use: u64,
    /// Client connections that an ordinary role can have.
    pub limit: u64,
    /// The share of the two, in percent.
    pub utilization_percent: f64,
}

/// Failures that have one cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FailureGroup {
    /// What they share.
    pub kind: CauseKind,
    /// The cause: a fact in lower case, without a full stop.
    pub cause: String,
    /// The databases, in the order given.
    pub members: Vec<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// What several failures share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CauseKind {
    /// A certificate, or the authority behind several.
    Certificate,
    /// A mistake of the configuration.
    Configuration,
    /// A user, whose password several servers refuse.
    Credentials,
    /// A host that does not answer, or refuses.
    Host,
    /// A host name without an address.
    Name,
    /// The name servers.
    Resolver,
    /// A server behind several databases.
    Server,
}

impl CauseKind {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Configuration => "configuration",
            Self::Credentials => "credentials",
            Self::Host => "host",
            Self::Name => "name",
            Self::Resolver => "resolver",
            Self::Server => "server",
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alert {
    /// How bad it is.
    pub severity: Severity,
    /// What kind it is.
    pub kind: AlertKind,
    /// The database, where it is one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Every database that it is about.
    pub databases: Vec<String>,
    /// The fact.
    pub message: String,
    /// What was found, in the unit of `threshold`. Absent where no limit is in question, as with a wrong password, which is
    /// an alert at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The limit: milliseconds for `response_time`, percent for `pool_utilization`, connects in a row for
    /// `connection_failure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// What to do next; the recommendations have it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// How bad an alert is. `Ord` goes from bad to worse.
// Exhaustive on purpose: a summary knows these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It answers, but something failed or a limit is exceeded.
    Warning,
    /// It does not answer, or was never asked.
    Critical,
}

impl Severity {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What kind an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertKind {
    /// It was never asked: its DSN or its configuration is wrong.
    Configuration,
    /// Connecting or logging in failed.
    ConnectionFailure,
    /// A later step failed.
    Failure,
    /// Too many of the server's connections are in use.
    PoolUtilization,
    /// The whole probe took too long.
    ResponseTime,
    /// Another limit of the target is exceeded, or its role is not the one expected.
    Threshold,
}

impl AlertKind {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::ConnectionFailure => "connection_failure",
            Self::Failure => "failure",
            Self::PoolUtilization => "pool_utilization",
            Self::ResponseTime => "response_time",
            Self::Threshold => "threshold",
        }
    }
}
