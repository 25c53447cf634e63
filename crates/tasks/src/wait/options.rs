//! What is waited for, and how.

use std::time::Duration;

use serde::Serialize;

/// How a [`wait`](crate::wait()) goes. How far each attempt goes is the plan of the [`Database`](crate::Database).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitOptions {
    /// The time for the whole wait. One attempt has at most its plan's time-out, and never more than what is left.
    pub timeout: Duration,
    /// The pause after the first failed attempt, and between successes that are counted. It doubles with every further
    /// failure of the same kind, up to [`WaitOptions::LONGEST_PAUSE`], and is varied by a quarter either way, so that a
    /// hundred containers that start together do not ask together.
    pub interval: Duration,
    /// How many successes in a row on one incarnation of a server make it ready; at least 1.
    pub stable: u32,
    /// Whether every target has to be ready, or one is enough.
    pub wait_for: WaitFor,
    /// Whether a target has to become usable, or to go away.
    pub until: WaitUntil,
    /// Whether a failure that waiting does not help against is waited through all the same.
    pub keep_going: bool,
    /// Whether a server that is reached over a Unix socket and has networking off counts. An image's temporary server,
    /// which is there only while the database is being set up, is such a one.
    pub socket_only: bool,
    /// How many attempts are under way at once.
    pub concurrency: usize,
}

impl WaitOptions {
    /// The time for the whole wait where the user gives none.
    pub const TIMEOUT: Duration = Duration::from_secs(60);
    /// The first pause where the user gives none.
    pub const INTERVAL: Duration = Duration::from_millis(500);
    /// Pauses do not grow beyond this, unless the first is longer already.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(5);
    /// How long a failure that waiting does not help against has to last over a Unix socket before it ends the wait: the
    /// one who answers there may be an image's temporary server, which has not made the user or the database yet.
    pub const SOCKET_PATIENCE: Duration = Duration::from_secs(10);
    /// Successes in a row where the user asks for no other number.
    pub const STABLE: u32 = 2;
}

impl Default for WaitOptions {
    /// Until all are usable twice in a row, within a minute; permanent failures end it.
    fn default() -> Self {
        Self {
            timeout: Self::TIMEOUT,
            interval: Self::INTERVAL,
            stable: Self::STABLE,
            wait_for: WaitFor::All,
            until: WaitUntil::Usable,
            keep_going: false,
            socket_only: false,
            concurrency: 64,
        }
    }
}

/// How many of the targets have to be ready.
// Exhaustive on purpose: it is a flag of the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WaitFor {
    /// Every one, each once: one that was ready is not asked again.
    #[default]
    All,
    /// The first one.
    Any,
}

/// What a target has to become.
// Exhaustive on purpose: it is a flag of the command line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WaitUntil {
    /// Gone: status `down`. One that is still there and refuses us, by its password for example, is not gone.
    Down,
    /// Usable: status `up` at the plan's level. One that is `degraded` is not.
    #[default]
    Usable,
}
