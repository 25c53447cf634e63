//! One step of a report.

use std::time::Duration;

use crate::failure::Failure;
use crate::phase::Phase;
use crate::write::WriteProof;

/// How a step ended.
// Exhaustive on purpose: a step passes, fails or is left out.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed, and why.
    Failed(Failure),
    /// It was not taken, and why: a few words, `read_only` for a session that cannot write.
    Skipped(String),
}

/// One step of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which step.
    pub phase: Phase,
    /// How it ended.
    pub outcome: Outcome,
    /// When it began, from the beginning of the probe; `None` for one that was not taken.
    pub start: Option<Duration>,
    /// How long it took; `None` for one that was not taken.
    pub duration: Option<Duration>,
    /// What proved a write, or what a read read.
    pub proof: Option<WriteProof>,
}

impl Step {
    /// A step that was not taken.
    pub fn skipped(phase: Phase, reason: impl Into<String>) -> Self {
        Self { phase, outcome: Outcome::Skipped(reason.into()), start: None, duration: None, proof: None }
    }

    /// Why it failed, if it did.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Failed(failure) => Some(failure),
            Outcome::Passed | Outcome::Skipped(_) => None,
        }
    }

    /// Whether it passed.
    pub fn passed(&self) -> bool {
        matches!(self.outcome, Outcome::Passed)
    }

    /// The word that users see.
    pub fn outcome_word(&self) -> &'static str {
        match self.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed(_) => "failed",
            Outcome::Skipped(_) => "skipped",
        }
    }
}

/// A host that was tried before the one that the report is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Where: `host:port` or a socket's path.
    pub endpoint: String,
    /// Why it was given up.
    pub failure: Failure,
    /// How long it took.
    pub duration: Duration,
}
