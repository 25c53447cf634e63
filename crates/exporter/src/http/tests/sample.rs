//! A service whose targets were made by hand.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_config::{Config, Metrics, TargetSettings};
use dbprobe_core::{Absent, Dsn, ExpectedRole, Plan, Policy, Registry, Report, Source};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::fleet::Fleet;
use crate::record::Record;
use crate::service::Service;

/// Requests to read the configuration again.
pub(super) type Reloads = mpsc::Receiver<oneshot::Sender<Result<(), String>>>;

/// A target with a password that nobody may see.
pub(super) fn settings(name: &str) -> TargetSettings {
    let mut plan = Plan::default();
    plan.thresholds.connections = Some(0.8);
    TargetSettings {
        name: name.to_owned(),
        source: Source::Literal(Dsn::parse("postgres://app:hunter2@db/orders").expect("a DSN")),
        role: ExpectedRole::Any,
        version: None,
        labels: BTreeMap::new(),
        interval: Duration::from_secs(15),
        plan,
        policy: Policy::default(),
        queries: Vec::new(),
    }
}

/// A target whose last probe came to `steps`.
pub(super) fn record(name: &str, steps: Value) -> Record {
    let report = json!({
        "schema": "dbprobe.report/v1", "target": "db:5432/orders", "engine": "postgres", "status": "up",
        "checked_at": "2026-11-21T07:00:00.123Z", "duration_ms": 7.5, "steps": steps, "metrics": {},
        "server": {"version": "15.20", "role": "primary", "read_only": false, "address": "10.0.0.5:5432",
                   "connections": 90, "connections_max": 100, "size_bytes": 8192, "replication_lag_seconds": 1.5},
        "tls": {"version": "TLSv1.3", "days_left": 29}
    });
    let report: Report = serde_json::from_value(report).expect("a report");
    let mut record = Record::new(Arc::new(settings(name)));
    record.history.push(&report);
    record.history.push(&report);
    (record.status, record.since) = (Some(report.status()), Some(report.checked_at));
    record.report = Some(Arc::new(report));
    record
}

pub(super) fn up(name: &str) -> Record {
    record(
        name,
        json!([{"phase": "tcp", "outcome": "passed", "duration_ms": 0.25}, {"phase": "ping", "outcome": "passed", "duration_ms": 0.5},
               {"phase": "write", "outcome": "passed", "duration_ms": 2.0, "mode": "table"}, {"phase": "read", "outcome": "passed", "duration_ms": 1.0},
               {"phase": "inspect", "outcome": "passed", "duration_ms": 1.5}]),
    )
}

pub(super) fn degraded(name: &str) -> Record {
    let failure = json!({"phase": "write", "class": "permission", "code": "42501", "message": "permission denied",
                         "advice": "grant INSERT", "permanent": true});
    record(
        name,
        json!([{"phase": "ping", "outcome": "passed", "duration_ms": 0.5},
               {"phase": "write", "outcome": "failed", "duration_ms": 2.0, "failure": failure},
               {"phase": "read", "outcome": "passed", "duration_ms": 1.0}]),
    )
}

pub(super) fn down(name: &str) -> Record {
    let failure =
        json!({"phase": "tcp", "class": "refused", "code": "111", "message": "nobody listens", "permanent": false});
    let mut record =
        record(name, json!([{"phase": "tcp", "outcome": "failed", "duration_ms": 0.1, "failure": failure}]));
    let mut report = Report::clone(record.report.as_ref().expect("a report"));
    (report.inspection, report.tls, report.address) = (dbprobe_core::Inspection::default(), None, None);
    record.report = Some(Arc::new(report));
    record
}

pub(super) fn unseen(name: &str) -> Record {
    Record::new(Arc::new(settings(name)))
}

/// A service of `records`, and where its requests to reload arrive.
pub(super) fn service(records: Vec<Record>) -> (Arc<Service>, Reloads) {
    let (reloads, requests) = mpsc::channel(1);
    let config = Config {
        file: PathBuf::from("dbprobe.yaml"),
        listen: Vec::new(),
        api_listen: Vec::new(),
        web_config: None,
        metrics: Metrics::default(),
        modules: Vec::new(),
        places: Default::default(),
        targets: records.iter().map(|record| Arc::clone(&record.settings)).collect(),
    };
    let registry = Registry::default().with_absent(&[Absent { feature: "sqlite", schemes: &["file"] }]);
    (Arc::new(Service::new(registry, Fleet::of(records), config, reloads)), requests)
}
