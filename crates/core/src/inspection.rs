//! Facts about a server.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::role::Role;

/// What an engine found out about its server. What it could not find out is `None`, never 0.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Inspection {
    /// The server's version as it says it, without its product name.
    pub version: Option<String>,
    /// Whether it takes writes or follows another server.
    pub role: Option<Role>,
    /// Whether this session cannot write.
    pub read_only: Option<bool>,
    /// When the server started: two answers with different times come from two incarnations.
    pub started_at: Option<Timestamp>,
    /// What this run of the server calls itself, where it has a word for that: two answers with different words come from
    /// two incarnations, even of one second. It is for comparisons only, and in no report.
    pub incarnation: Option<String>,
    /// Client connections now open, this one included.
    pub connections: Option<u64>,
    /// Client connections that an ordinary role can have at most.
    pub connections_max: Option<u64>,
    /// Size of the database.
    pub size_bytes: Option<u64>,
    /// How far a replica is behind.
    pub replication_lag: Option<Duration>,
    /// Facts that only this engine has, such as a journal mode.
    pub facts: BTreeMap<String, String>,
}

/// What a ping learned on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pong {
    /// Whether the server takes writes or follows another one, where it tells.
    pub role: Option<Role>,
    /// Whether this session cannot write, so that no write is tried.
    pub read_only: bool,
}

impl Pong {
    /// An answer that tells nothing more.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the server's role.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// With whether the session cannot write.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }
}
