//! Why a check failed: what may be shown of it.

use std::any::Any;
use std::time::Duration;

use serde::Serialize;

use super::class::{INTERNAL, QUERY, THRESHOLD, TIMEOUT, of_code};
use crate::code::error_code;

/// Why a check failed. It never holds an error's text, which may name hosts, roles and statements.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Failure {
    /// What was under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<Phase>,
    class: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The time from the check's beginning to its failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_seconds: Option<f64>,
}

/// The parts of a check on a connection of a pool.
// Exhaustive on purpose: one waits, then one asks.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    /// Waiting until the pool hands out a connection.
    Acquire,
    /// Asking on it.
    Query,
}

impl Failure {
    /// What is known of an error without reading its text.
    pub(super) fn of(error: &dyn Any) -> Self {
        let code = error_code(error).map(String::from);
        Self { class: code.as_deref().map_or(QUERY, of_code), code, ..Self::internal() }
    }

    /// The check panicked, or could not be run at all.
    pub(super) fn internal() -> Self {
        Self { phase: None, class: INTERNAL, code: None, after_seconds: None }
    }

    /// A limit is exceeded.
    pub(super) fn threshold() -> Self {
        Self { class: THRESHOLD, ..Self::internal() }
    }

    /// It did not end in time.
    pub(super) fn timeout() -> Self {
        Self { class: TIMEOUT, ..Self::internal() }
    }

    pub(super) fn in_phase(self, phase: Phase) -> Self {
        Self { phase: Some(phase), ..self }
    }

    pub(super) fn after(self, time: Duration) -> Self {
        Self { after_seconds: Some(time.as_secs_f64()), ..self }
    }
}
