//! What one probe is to do, and what is expected of its result.

use std::time::Duration;

use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::prober::Prober;
use crate::role::ExpectedRole;
use crate::write::WriteMode;

/// How far a probe goes. `Ord` goes from shallow to deep.
// Exhaustive on purpose: it is the value list of `--level`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Resolve and connect; nothing is said.
    Tcp,
    /// Log in.
    Auth,
    /// One round trip.
    Ping,
    /// Read and inspect.
    Read,
    /// Write, read back and inspect.
    #[default]
    Write,
}

/// Limits of the user's; exceeding one makes a working target `degraded`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// For the ping step.
    pub ping: Option<Duration>,
    /// For the write step.
    pub write: Option<Duration>,
    /// For the read step.
    pub read: Option<Duration>,
    /// For the whole probe.
    pub response: Option<Duration>,
    /// Share of the usable connections that may be in use, from 0 to 1.
    pub connections: Option<f64>,
    /// How far a replica may be behind.
    pub replication_lag: Option<Duration>,
    /// How long the server's certificate must still be valid.
    pub certificate: Option<Duration>,
}

/// What one probe is to do, and what is expected of its result.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The whole probe of one target, from the first look-up to the last answer.
    pub timeout: Duration,
    /// How far the probe goes.
    pub level: Level,
    /// How a write is proven.
    pub write: WriteMode,
    /// Whether a missing health table is created.
    pub create_health_table: bool,
    /// Whose row in the health table it is.
    pub prober: Prober,
    /// Which role the server must have.
    pub expect_role: ExpectedRole,
    /// Limits that make a working target `degraded`.
    pub thresholds: Thresholds,
    /// What is known from elsewhere to be wrong with the target, such as a query's value beyond its limit: it makes a
    /// working target `degraded`.
    pub concerns: Vec<Failure>,
    /// Ends the probe before its time once it is fired; a default one never is.
    pub interrupt: Interrupt,
}

impl Plan {
    /// The time-out where the user gives none: below Prometheus' default scrape time-out of 10 s.
    pub const TIMEOUT: Duration = Duration::from_secs(5);
}

impl Default for Plan {
    /// Everything, within [`Plan::TIMEOUT`], in the name of this host.
    fn default() -> Self {
        Self {
            timeout: Self::TIMEOUT,
            level: Level::default(),
            write: WriteMode::default(),
            create_health_table: false,
            prober: Prober::of_this_host(),
            expect_role: ExpectedRole::default(),
            thresholds: Thresholds::default(),
            concerns: Vec::new(),
            interrupt: Interrupt::default(),
        }
    }
}
