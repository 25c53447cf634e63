//! The text that Prometheus reads.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

use std::collections::BTreeSet;
use std::time::Duration;

use dbprobe_core::{Class, ExpectedRole, Failure, Outcome, Phase, Report, Role, Step, Tls};
use dbprobe_exporter::{Naming, Subject, exposition};

#[test]
fn a_fact_stands_under_the_names_of_the_chosen_dialect() {
    let report = healthy("orders");
    let both = render(&[&report], Naming::Both);
    let canonical = render(&[&report], Naming::Prometheus);
    let compat = render(&[&report], Naming::Compat);
    let labels = r#"{target="orders",db_name="postgres",db_role="primary"}"#;
    for line in [format!("db_up{labels} 1"), format!("db_connection_count{labels} 4")] {
        assert!(both.lines().any(|it| it == line) && compat.lines().any(|it| it == line), "{line} in\n{compat}");
    }
    for line in [format!("db_up{labels} 1"), format!("db_connections{labels} 4"), format!("db_size_bytes{labels} 8192")]
    {
        assert!(both.lines().any(|it| it == line) && canonical.lines().any(|it| it == line), "{line} in\n{canonical}");
    }
    assert!(compat.contains("db_ping_latency_ms") && !canonical.contains("_ms"), "{canonical}");
    assert!(!canonical.contains("db_connection_count") && !compat.contains("db_connections"), "{compat}");
}

#[test]
fn every_phase_and_every_time_is_in_seconds() {
    let text = render(&[&healthy("orders")], Naming::Prometheus);
    let labels = r#"{target="orders",db_name="postgres",db_role="primary""#;
    for line in [
        format!(r#"db_probe_phase_duration_seconds{labels},phase="ping"}} 0.0005"#),
        format!("db_probe_duration_seconds{labels}}} 0.0073"),
        format!("db_probe_last_run_timestamp_seconds{labels}}} 1795153200.123"),
        format!("db_tls_certificate_not_after_timestamp_seconds{labels}}} 1797745200"),
        format!(r#"db_server_info{labels},version="15.20",role="primary"}} 1"#),
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
    }
}

#[test]
fn the_status_is_a_state_set() {
    let failure = Failure::new(Class::Refused, "nobody listens").in_phase(Phase::Tcp);
    let mut down = healthy("a");
    down.steps = vec![step(Phase::Tcp, Outcome::Failed(failure))];
    let text = render(&[&down], Naming::Prometheus);
    let states: Vec<&str> = text.lines().filter(|line| line.starts_with("db_status{")).collect();
    assert_eq!(states.len(), 4, "{states:?}");
    assert_eq!(states.iter().filter(|line| line.ends_with(" 1")).collect::<Vec<_>>().len(), 1, "{states:?}");
    assert!(states.iter().any(|line| line.contains(r#"status="down"} 1"#)), "{states:?}");
    assert!(text.contains(r#"db_up{target="a",db_name="postgres",db_role="primary"} 0"#), "{text}");
}

#[test]
fn what_is_not_known_has_no_series_and_no_header() {
    let report = Report::unasked("t", None, Failure::new(Class::Config, "bad"));
    let text = render(&[&report], Naming::Both);
    for family in
        ["latency", "connection", "size", "lag", "read_only", "certificate", "server_info", "phase", "duration"]
    {
        assert!(!text.contains(family), "{family} in\n{text}");
    }
    assert!(text.contains(r#"db_up{target="t",db_name="unknown",db_role="unknown"} 0"#), "{text}");
}

#[test]
fn an_expected_role_keeps_the_series_the_same_through_a_failover() {
    let mut report = healthy("orders");
    report.inspection.role = Some(Role::Replica);
    let subject = Subject { report: &report, role: ExpectedRole::Primary };
    let text = exposition(&[subject], Naming::Prometheus);
    assert!(text.contains(r#"db_up{target="orders",db_name="postgres",db_role="primary"} 1"#), "{text}");
    assert!(text.contains(r#"version="15.20",role="replica"} 1"#), "{text}");
}

#[test]
fn each_header_stands_once_and_each_series_once() {
    let (one, two) = (healthy("a"), healthy("b"));
    let text = render(&[&one, &two, &one], Naming::Both);
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        let key = if line.starts_with('#') { line } else { line.rsplit_once(' ').expect("a value").0 };
        assert!(seen.insert(key), "{key} stands twice");
    }
    let families = seen.iter().filter(|line| line.starts_with("# TYPE")).count();
    assert_eq!(families, seen.iter().filter(|line| line.starts_with("# HELP")).count());
    assert_eq!(families, 17, "{text}");
}

#[test]
fn a_hostile_name_stays_inside_its_label() {
    let mut report = healthy("a\"} 1\ndb_up{target=\"forged\u{1b}[2J\\");
    report.inspection.version = Some("15\u{9b}31m\r".to_owned());
    let text = render(&[&report], Naming::Both);
    assert!(!text.lines().any(|line| line.starts_with(r#"db_up{target="forged"#)), "{text}");
    assert!(text.contains(r#"{target="a\"} 1\ndb_up{target=\"forged"#), "{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
}

fn render(reports: &[&Report], naming: Naming) -> String {
    let subjects: Vec<_> = reports.iter().map(|report| Subject { report, role: ExpectedRole::Any }).collect();
    exposition(&subjects, naming)
}

fn healthy(target: &str) -> Report {
    let mut report = Report::unasked(target, Some("postgres"), Failure::new(Class::Config, "replaced below"));
    report.steps = [Phase::Tcp, Phase::Ping, Phase::Write, Phase::Read].map(|at| step(at, Outcome::Passed)).into();
    report.checked_at = "2026-11-20T05:40:00.123Z".parse().expect("a time");
    report.duration = Duration::from_micros(7_300);
    report.inspection.version = Some("15.20".to_owned());
    report.inspection.role = Some(Role::Primary);
    report.inspection.read_only = Some(false);
    report.inspection.connections = Some(4);
    report.inspection.connections_max = Some(97);
    report.inspection.size_bytes = Some(8192);
    report.inspection.replication_lag = Some(Duration::ZERO);
    report.tls = Some(Tls { not_after: "2026-12-20T05:40:00Z".parse().ok(), ..Tls::default() });
    report
}

fn step(phase: Phase, outcome: Outcome) -> Step {
    let duration = Duration::from_micros(500);
    Step { phase, outcome, start: Some(Duration::ZERO), duration: Some(duration), proof: None }
}
