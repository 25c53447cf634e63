//! Targets of every kind, and their text.

use std::sync::Arc;

use dbprobe_config::{Naming, QuerySettings, TargetSettings};
use dbprobe_core::{Class, Failure, Outcome, Phase, Query, Report, Role, Status, Step, Tls};
use jiff::Timestamp;

use super::super::exporter::Exporter;
use super::super::format::Format;
use super::super::of_records;
use super::super::pieces::Pieces;
use super::super::process::Process;
use super::super::rehearsal;
use crate::record::{Answer, Record, Sample};
use crate::service::Reload;

pub(super) fn fleet() -> Vec<Record> {
    vec![orders(), stock(), ledger(), fresh(), api(), cache()]
}

pub(super) fn scrape(records: Vec<Record>, naming: Naming, format: Format) -> String {
    pieces(records, naming, format).collect()
}

pub(super) fn pieces(records: Vec<Record>, naming: Naming, format: Format) -> Pieces<'static> {
    let exporter = exporter(records.len());
    Pieces::new(of_records(records.into_iter().map(Arc::new).collect(), exporter, naming, format))
}

/// A PostgreSQL server that is well, probed twice.
pub(super) fn healthy(name: &str) -> Record {
    let mut record = rehearsal::record(name, &[0.001, 0.01].into());
    change(&mut record, |report| report.checked_at = time("2026-11-20T05:40:00.123Z"));
    record.last_success = Some(time("2026-11-20T05:40:00.123Z"));
    record
}

pub(super) fn change(record: &mut Record, change: impl FnOnce(&mut Report)) {
    let report = record.report.as_mut().expect("a report");
    change(Arc::make_mut(report));
}

pub(super) fn configure(record: &mut Record, change: impl FnOnce(&mut TargetSettings)) {
    change(Arc::make_mut(&mut record.settings));
}

pub(super) fn failed(phase: Phase, class: Class) -> Step {
    let failure = Failure::new(class, "the password is hunter2").in_phase(phase);
    let took = Some(std::time::Duration::from_micros(90));
    Step { phase, outcome: Outcome::Failed(failure), start: took, duration: took, proof: None }
}

pub(super) fn answer(query: &str, rows: &[(&[(&str, &str)], f64)]) -> Answer {
    let label = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let sample =
        |(labels, value): &(&[(&str, &str)], f64)| Sample { labels: labels.iter().map(label).collect(), value: *value };
    Answer { result: Ok(rows.iter().map(sample).collect()), ..unanswered(query) }
}

pub(super) fn unanswered(query: &str) -> Answer {
    Answer {
        settings: QuerySettings {
            name: query.to_owned(),
            query: Query::read_only("SELECT 1"),
            interval: std::time::Duration::from_secs(60),
            timeout: std::time::Duration::from_secs(1),
            min: None,
            max: None,
        },
        asked_at: time("2026-11-20T05:40:00Z"),
        result: Err(Failure::new(Class::Query, "the statement has hunter2 in it")),
    }
}

fn exporter(targets: usize) -> Exporter {
    Exporter {
        reload: Some(Reload { successful: true, succeeded_at: time("2026-11-20T05:00:00Z") }),
        targets: Some(targets),
        late: Some(1),
        process: Process {
            cpu_seconds: Some(0.07),
            open_fds: Some(12),
            max_fds: Some(1024),
            virtual_memory: Some(40_000_000),
            resident_memory: Some(9_000_000),
            started_at: Some(time("2026-11-20T05:00:00.5Z")),
            threads: Some(3),
        },
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Up, with everything that can be known of a target.
fn orders() -> Record {
    let mut record = healthy("orders");
    configure(&mut record, |settings| settings.version = Some("1.0.0".to_owned()));
    record.answers = vec![
        answer("backlog", &[(&[], 12.0)]),
        answer(
            "by_state",
            &[(&[("state", "new"), ("status", "a\"b")], 3.0), (&[("state", "old"), ("status", "")], 0.5)],
        ),
        unanswered("broken"),
    ];
    change(&mut record, |report| {
        report.inspection.replication_lag = Some(std::time::Duration::from_millis(1_500));
        report.tls = Some(Tls { not_after: "2026-12-20T05:40:00Z".parse().ok(), ..Tls::default() });
    });
    record
}

/// A MySQL replica that could not be written to.
fn stock() -> Record {
    let mut record = healthy("stock");
    record.status = Some(Status::Degraded);
    record.counts.failures.insert((Phase::Write, Class::Permission), 1);
    record.counts.skipped = 1;
    configure(&mut record, |settings| settings.role = dbprobe_core::ExpectedRole::Any);
    change(&mut record, |report| {
        report.engine = Some("mysql".to_owned());
        report.inspection.role = Some(Role::Replica);
        for step in &mut report.steps {
            if step.phase == Phase::Write {
                *step = failed(Phase::Write, Class::Permission);
            }
        }
    });
    record
}

/// Down since its last probe.
fn ledger() -> Record {
    let mut record = healthy("ledger");
    record.status = Some(Status::Down);
    (record.counts.probes, record.counts.connection_errors) = (3, 1);
    record.counts.failures.insert((Phase::Tcp, Class::Refused), 1);
    change(&mut record, |report| {
        report.checked_at = time("2026-11-20T05:41:00Z");
        report.steps = vec![failed(Phase::Tcp, Class::Refused)];
        report.inspection = dbprobe_core::Inspection::default();
    });
    record
}

/// Not probed yet.
fn fresh() -> Record {
    Record::new(Arc::new(rehearsal::settings("fresh")))
}

fn api() -> Record {
    let mut record = healthy("db-api");
    record.endpoint = Some("/health".to_owned());
    change(&mut record, |report| {
        report.engine = Some("http".to_owned());
        report.inspection = dbprobe_core::Inspection::default();
    });
    record.phases.retain(|phase, _| matches!(phase, Phase::Tcp | Phase::Ping | Phase::Read));
    record
}

fn cache() -> Record {
    let mut record = healthy("cache");
    change(&mut record, |report| {
        report.engine = Some("redis".to_owned());
        let facts = [("used_memory_bytes", "1048576"), ("commands_total", "77"), ("mode", "standalone")];
        report.inspection.facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    });
    record.phases.clear();
    record
}
