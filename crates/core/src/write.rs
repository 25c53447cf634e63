//! Proofs that a write works.

use std::fmt;

use crate::nonce::Nonce;
use crate::prober::Prober;

/// How the user wants a write to be proven.
// Exhaustive on purpose: it is the value list of `--write`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WriteMode {
    /// By the health table where it exists, else without one.
    #[default]
    Auto,
    /// By this prober's row in the health table.
    Table,
    /// Without a table: by what the engine has that leaves nothing behind.
    Rollback,
    /// Not at all.
    None,
}

/// What proved a write. It is the `mode` of a report's write and read steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum WriteProof {
    /// A key of this prober's own that expires (Redis).
    Key,
    /// A committed message in the log of transactions (PostgreSQL), which leaves no row.
    Message,
    /// A transaction that was rolled back: it does not prove that a commit works.
    Rollback,
    /// This prober's row in the health table, committed.
    Table,
    /// A temporary table: it does not prove that permanent ones can be written.
    Temporary,
}

impl WriteProof {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Message => "message",
            Self::Rollback => "rollback",
            Self::Table => "table",
            Self::Temporary => "temporary",
        }
    }
}

impl fmt::Display for WriteProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a session is asked to write.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    /// The value to leave.
    pub nonce: Nonce,
    /// How the write is to be proven; never [`WriteMode::None`].
    pub mode: WriteMode,
    /// Whether a missing health table is created first.
    pub create_health_table: bool,
    /// Whose row it is.
    pub prober: Prober,
}

/// What was written, for the read that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What proved the write.
    pub proof: WriteProof,
    /// What was left.
    pub nonce: Nonce,
    /// Whose row it is.
    pub prober: Prober,
    /// What the engine needs to find it again: a row's sequence, a transaction's number.
    pub token: String,
}

impl Written {
    /// `request` was carried out, proven by `proof`; `token` is for the engine's own read.
    pub fn new(request: &WriteRequest, proof: WriteProof, token: impl Into<String>) -> Self {
        Self { proof, nonce: request.nonce.clone(), prober: request.prober.clone(), token: token.into() }
    }
}
