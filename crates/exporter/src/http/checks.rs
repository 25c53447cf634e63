//! The four checks of `/health/detailed`, read out of a report.

use dbprobe_core::{Class, Failure, Inspection, Phase, Report, Role, Status, Step, Thresholds, milliseconds, status};
use jiff::Timestamp;
use serde::Serialize;

/// The four checks; one that nothing is known of is absent.
#[derive(Default, Serialize)]
pub(super) struct Checks {
    #[serde(skip_serializing_if = "Option::is_none")]
    connectivity: Option<Connectivity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_pool: Option<ConnectionPool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_performance: Option<QueryPerformance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    database_resources: Option<DatabaseResources>,
}

/// Whether and how fast the target is reached: all steps up to the ping, the certificate included.
#[derive(Serialize)]
struct Connectivity {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolve_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tcp_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ping_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_not_after: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_days_left: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Fault>,
}

/// How many of the server's connections are in use.
#[derive(Serialize)]
struct ConnectionPool {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utilization_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Fault>,
}

/// How long the write and the read took.
#[derive(Serialize)]
struct QueryPerformance {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    write_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Fault>,
}

/// What the server says of itself.
#[derive(Serialize)]
struct DatabaseResources {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replication_lag_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Fault>,
}

/// Why a check is not ok, and what to do next.
#[derive(Serialize)]
struct Fault {
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<Phase>,
    class: Class,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    permanent: bool,
}

impl Checks {
    /// What `report` says of each check.
    pub(super) fn of(report: &Report, limits: &Thresholds) -> Self {
        Self {
            connectivity: connectivity(report),
            connection_pool: connection_pool(report, limits),
            query_performance: query_performance(report),
            database_resources: database_resources(report, limits),
        }
    }
}

fn connectivity(report: &Report) -> Option<Connectivity> {
    let (status, failure) = verdict(report, |step| step.phase <= Phase::Ping)?;
    let took = |phase| report.latency(phase).map(milliseconds);
    let tls = report.tls.as_ref();
    Some(Connectivity {
        status,
        address: report.address.clone(),
        resolve_ms: took(Phase::Resolve),
        tcp_ms: took(Phase::Tcp),
        tls_ms: took(Phase::Tls),
        auth_ms: took(Phase::Auth),
        ping_ms: took(Phase::Ping),
        certificate_not_after: tls.and_then(|tls| tls.not_after),
        certificate_days_left: tls.and_then(|tls| tls.days_left),
        failure,
    })
}

fn connection_pool(report: &Report, limits: &Thresholds) -> Option<ConnectionPool> {
    let facts = &report.inspection;
    let full = report.steps.iter().filter_map(Step::failure).find(|failure| failure.class == Class::Overloaded);
    if facts.connections.is_none() && full.is_none() {
        return None;
    }
    let exceeded = inspected(report).filter(|_| crowded(facts, limits));
    let status = match (full, exceeded) {
        (Some(_), _) => Status::Down,
        (None, Some(_)) => Status::Degraded,
        (None, None) => Status::Up,
    };
    Some(ConnectionPool {
        status: status.health_word(),
        connections: facts.connections,
        max: facts.connections_max,
        utilization_percent: share(facts).map(|share| (share * 1000.0).round() / 10.0),
        failure: full.or(exceeded).map(Fault::of),
    })
}

fn query_performance(report: &Report) -> Option<QueryPerformance> {
    let (status, failure) = verdict(report, |step| matches!(step.phase, Phase::Write | Phase::Read))?;
    let took = |phase| report.latency(phase).map(milliseconds);
    Some(QueryPerformance { status, write_ms: took(Phase::Write), read_ms: took(Phase::Read), failure })
}

fn database_resources(report: &Report, limits: &Thresholds) -> Option<DatabaseResources> {
    // Too many connections are the matter of the check before.
    let other = |step: &Step| {
        let limit = step.failure().is_some_and(|failure| failure.class == Class::Threshold);
        step.phase == Phase::Inspect && !(limit && crowded(&report.inspection, limits))
    };
    let facts = &report.inspection;
    let known = *facts != Inspection::default();
    let (status, failure) = match verdict(report, other) {
        Some(verdict) => verdict,
        None if known => (Status::Up.health_word(), None),
        None => return None,
    };
    Some(DatabaseResources {
        status,
        version: facts.version.clone(),
        role: facts.role,
        read_only: facts.read_only,
        started_at: facts.started_at,
        size_bytes: facts.size_bytes,
        replication_lag_seconds: facts.replication_lag.map(|lag| lag.as_secs_f64()),
        failure,
    })
}

/// The word for some of the steps, and the first failure that leads to it. `None` where none of them was taken.
fn verdict(report: &Report, of: impl Fn(&Step) -> bool) -> Option<(&'static str, Option<Fault>)> {
    let steps: Vec<Step> = report.steps.iter().filter(|step| of(step)).cloned().collect();
    if !steps.iter().any(|step| step.duration.is_some() || step.failure().is_some()) {
        return None;
    }
    let failure = Report { steps: steps.clone(), ..report.clone() }.failure().map(Fault::of);
    Some((status(&steps).health_word(), failure))
}

/// The limit of the user's that the inspection found exceeded.
fn inspected(report: &Report) -> Option<&Failure> {
    let failure = report.step(Phase::Inspect).and_then(Step::failure);
    failure.filter(|failure| failure.class == Class::Threshold)
}

fn crowded(facts: &Inspection, limits: &Thresholds) -> bool {
    share(facts).zip(limits.connections).is_some_and(|(share, limit)| share > limit)
}

fn share(facts: &Inspection) -> Option<f64> {
    let (used, most) = (facts.connections?, facts.connections_max.filter(|most| *most > 0)?);
    #[expect(clippy::cast_precision_loss, reason = "connection counts are far below 2^53")]
    let share = used as f64 / most as f64;
    Some(share)
}

impl Fault {
    fn of(failure: &Failure) -> Self {
        Self {
            phase: failure.phase,
            class: failure.class,
            code: failure.code.clone(),
            message: failure.message.clone(),
            advice: failure.advice.clone(),
            permanent: failure.is_permanent(),
        }
    }
}
