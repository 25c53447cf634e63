//! Targets made by hand: one of every kind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_config::{QuerySettings, TargetSettings};
use dbprobe_core::{
    Class, Dsn, ExpectedRole, Failure, Phase, Plan, Policy, Query, Report, Role, Source, Status, Step, Tls, WriteProof,
};
use jiff::Timestamp;

use super::scene::Scene;
use crate::record::{Answer, Record, Sample};
use crate::service::Reload;

/// The password in every DSN of these targets.
pub(super) const SECRET: &str = "hunter2";
/// From one probe to the next.
const INTERVAL: i64 = 15;

/// The moment at which the pages are made.
pub(super) fn now() -> Timestamp {
    "2026-11-21T03:07:12Z".parse().expect("a time")
}

/// `records` at that moment, when all is well with the exporter.
pub(super) fn scene(records: Vec<Record>) -> Scene {
    let reload = Reload { successful: true, succeeded_at: now() - Duration::from_secs(90_000) };
    Scene::new(records.into_iter().map(Arc::new).collect(), Vec::new(), reload, now())
}

/// A target that was not probed yet.
pub(super) fn waiting(name: &str, labels: &[(&str, &str)]) -> Record {
    let labels: BTreeMap<_, _> = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Record::new(Arc::new(TargetSettings {
        name: name.to_owned(),
        source: Source::Literal(Dsn::parse(&format!("postgres://app:{SECRET}@db/orders")).expect("a DSN")),
        role: ExpectedRole::Any,
        version: None,
        labels,
        interval: Duration::from_secs(15),
        plan: Plan::default(),
        policy: Policy::default(),
        queries: Vec::new(),
    }))
}

/// `record` after these probes, the last of which began a moment ago.
pub(super) fn probed(mut record: Record, reports: Vec<Report>) -> Record {
    let first = now() - Duration::from_secs(3) - Duration::from_secs(15) * u32::try_from(reports.len()).expect("few");
    for (at, mut report) in (1_i64..).zip(reports) {
        report.checked_at = first + jiff::SignedDuration::from_secs(INTERVAL * at);
        let status = report.status();
        record.counts.probes += 1;
        record.counts.requests += 4;
        if status == Status::Up {
            record.last_success = Some(report.checked_at);
        }
        if let Some(failure) = report.failure() {
            let key = (failure.phase.unwrap_or(Phase::Configure), failure.class);
            *record.counts.failures.entry(key).or_default() += 1;
        }
        if record.status != Some(status) {
            (record.status, record.since) = (Some(status), Some(report.checked_at));
        }
        record.history.push(&report);
        record.report = Some(Arc::new(report));
    }
    record
}

/// A report in which every step passed; `wobble` makes it differ a little from its neighbours.
pub(super) fn passed(engine: &str, version: &str, wobble: u64) -> Report {
    let mut report = Report::unasked("sample", Some(engine), Failure::new(Class::Internal, "replaced below"));
    let noise = (wobble * 7_919 + wobble * wobble * 31) % 97;
    let times = [
        (Phase::Resolve, 41),
        (Phase::Tcp, 190),
        (Phase::Tls, 2_140 + noise),
        (Phase::Auth, 3_310 + noise * 9),
        (Phase::Ping, 212 + noise),
        (Phase::Write, 1_870 + noise * 6),
        (Phase::Read, 288 + noise * 2),
        (Phase::Inspect, 640 + noise),
    ];
    let mut start = Duration::ZERO;
    report.steps = times
        .into_iter()
        .map(|(phase, micros)| {
            let duration = Duration::from_micros(micros);
            let proof = matches!(phase, Phase::Write | Phase::Read).then_some(WriteProof::Table);
            let outcome = dbprobe_core::Outcome::Passed;
            let step = Step { phase, outcome, start: Some(start), duration: Some(duration), proof };
            start += duration;
            step
        })
        .collect();
    report.duration = start;
    report.address = Some("10.20.0.17:5432".to_owned());
    report.inspection.version = Some(version.to_owned());
    report.inspection.role = Some(Role::Primary);
    report.inspection.read_only = Some(false);
    report.inspection.started_at = Some(now() - Duration::from_secs(3_900_000));
    report.inspection.connections = Some(23 + noise / 12);
    report.inspection.connections_max = Some(97);
    report.inspection.size_bytes = Some(48_318_382_080);
    report.inspection.facts.insert("wal_level".to_owned(), "replica".to_owned());
    report.tls = Some(tls(86));
    report
}

/// TLS with a certificate that is valid for `days` more.
pub(super) fn tls(days: i64) -> Tls {
    Tls {
        version: Some("TLSv1.3".to_owned()),
        cipher: Some("TLS13_AES_256_GCM_SHA384".to_owned()),
        verified: Some("full".to_owned()),
        subject: Some("CN=orders.db.example.com".to_owned()),
        issuer: Some("CN=Example Database CA G2,O=Example,C=DE".to_owned()),
        not_after: Some(now() + jiff::SignedDuration::from_hours(24 * days)),
        days_left: Some(days),
        ..Tls::default()
    }
}

/// A report that failed at `phase` after `took`; what comes after it was skipped.
pub(super) fn failed(mut report: Report, phase: Phase, took: Duration, failure: Failure) -> Report {
    report.steps.retain(|step| step.phase <= phase || failure_lets_go_on(phase));
    for step in &mut report.steps {
        if step.phase == phase {
            step.duration = Some(took);
            step.outcome = dbprobe_core::Outcome::Failed(failure.clone().in_phase(phase));
        }
    }
    if !failure_lets_go_on(phase) {
        for later in [Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect].into_iter().filter(|later| *later > phase)
        {
            report.steps.push(Step::skipped(later, "not connected"));
        }
        report.inspection = dbprobe_core::Inspection::default();
        report.tls = None;
        report.address = None;
    }
    let ends = report.steps.iter().filter_map(|step| Some(step.start? + step.duration?));
    report.duration = ends.max().unwrap_or_default();
    report
}

fn failure_lets_go_on(phase: Phase) -> bool {
    phase >= Phase::Write
}

/// Nobody listens.
pub(super) fn refused(report: Report) -> Report {
    let failure = Failure::new(Class::Refused, "nobody listens on 10.20.0.17:5432")
        .code("ECONNREFUSED")
        .advise("start the server, or check the port and what stands between");
    failed(report, Phase::Tcp, Duration::from_micros(310), failure)
}

/// A write that is not allowed.
pub(super) fn forbidden(report: Report) -> Report {
    let failure = Failure::new(Class::Permission, "permission denied for table _health_check")
        .code("42501")
        .advise("run `dbprobe init` as the owner, or GRANT INSERT, UPDATE, SELECT on the table");
    failed(report, Phase::Write, Duration::from_micros(2_204), failure)
}

/// A DSN that cannot be read.
pub(super) fn unread() -> Report {
    let failure = Failure::new(Class::Config, "the variable MAIL_DSN is not set")
        .advise("set it in the environment of the exporter");
    Report::unasked("sample", Some("smtp"), failure)
}

/// `count` reports in which every step passed.
pub(super) fn good(count: u64, engine: &str, version: &str) -> Vec<Report> {
    (0..count).map(|wobble| passed(engine, version, wobble)).collect()
}

/// One target in each state, and some more that are up: what the pictures show.
pub(super) fn board() -> Scene {
    let team = [("team", "payments"), ("zone", "eu-central-1b")];
    let up = good(60, "postgres", "17.6");
    let mut broken = good(60, "postgres", "15.14");
    for at in [7, 8, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59] {
        broken[at] = refused(broken[at].clone());
    }
    let mut degraded = good(60, "mysql", "11.8.3-MariaDB");
    for report in &mut degraded[22..] {
        *report = forbidden(report.clone());
        (report.inspection.connections, report.inspection.connections_max) = (Some(142), Some(151));
        report.tls = Some(tls(19));
    }
    let mut replica = good(60, "postgres", "17.6");
    for report in &mut replica {
        report.inspection.role = Some(Role::Replica);
        report.inspection.replication_lag = Some(Duration::from_millis(41));
        report.tls = Some(tls(5));
    }
    let redis = good(60, "redis", "8.2.1").into_iter().map(|mut report| {
        report.inspection.size_bytes = None;
        report.tls = None;
        report
    });
    let http = good(24, "http", "1.28").into_iter().map(|mut report| {
        report.steps.retain(|step| !matches!(step.phase, Phase::Auth | Phase::Write | Phase::Read | Phase::Inspect));
        report.inspection = dbprobe_core::Inspection::default();
        report
    });
    let mut orders = probed(waiting("orders-primary", &team), broken);
    orders.answers = answers();
    scene(vec![
        probed(waiting("orders-replica", &team), replica),
        orders,
        probed(waiting("billing", &[("team", "finance")]), degraded),
        probed(waiting("customers", &team), up),
        probed(waiting("sessions-cache", &[("team", "web")]), redis.collect()),
        probed(waiting("checkout-api", &[]), http.collect()),
        probed(waiting("mail", &[]), vec![unread(); 9]),
        waiting("warehouse", &[("team", "analytics")]),
    ])
}

/// Two answers to queries: one too great, one with an error.
pub(super) fn answers() -> Vec<Answer> {
    let settings = |name: &str, max| QuerySettings {
        name: name.to_owned(),
        query: Query::read_only("SELECT 1"),
        interval: Duration::from_secs(60),
        timeout: Duration::from_secs(5),
        min: None,
        max,
    };
    let sample = |state: &str, value| Sample { labels: vec![("state".to_owned(), state.to_owned())], value };
    let refused =
        Failure::new(Class::NotFound, "relation \"queue\" does not exist").code("42P01").in_phase(Phase::Inspect);
    vec![
        Answer {
            settings: settings("orders_backlog", Some(1000.0)),
            asked_at: now(),
            result: Ok(vec![sample("new", 1204.0), sample("packed", 31.5)]),
        },
        Answer { settings: settings("queue_length", None), asked_at: now(), result: Err(refused) },
    ]
}
