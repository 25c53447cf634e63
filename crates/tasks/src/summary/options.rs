//! What a summary alerts on.

use std::time::Duration;

use dbprobe_core::{Plan, milliseconds};
use serde::Serialize;

/// What a [`summary`](crate::summary()) alerts on, and how many targets it asks at once.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryOptions {
    /// A probe that takes longer is an alert. `None`: the target's own limit, else [`SummaryOptions::RESPONSE_TIME`].
    pub response_time: Option<Duration>,
    /// A larger share of the usable connections in use, from 0 to 1, is an alert. `None`: the target's own limit, else
    /// [`SummaryOptions::POOL_UTILIZATION`].
    pub pool_utilization: Option<f64>,
    /// So many connects in a row have to fail before it is an alert; at least 1. A failure that waiting does not help
    /// against is not repeated: asking again with a wrong password locks accounts.
    pub connection_failures: u32,
    /// How many targets are asked at once.
    pub concurrency: usize,
}

impl SummaryOptions {
    /// As the operational design has it.
    pub const RESPONSE_TIME: Duration = Duration::from_millis(1_000);
    /// As the operational design has it.
    pub const POOL_UTILIZATION: f64 = 0.8;

    /// The limits for the target of `plan`.
    pub(super) fn limits(&self, plan: &Plan) -> Limits {
        let own = &plan.thresholds;
        Limits {
            response_time: self.response_time.or(own.response).unwrap_or(Self::RESPONSE_TIME),
            pool_utilization: self.pool_utilization.or(own.connections).unwrap_or(Self::POOL_UTILIZATION),
        }
    }

    pub(super) fn thresholds(&self, limits: Limits) -> SummaryThresholds {
        SummaryThresholds {
            response_time_ms: milliseconds(limits.response_time),
            pool_utilization_percent: limits.pool_utilization * 100.0,
            connection_failure_threshold: self.connection_failures.max(1),
        }
    }
}

impl Default for SummaryOptions {
    /// The targets' own limits, an alert at the first failed connect, 64 targets at once.
    fn default() -> Self {
        Self { response_time: None, pool_utilization: None, connection_failures: 1, concurrency: 64 }
    }
}

/// The limits of one target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) response_time: Duration,
    pub(super) pool_utilization: f64,
}

/// The limits beyond which there is an alert.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SummaryThresholds {
    /// For the whole probe, in milliseconds.
    pub response_time_ms: f64,
    /// Share of the usable connections that may be in use.
    pub pool_utilization_percent: f64,
    /// So many connects in a row have to fail.
    pub connection_failure_threshold: u32,
}
