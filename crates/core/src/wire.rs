//! The shape of `dbprobe.report/v1`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::class::Class;
use crate::failure;
use crate::inspection::Inspection;
use crate::phase::Phase;
use crate::report;
use crate::role::Role;
use crate::status::Status;
use crate::step;
use crate::tls::Tls;
use crate::write::WriteProof;

/// The name and version of this shape.
pub(crate) const SCHEMA: &str = "dbprobe.report/v1";

/// The result of probing one target.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename = "Report")]
pub(crate) struct Report {
    /// Always `dbprobe.report/v1`.
    schema: String,
    /// The target's name.
    target: String,
    /// The engine's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
    /// What the server says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// The one word for the target.
    status: Status,
    /// When the probe began (RFC 3339, UTC).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    checked_at: Timestamp,
    /// How long the whole probe took, in milliseconds.
    duration_ms: f64,
    /// What was learned about the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server: Option<Server>,
    /// What was done, in time order.
    steps: Vec<Step>,
    /// Hosts that were tried in vain before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<Attempt>,
    /// The flat map of figures.
    metrics: BTreeMap<String, Figure>,
    /// What the TLS handshake told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<Tls>,
    /// The failure that decides the status, repeated for convenience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// A number that is written without a fraction where it has none: `1`, not `1.0`.
#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Figure(f64);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number within range")]
        let whole = self.0 as i64;
        // 2^53: beyond, an `f64` has no fraction to leave out.
        if self.0.fract() == 0.0 && self.0.abs() < 9_007_199_254_740_992.0 {
            return serializer.serialize_i64(whole);
        }
        serializer.serialize_f64(self.0)
    }
}

/// What was learned about the server.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Server {
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Whether it takes writes or follows another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// Whether the session cannot write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read_only: Option<bool>,
    /// When it started (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    started_at: Option<Timestamp>,
    /// Which address answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Client connections now open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connections: Option<u64>,
    /// Client connections that an ordinary role can have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connections_max: Option<u64>,
    /// Size of the database in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    /// How far a replica is behind, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replication_lag_seconds: Option<f64>,
    /// Facts that only this engine has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    facts: BTreeMap<String, String>,
}

/// One step.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Step {
    /// Which step.
    phase: Phase,
    /// How it ended.
    outcome: Outcome,
    /// When it began, in milliseconds from the beginning of the probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_ms: Option<f64>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    /// What proved a write, or what was read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<WriteProof>,
    /// Why it was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// How a step ended.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// Why something failed.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct Failure {
    /// In which phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phase: Option<Phase>,
    /// What kind it is.
    class: Class,
    /// The server's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The fact.
    message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    /// Whether waiting will not help.
    permanent: bool,
}

impl Serialize for failure::Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Failure::from(self.clone()).serialize(serializer)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for failure::Failure {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Failure::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Failure::json_schema(generator)
    }
}

/// A host that was tried in vain.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Attempt {
    /// Where.
    endpoint: String,
    /// How long it took, in milliseconds.
    duration_ms: f64,
    /// Why it was given up.
    failure: Failure,
}

impl Serialize for report::Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Report::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for report::Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Report::deserialize(deserializer).map(Self::from)
    }
}

impl From<report::Report> for Report {
    fn from(report: report::Report) -> Self {
        let server = Server::new(report.address.clone(), &report.inspection);
        Self {
            schema: SCHEMA.to_owned(),
            status: report.status(),
            metrics: report.metrics().into_iter().map(|(name, value)| (name.to_owned(), Figure(value))).collect(),
            failure: report.failure().cloned().map(Failure::from),
            role: report.role(),
            target: report.target,
            engine: report.engine,
            checked_at: report.checked_at,
            duration_ms: report::milliseconds(report.duration),
            server: (server != Server::default()).then_some(server),
            steps: report.steps.into_iter().map(Step::from).collect(),
            attempts: report.attempts.into_iter().map(Attempt::from).collect(),
            tls: report.tls,
        }
    }
}

/// What is derived (status, metrics, the repeated failure) is not taken over: it follows from the steps again.
impl From<Report> for report::Report {
    fn from(wire: Report) -> Self {
        let (address, inspection) = wire.server.map(Server::into_parts).unwrap_or_default();
        Self {
            target: wire.target,
            engine: wire.engine,
            checked_at: wire.checked_at,
            duration: duration(wire.duration_ms),
            steps: wire.steps.into_iter().map(step::Step::from).collect(),
            attempts: wire.attempts.into_iter().map(step::Attempt::from).collect(),
            address,
            inspection,
            tls: wire.tls,
        }
    }
}

impl Server {
    fn new(address: Option<String>, inspection: &Inspection) -> Self {
        Self {
            version: inspection.version.clone(),
            role: inspection.role,
            read_only: inspection.read_only,
            started_at: inspection.started_at,
            address,
            connections: inspection.connections,
            connections_max: inspection.connections_max,
            size_bytes: inspection.size_bytes,
            replication_lag_seconds: inspection.replication_lag.map(|lag| lag.as_secs_f64()),
            facts: inspection.facts.clone(),
        }
    }

    fn into_parts(self) -> (Option<String>, Inspection) {
        let inspection = Inspection {
            version: self.version,
            role: self.role,
            read_only: self.read_only,
            started_at: self.started_at,
            incarnation: None,
            connections: self.connections,
            connections_max: self.connections_max,
            size_bytes: self.size_bytes,
            replication_lag: self.replication_lag_seconds.and_then(|lag| Duration::try_from_secs_f64(lag).ok()),
            facts: self.facts,
        };
        (self.address, inspection)
    }
}

impl From<step::Step> for Step {
    fn from(step: step::Step) -> Self {
        let (outcome, reason, failure) = match step.outcome {
            step::Outcome::Passed => (Outcome::Passed, None, None),
            step::Outcome::Failed(failure) => (Outcome::Failed, None, Some(Failure::from(failure))),
            step::Outcome::Skipped(reason) => (Outcome::Skipped, Some(reason), None),
        };
        Self {
            phase: step.phase,
            outcome,
            start_ms: step.start.map(report::milliseconds),
            duration_ms: step.duration.map(report::milliseconds),
            mode: step.proof,
            reason,
            failure,
        }
    }
}

impl From<Step> for step::Step {
    fn from(step: Step) -> Self {
        let failure = || failure::Failure::new(Class::Internal, "the report does not say why");
        let outcome = match step.outcome {
            Outcome::Passed => step::Outcome::Passed,
            Outcome::Failed => step::Outcome::Failed(step.failure.map_or_else(failure, failure::Failure::from)),
            Outcome::Skipped => step::Outcome::Skipped(step.reason.unwrap_or_default()),
        };
        Self {
            phase: step.phase,
            outcome,
            start: step.start_ms.map(duration),
            duration: step.duration_ms.map(duration),
            proof: step.mode,
        }
    }
}

impl From<failure::Failure> for Failure {
    fn from(failure: failure::Failure) -> Self {
        Self {
            permanent: failure.is_permanent(),
            phase: failure.phase,
            class: failure.class,
            code: failure.code,
            message: failure.message,
            advice: failure.advice,
        }
    }
}

impl From<Failure> for failure::Failure {
    fn from(wire: Failure) -> Self {
        let mut failure = Self::new(wire.class, wire.message);
        (failure.phase, failure.code, failure.advice) = (wire.phase, wire.code, wire.advice);
        failure
    }
}

impl From<step::Attempt> for Attempt {
    fn from(attempt: step::Attempt) -> Self {
        let duration_ms = report::milliseconds(attempt.duration);
        Self { endpoint: attempt.endpoint, duration_ms, failure: attempt.failure.into() }
    }
}

impl From<Attempt> for step::Attempt {
    fn from(wire: Attempt) -> Self {
        Self { endpoint: wire.endpoint, failure: wire.failure.into(), duration: duration(wire.duration_ms) }
    }
}

/// A report may come from anywhere: what is no duration is none.
fn duration(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_the_way_out_and_back() {
        let failure = failure::Failure::new(Class::Auth, "refused").code("28P01").advise("check it");
        let mut report = report::Report::unasked("t", Some("postgres"), failure);
        report.inspection.connections = Some(3);
        report.steps.push(step::Step::skipped(Phase::Ping, "read_only"));
        let out = serde_json::to_value(&report).expect("JSON");
        let back: report::Report = serde_json::from_value(out.clone()).expect("a report");
        assert_eq!(serde_json::to_value(&back).expect("JSON"), out);
        assert_eq!(out["failure"]["permanent"], true);
        assert!(!out.to_string().contains("null"), "{out}");
    }
}
