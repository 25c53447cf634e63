//! A user's own query, with caps, and its answer.

use std::time::Duration;

/// Whether a user's query may change anything.
// Exhaustive on purpose: there is no third way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// It runs in a read-only transaction that is rolled back.
    #[default]
    ReadOnly,
    /// It runs as it is.
    ReadWrite,
}

/// One statement of the user's, with the caps under which it runs.
#[derive(Clone, Debug)]
pub struct Query {
    /// Exactly one statement.
    pub sql: String,
    /// What it may do.
    pub access: Access,
    /// Rows kept at the most; the rest is not read.
    pub max_rows: usize,
    /// Bytes of values kept at the most; the rest is not read.
    pub max_bytes: usize,
}

impl Query {
    /// A read-only query with caps of 1,000 rows and 1 MiB.
    pub fn read_only(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), access: Access::ReadOnly, max_rows: 1_000, max_bytes: 1 << 20 }
    }
}

/// One value of an answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A span of time.
    Duration(Duration),
    /// A number with a fraction, or a decimal rounded to the nearest `f64`.
    Float(f64),
    /// A whole number.
    Integer(i64),
    /// NULL.
    Null,
    /// Anything else, as text.
    Text(String),
}

impl Value {
    /// Bytes that count against [`Query::max_bytes`].
    pub fn size(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Text(text) => text.len(),
            Self::Duration(_) | Self::Float(_) | Self::Integer(_) => 8,
        }
    }
}

/// The answer to a [`Query`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
    /// Whether a cap left rows out.
    pub truncated: bool,
}
