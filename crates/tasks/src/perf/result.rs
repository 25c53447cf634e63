//! What a run found out.

use std::collections::BTreeMap;

use dbprobe_core::{Failure, Phase, Role};
use jiff::Timestamp;
use serde::Serialize;

use super::baseline::PerfComparison;
use super::distribution::Distribution;
use super::measurement::Measurement;
use super::rating::Rating;

/// How fast a database answers. What is not known is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Perf {
    /// Always `dbprobe.perf/v1`.
    pub schema: &'static str,
    /// The target's name.
    pub database_name: String,
    /// The engine's name; absent where the DSN chose none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<&'static str>,
    /// The server's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// What the server says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// When the run began (RFC 3339, UTC).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub timestamp: Timestamp,
    /// How long the whole run took, in milliseconds.
    pub duration_ms: f64,
    /// What was asked for.
    pub settings: PerfSettings,
    /// Connecting, and a round trip on an open session.
    pub connection_metrics: ConnectionMetrics,
    /// The write, the read and each query of the user's, by name.
    pub query_performance: BTreeMap<String, Measurement>,
    /// What several sessions gain over one, and a kept one over a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool_efficiency: Option<PoolEfficiency>,
    /// The word for it all.
    pub overall_assessment: PerfAssessment,
    /// How it compares with an earlier run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<PerfComparison>,
    /// What to know before the figures are used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why nothing could be measured, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The same with its class, code and advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PerfSettings {
    /// Runs of each operation before it is measured.
    pub warm_up: u32,
    /// Measured runs of each operation, at most.
    pub iterations: u32,
    /// The end of the whole run, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// Sessions over which the queries and the pool are measured.
    pub concurrency: u32,
    /// The time-out of each operation, in milliseconds.
    pub timeout_ms: f64,
    /// Whether a query of the user's may change anything.
    pub allow_writes: bool,
}

/// Connecting, and a round trip on an open session. Measured over one session at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConnectionMetrics {
    /// From the first look-up to the end of the login; the goodbye is not part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<Measurement>,
    /// The phases of it that the engine can tell apart: `resolve`, `tcp`, `tls`, `auth`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub phases: BTreeMap<Phase, Distribution>,
    /// One round trip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping: Option<Measurement>,
}

/// What several sessions gain over one, and a kept session over a new one: what a pool is for. Only what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolEfficiency {
    /// The operation that it is about.
    pub operation: &'static str,
    /// How many sessions there were.
    pub concurrency: u32,
    /// How many a second one session carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_per_second: Option<f64>,
    /// How many a second all sessions together carried out; only with more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
    /// `per_second / single_per_second`: at best the number of sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling_ratio: Option<f64>,
    /// The median of connecting and of the operation, in milliseconds: what it takes without a pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_connect_ms: Option<f64>,
    /// The median of the operation on an open session, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_session_ms: Option<f64>,
    /// Which share of the time a kept session saves, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saving_percent: Option<f64>,
    /// The operation over all sessions; only with more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measurement: Option<Measurement>,
}

/// The word for a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PerfAssessment {
    /// How fast it is, by `avg_query_time_ms`; absent where nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance_rating: Option<Rating>,
    /// The mean time of all that `rated_by` names, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avg_query_time_ms: Option<f64>,
    /// What counts: the user's queries; without any the read, without one the ping, without one connecting. Nothing, where
    /// that has failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rated_by: Vec<String>,
    /// Below it is excellent, in milliseconds.
    pub excellent_below_ms: f64,
    /// Below it is good, in milliseconds.
    pub good_below_ms: f64,
    /// Below it is fair, in milliseconds; all else is poor.
    pub fair_below_ms: f64,
    /// Failures over all operations.
    pub errors: u64,
    /// What the measuring itself costs, in microseconds: the median of the same loop round an operation that does
    /// nothing, in the same run. It is part of every time and never subtracted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overhead_us: Option<f64>,
}

impl Perf {
    /// Every operation, by name: `connect` and `ping` first.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &Measurement)> {
        let connection = &self.connection_metrics;
        let own = [("connect", connection.connect.as_ref()), ("ping", connection.ping.as_ref())];
        let own = own.into_iter().filter_map(|(name, measurement)| Some((name, measurement?)));
        own.chain(self.query_performance.iter().map(|(name, measurement)| (name.as_str(), measurement)))
    }

    /// Whether anything was measured.
    pub fn is_measured(&self) -> bool {
        self.operations().any(|(_, measurement)| measurement.distribution.n > 0)
    }

    /// The operations that were tried and never succeeded.
    pub fn failed(&self) -> Vec<&str> {
        self.operations().filter(|(_, measurement)| measurement.failed()).map(|(name, _)| name).collect()
    }
}
