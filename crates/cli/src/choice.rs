//! The words that options take, and what they mean.

use clap::ValueEnum;
use dbprobe::{ExpectedRole, Level, WriteMode};

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: a picture on a terminal, one line a fact when piped
    Text,
    /// One object; an array for more than one target
    Json,
    /// One object a line, as the targets finish
    Ndjson,
    /// One line for Nagios, Icinga and the like, the worst target first
    Nagios,
    /// XML for CI servers: a suite a target, a case a phase
    Junit,
    /// Metrics for the textfile collector
    Prometheus,
}

impl Format {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Nagios => "nagios",
            Self::Junit => "junit",
            Self::Prometheus => "prometheus",
        }
    }
}

/// How much text there is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Only what is not up, one line each.
    Quiet,
    Usual,
    Verbose,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LevelChoice {
    /// Resolve and connect; nothing is said
    Tcp,
    /// Log in
    Auth,
    /// One round trip
    Ping,
    /// Read and inspect
    Read,
    /// Write, read back and inspect
    Write,
}

impl From<LevelChoice> for Level {
    fn from(choice: LevelChoice) -> Self {
        match choice {
            LevelChoice::Tcp => Self::Tcp,
            LevelChoice::Auth => Self::Auth,
            LevelChoice::Ping => Self::Ping,
            LevelChoice::Read => Self::Read,
            LevelChoice::Write => Self::Write,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum WriteChoice {
    /// By the health table where it exists, else without one
    Auto,
    /// By this prober's row in the health table
    Table,
    /// Without a table, by what leaves nothing behind
    Rollback,
    /// Not at all
    None,
}

impl From<WriteChoice> for WriteMode {
    fn from(choice: WriteChoice) -> Self {
        match choice {
            WriteChoice::Auto => Self::Auto,
            WriteChoice::Table => Self::Table,
            WriteChoice::Rollback => Self::Rollback,
            WriteChoice::None => Self::None,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleChoice {
    /// Either is fine
    Any,
    /// It takes writes
    Primary,
    /// It follows a primary
    Replica,
}

impl From<RoleChoice> for ExpectedRole {
    fn from(choice: RoleChoice) -> Self {
        match choice {
            RoleChoice::Any => Self::Any,
            RoleChoice::Primary => Self::Primary,
            RoleChoice::Replica => Self::Replica,
        }
    }
}
