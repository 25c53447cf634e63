//! How a wait ended.

use dbprobe_core::Failure;
use jiff::Timestamp;
use serde::Serialize;

use super::options::{WaitFor, WaitUntil};

/// How a [`wait`](crate::wait()) ended: `dbprobe.wait/v1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Wait {
    /// Always `dbprobe.wait/v1`.
    pub schema: &'static str,
    /// How it ended.
    pub outcome: WaitOutcome,
    /// Whether every target had to be ready, or one was enough.
    pub wait_for: WaitFor,
    /// What the targets had to become.
    pub until: WaitUntil,
    /// How many attempts in a row had to agree.
    pub stable: u32,
    /// The time that the whole wait had, in milliseconds.
    pub timeout_ms: f64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: f64,
    /// When it ended (RFC 3339, UTC).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub timestamp: Timestamp,
    /// Every target, in the order given.
    pub targets: Vec<Waited>,
}

/// How a wait ended.
// Exhaustive on purpose: exit codes are built on these four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitOutcome {
    /// A failure that waiting does not help against.
    Failed,
    /// The interrupt of a plan was fired.
    Interrupted,
    /// What was waited for has come.
    Ready,
    /// It has not come in time.
    TimedOut,
}

impl WaitOutcome {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Ready => "ready",
            Self::TimedOut => "timed_out",
        }
    }
}

/// One target at the end of a wait.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Waited {
    /// The target's name.
    pub target: String,
    /// The engine's name; absent where the DSN chose none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<&'static str>,
    /// What became of it.
    pub state: WaitState,
    /// How often it was asked.
    pub attempts: u32,
    /// How many of the last attempts count towards being ready.
    pub in_a_row: u32,
    /// How long it was waited for, in milliseconds.
    pub elapsed_ms: f64,
    /// The server that answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<WaitServer>,
    /// Why it is not ready, as the last attempt found that had its whole time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// What became of a target.
// Exhaustive on purpose: a target is waited for until one of two things happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WaitState {
    /// A failure that waiting does not help against.
    Failed,
    /// It became what was waited for.
    Ready,
    /// Neither.
    Waiting,
}

impl WaitState {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Ready => "ready",
            Self::Waiting => "waiting",
        }
    }
}

/// The server that answered. What it does not tell is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaitServer {
    /// Which address answered: `ip:port` or a socket's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it started (RFC 3339, UTC): two answers with different times come from two incarnations.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub started_at: Option<Timestamp>,
    /// What this run of it calls itself, such as Redis' `run_id`: it tells incarnations apart that started in one second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incarnation: Option<String>,
}

/// One target after one attempt, for whoever watches a wait.
#[derive(Clone, Copy, Debug)]
pub struct WaitProgress<'a> {
    /// The place of the target among those given.
    pub index: usize,
    /// The target's name.
    pub target: &'a str,
    /// What has become of it.
    pub state: WaitState,
    /// How often it was asked.
    pub attempts: u32,
    /// How many of the last attempts count towards being ready.
    pub in_a_row: u32,
    /// How many it takes.
    pub stable: u32,
    /// Why it is not ready; `None` where the attempt counts.
    pub failure: Option<&'a Failure>,
    /// Whether the reason is another one than after the attempt before: another phase or class.
    pub changed: bool,
}
