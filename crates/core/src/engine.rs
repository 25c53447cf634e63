//! The descriptor by which an engine enters a registry.

use std::sync::Arc;

use crate::driver::Driver;
use crate::dsn::{Dsn, DsnError};
use crate::knowledge::Knowledge;

/// Something that an engine can do beyond connecting and answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Lists the server's client connections by user, application and state.
    Activity,
    /// Asks the server to stop a step at its deadline.
    Cancel,
    /// Counts connections against the server's limit.
    Connections,
    /// Keeps a key per prober, which expires by itself.
    HealthKey,
    /// Keeps a row per prober in a health table.
    HealthTable,
    /// Looks up tables, extensions and settings.
    Lookup,
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
            Self::Activity => "activity",
            Self::Cancel => "cancel",
            Self::Connections => "connections",
            Self::HealthKey => "health key",
            Self::HealthTable => "health table",
            Self::Lookup => "lookup",
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
    /// What is known about its codes: exact ones stand above the families that they belong to.
    pub knowledge: &'static [Knowledge],
    /// Reads a DSN. Nothing is sent, and no file is read that the DSN names.
    pub open: fn(&Dsn) -> Result<Arc<dyn Driver>, DsnError>,
}

impl Engine {
    /// What is known about `code`, if anything is: the first row that fits counts; see [`Knowledge::find`].
    ///
    /// What comes from the network and not from the engine's server stands in the network's own table, which is asked
    /// second: `dbprobe_net::KNOWLEDGE`.
    pub fn explain(&self, code: &str) -> Option<&'static Knowledge> {
        Knowledge::find(self.knowledge, code)
    }
}
