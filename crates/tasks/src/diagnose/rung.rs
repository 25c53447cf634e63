//! The rungs of the ladder, and what is found at each.

use std::fmt;
use std::time::Duration;

use dbprobe_core::milliseconds;
use serde::Serialize;

/// A rung of the ladder that a diagnosis climbs, from the configuration to the capacity. Each needs those before it.
// Exhaustive on purpose: the words are a promise of the schema. `Ord` goes upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// The DSN, and everything it refers to, can be read.
    Configure,
    /// The host's name has addresses.
    Resolve,
    /// The transport: somebody listens there.
    Tcp,
    /// TLS, and the server's certificate.
    Tls,
    /// The login.
    Auth,
    /// What is asked for is there and answers: the database, the file, the health table, the page.
    Database,
    /// The user may do what is asked.
    Privileges,
    /// It can be read.
    Read,
    /// It can be written.
    Write,
    /// It is the primary or the replica that it should be.
    Role,
    /// It is far enough from its limits.
    Capacity,
}

impl Rung {
    /// Every rung, from the lowest to the highest.
    pub const ALL: [Self; 11] = [
        Self::Configure,
        Self::Resolve,
        Self::Tcp,
        Self::Tls,
        Self::Auth,
        Self::Database,
        Self::Privileges,
        Self::Read,
        Self::Write,
        Self::Role,
        Self::Capacity,
    ];

    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Resolve => "resolve",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Database => "database",
            Self::Privileges => "privileges",
            Self::Read => "read",
            Self::Write => "write",
            Self::Role => "role",
            Self::Capacity => "capacity",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a rung held.
// Exhaustive on purpose, as `Rung` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RungOutcome {
    /// It holds.
    Passed,
    /// It was not stepped on; see [`RungResult::reason`].
    Skipped,
    /// It holds, but something there is suspicious or close to a limit.
    Warning,
    /// It broke.
    Failed,
}

impl RungOutcome {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// What it is about, in snake case: `address`, `issuer`, `free_space`.
    pub fact: String,
    /// What was seen, in a few words.
    pub value: String,
}

impl Evidence {
    pub(crate) fn new(fact: impl Into<String>, value: impl Into<String>) -> Self {
        Self { fact: fact.into(), value: value.into() }
    }
}

/// One rung, and what was seen there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RungResult {
    /// Which rung.
    pub rung: Rung,
    /// How it held.
    pub outcome: RungOutcome,
    /// How long it took, in milliseconds, where that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// Why it was skipped or failed, or what there is to say of a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was seen there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub evidence: Vec<Evidence>,
}

impl RungResult {
    pub(crate) fn new(rung: Rung, outcome: RungOutcome) -> Self {
        Self { rung, outcome, duration_ms: None, reason: None, evidence: Vec::new() }
    }

    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    pub(crate) fn took(mut self, duration: Option<Duration>) -> Self {
        self.duration_ms = duration.map(milliseconds);
        self
    }
}
