//! What stands in the text of one target, and what does not.

use std::collections::BTreeSet;
use std::sync::Arc;

use dbprobe_config::{Config, Metrics, Naming};
use dbprobe_core::{Class, Phase, Registry, Status};

use super::super::format::Format;
use super::super::of_probe;
use super::super::target::Known;
use super::fleet::{answer, change, configure, failed, fleet, healthy, scrape};
use crate::fleet::Fleet;
use crate::record::Record;
use crate::service::Service;

fn text(record: Record) -> String {
    scrape(vec![record], Naming::Both, Format::Text)
}

fn probe(record: Record) -> String {
    of_probe(Known::Record(Arc::new(record)), Naming::Both, Format::Text)
}

/// The series of `family`, header left out.
fn series<'a>(text: &'a str, family: &str) -> Vec<&'a str> {
    let is_of = |line: &&str| line.strip_prefix(family).is_some_and(|rest| rest.starts_with(['{', ' ']));
    text.lines().filter(is_of).collect()
}

#[test]
fn what_the_last_probe_did_not_measure_is_withdrawn_and_what_is_counted_stays() {
    let mut record = healthy("orders");
    let before = text(record.clone());
    record.status = Some(Status::Down);
    change(&mut record, |report| {
        report.steps = vec![failed(Phase::Tcp, Class::Refused)];
        report.inspection = dbprobe_core::Inspection::default();
    });
    let after = text(record);
    for family in ["db_ping_latency_ms", "db_connections", "db_size_bytes", "db_server_info", "service_info"] {
        assert_eq!((series(&before, family).len(), series(&after, family).len()), (1, 0), "{family}");
        assert!(!after.contains(&format!("# TYPE {family} ")), "{family} has a header but no series");
    }
    for family in ["db_probes_total", "db_phase_duration_seconds_count", "postgres_queries_total"] {
        assert_eq!(series(&before, family), series(&after, family), "{family}");
    }
    assert!(series(&after, "db_up")[0].ends_with(" 0"), "{after}");
}

#[test]
fn before_the_first_probe_only_counts_are_known() {
    let fresh = || fleet().into_iter().find(|record| record.report.is_none()).expect("one that was not probed");
    let known: BTreeSet<String> = text(fresh())
        .lines()
        .filter(|line| line.contains("target=\"fresh\""))
        .map(|line| line.split_once('{').expect("labels").0.to_owned())
        .collect();
    let counts = ["db_connection_errors_total", "db_probe_skipped_total", "db_probes_total", "service_requests_total"];
    assert_eq!(known, counts.map(str::to_owned).into());
    assert!(probe(fresh()).contains("\nprobe_success 0\n"));
}

#[test]
fn damping_holds_the_status_but_not_the_success_of_a_probe() {
    let mut record = healthy("orders");
    change(&mut record, |report| report.steps = vec![failed(Phase::Tcp, Class::Refused)]);
    let text = probe(record);
    assert!(series(&text, "db_up")[0].ends_with(" 1"), "{text}");
    assert_eq!(series(&text, "probe_success"), ["probe_success 0"]);
}

#[test]
fn a_probe_has_its_own_families_first_and_none_of_the_exporter() {
    let text = probe(healthy("orders"));
    let families: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert_eq!(families[..2], ["probe_success gauge", "probe_duration_seconds gauge"]);
    assert!(families.contains(&"db_probe_phase_duration_seconds gauge"), "{families:?}");
    assert!(families.contains(&"db_phase_duration_seconds histogram"), "{families:?}");
    assert!(!families.iter().any(|name| name.starts_with("dbprobe_") || name.starts_with("process_")), "{families:?}");
    assert!(!scrape(vec![healthy("orders")], Naming::Both, Format::Text).contains("db_probe_phase_duration_seconds"));
}

#[test]
fn no_series_stands_twice() {
    let mut record = healthy("orders");
    let columns: &[(&str, &str)] = &[("a b", "1"), ("a_b", "2"), ("team", "forged"), ("le", "1")];
    record.answers = vec![answer("rows", &[(columns, 1.0), (columns, 2.0), (&[("a_b", "2")], 3.0)])];
    let mut records = fleet();
    records[0] = record;
    let text = scrape(records, Naming::Both, Format::Text);
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        let key = if line.starts_with('#') { line } else { line.rsplit_once(' ').expect("a value").0 };
        assert!(seen.insert(key), "{key} stands twice");
    }
    let labels = r#"{target="orders",db_name="postgres",db_role="primary",team="payments",query="rows","#;
    let expected = [
        format!(r#"db_query_value{labels}a_b="1",column_team="forged",column_le="1"}} 1"#),
        format!(r#"db_query_value{labels}a_b="2"}} 3"#),
    ];
    assert_eq!(series(&text, "db_query_value"), expected);
}

#[test]
fn engines_have_their_own_families_only() {
    let text = scrape(fleet(), Naming::Both, Format::Text);
    for (prefix, engine) in [("postgres_", "postgres"), ("redis_", "redis"), ("http_", "http")] {
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with(prefix)).collect();
        assert!(!lines.is_empty(), "{prefix}");
        for line in lines {
            assert!(line.contains(&format!("db_name=\"{engine}\"")), "{line}");
        }
    }
}

#[test]
fn a_hostile_name_a_label_and_a_version_stay_inside_their_labels() {
    let mut record = healthy("a\"} 1\ndb_up{target=\"forged\u{1b}[2J\\");
    configure(&mut record, |settings| {
        settings.labels = [("team", "x\"y\n"), ("target", "forged"), ("a-b", "forged")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    });
    change(&mut record, |report| report.inspection.version = Some(format!("15\u{9b}{}", "9".repeat(500))));
    let text = text(record);
    assert!(!text.lines().any(|line| line.starts_with(r#"db_up{target="forged"#)), "{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    assert!(!text.contains("=\"forged"), "{text}");
    assert!(text.contains(r#",team="x\"y\n"} 1"#), "{text}");
    let info = series(&text, "db_server_info")[0];
    assert!(info.contains(&format!("version=\"15\u{fffd}{}\"", "9".repeat(125))), "{info}");
}

#[test]
fn no_secret_is_in_any_format() {
    for format in [Format::Text, Format::OpenMetrics] {
        assert!(!scrape(fleet(), Naming::Both, format).contains("hunter2"));
    }
}

#[test]
fn the_exporter_tells_of_itself_while_there_is_no_target() {
    let config = Config {
        file: "dbprobe.yaml".into(),
        listen: Vec::new(),
        api_listen: Vec::new(),
        web_config: None,
        metrics: Metrics { naming: Naming::Compat, ..Metrics::default() },
        modules: Vec::new(),
        places: Default::default(),
        targets: Vec::new(),
    };
    let (reloads, _requests) = tokio::sync::mpsc::channel(1);
    let service = Service::new(Registry::new(&[]), Fleet::default(), config, reloads);
    service.reloaded(None);
    let text: String = super::super::scrape(&service, Format::OpenMetrics).collect();
    let version = env!("CARGO_PKG_VERSION");
    for line in [
        &format!("dbprobe_build_info{{version=\"{version}\"}} 1"),
        "dbprobe_config_last_reload_successful 0",
        "dbprobe_targets 0",
        "dbprobe_targets_late 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
    }
    assert!(!text.contains("db_"), "{text}");
}
