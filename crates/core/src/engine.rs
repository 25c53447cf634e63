//! The descriptor by which an engine enters a registry.

use std::sync::Arc;

use crate::driver::Driver;
use crate::dsn::{Dsn, DsnError};

/// Something that an engine can do beyond connecting and answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Asks the server to stop a step at its deadline.
    Cancel,
    /// Counts connections against the server's limit.
    Connections,
    /// Keeps a key per prober, which expires by itself.
    HealthKey,
    /// Keeps a row per prober in a health table.
    HealthTable,
    /// Runs the user's own queries.
    Query,
    /// Tells primaries from replicas.
    Role,
    /// Speaks TLS and reads the certificate.
    Tls,
    /// Proves a write without a table.
    WriteWithoutTable,
}

impl Capability {
    /// The words that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Connections => "connections",
            Self::HealthKey => "health key",
            Self::HealthTable => "health table",
            Self::Query => "query",
            Self::Role => "role",
            Self::Tls => "tls",
            Self::WriteWithoutTable => "write without table",
        }
    }
}

/// An engine: its name, its schemes, its abilities, and how to configure it from a DSN.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    /// The name that users see, and the feature that turns it on.
    pub name: &'static str,
    /// The DSN schemes it answers to, in lower case; the first is the usual one.
    pub schemes: &'static [&'static str],
    /// What it can do beyond connecting and answering.
    pub capabilities: &'static [Capability],
    /// Reads a DSN. Nothing is sent, and no file is read that the DSN names.
    pub open: fn(&Dsn) -> Result<Arc<dyn Driver>, DsnError>,
}
