//! A fleet that was made up, for benches and tests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_config::{Metrics, Naming, TargetSettings};
use dbprobe_core::{Class, ExpectedRole, Failure, Outcome, Phase, Plan, Policy, Report, Role, Source, Status, Step};

use super::exporter::Exporter;
use super::format::Format;
use super::of_records;
use super::pieces::Pieces;
use crate::histogram::Histogram;
use crate::record::Record;

/// A fleet that was made up. Only benches use it: the targets of a real one come from a configuration.
#[doc(hidden)]
#[derive(Debug)]
pub struct Rehearsal(Vec<Arc<Record>>);

impl Rehearsal {
    /// A fleet of so many targets, each with every phase.
    pub fn new(targets: usize) -> Self {
        let buckets = Metrics::default().buckets;
        Self((0..targets).map(|number| Arc::new(record(&format!("orders-{number:05}"), &buckets))).collect())
    }

    /// What `/metrics` sends.
    pub fn scrape(&self) -> impl Iterator<Item = String> + use<> {
        Pieces::new(of_records(self.0.clone(), Exporter::default(), Naming::Both, Format::Text))
    }
}

/// A PostgreSQL server that was probed twice and is well.
pub(crate) fn record(name: &str, buckets: &Arc<[f64]>) -> Record {
    let mut record = Record::new(Arc::new(settings(name)));
    let report = report(name);
    for step in &report.steps {
        let mut histogram = Histogram::new(Arc::clone(buckets));
        let duration = step.duration.unwrap_or_default();
        histogram.observe(duration);
        histogram.observe(duration * 3);
        record.phases.insert(step.phase, histogram);
    }
    (record.counts.probes, record.counts.requests) = (2, 8);
    (record.status, record.since) = (Some(Status::Up), Some(report.checked_at));
    record.last_success = Some(report.checked_at);
    record.report = Some(Arc::new(report));
    record
}

pub(crate) fn settings(name: &str) -> TargetSettings {
    TargetSettings {
        name: name.to_owned(),
        source: Source::Environment("DSN".to_owned()),
        role: ExpectedRole::Primary,
        version: None,
        labels: BTreeMap::from([("team".to_owned(), "payments".to_owned())]),
        interval: Duration::from_secs(15),
        plan: Plan::default(),
        policy: Policy::default(),
        queries: Vec::new(),
    }
}

fn report(name: &str) -> Report {
    let mut report = Report::unasked(name, Some("postgres"), Failure::new(Class::Config, "replaced below"));
    let took = |phase: Phase| Duration::from_micros(150 + 100 * phase as u64);
    let mut start = Duration::ZERO;
    let step = |phase| {
        let duration = took(phase);
        start += duration;
        let began = Some(start - duration);
        Step { phase, outcome: Outcome::Passed, start: began, duration: Some(duration), proof: None }
    };
    report.steps = Phase::ALL.into_iter().map(step).collect();
    report.duration = start;
    report.inspection.version = Some("15.20".to_owned());
    report.inspection.role = Some(Role::Primary);
    report.inspection.read_only = Some(false);
    report.inspection.connections = Some(4);
    report.inspection.connections_max = Some(97);
    report.inspection.size_bytes = Some(8_192);
    report
}
