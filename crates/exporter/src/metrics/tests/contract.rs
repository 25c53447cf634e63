//! The names are promises to users.

use std::collections::BTreeSet;

use dbprobe_config::Naming;

use super::super::families::families;
use super::super::family::Source;
use super::super::format::Format;
use super::super::header::Kind;
use super::super::label::RESERVED;
use super::fleet::{fleet, scrape};

/// The design's names, each with its own labels.
const DESIGN: &[&str] = &[
    "db_up",
    "db_ping_latency_ms",
    "db_read_latency_ms",
    "db_write_latency_ms",
    "db_connection_count",
    "db_connection_errors_total",
    "service_health{service}",
    "service_info{service,version}",
    "service_requests_total{service}",
    "service_up{service}",
    "http_requests_total{service,endpoint}",
    "http_request_duration_seconds{service,endpoint}",
    "postgres_up",
    "postgres_connections",
    "postgres_max_connections",
    "postgres_queries_total",
    "postgres_query_duration_seconds",
    "redis_up",
    "redis_memory_used_bytes",
    "redis_connected_clients",
    "redis_commands_total",
];

/// The canonical names beside them.
const CANONICAL: &[&str] = &[
    "db_status{status}",
    "db_phase_duration_seconds{phase}",
    "db_probe_failures_total{phase,class}",
    "db_probes_total",
    "db_probe_last_success_timestamp_seconds",
    "db_probe_last_run_timestamp_seconds",
    "db_connections",
    "db_connections_max",
    "db_size_bytes",
    "db_replication_lag_seconds",
    "db_read_only",
    "db_tls_certificate_not_after_timestamp_seconds",
    "db_server_info{version,role}",
    "db_query_value{query}",
    "dbprobe_build_info{version}",
    "dbprobe_config_last_reload_successful",
    "dbprobe_config_last_reload_success_timestamp_seconds",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
];

fn named(text: &str) -> (&str, Vec<&str>) {
    let (name, labels) = text.split_once('{').unwrap_or((text, ""));
    (name, labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty()).collect())
}

/// The families that have series in the text of a fleet with everything.
fn shown(naming: Naming) -> BTreeSet<String> {
    let text = scrape(fleet(), naming, Format::Text);
    text.lines().filter_map(|line| Some(line.strip_prefix("# TYPE ")?.split_once(' ')?.0.to_owned())).collect()
}

#[test]
fn every_name_of_the_contract_is_there_with_its_labels() {
    for promised in DESIGN.iter().chain(CANONICAL) {
        let (name, labels) = named(promised);
        let family = families().find(|family| family.header.name == name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(family.header.labels, labels, "{name}");
    }
}

#[test]
fn each_dialect_has_its_names() {
    let (compat, canonical, both) = (shown(Naming::Compat), shown(Naming::Prometheus), shown(Naming::Both));
    assert_eq!(both, compat.union(&canonical).cloned().collect());
    for promised in DESIGN {
        assert!(compat.contains(named(promised).0), "{promised}");
    }
    for promised in CANONICAL {
        assert!(canonical.contains(named(promised).0), "{promised}");
    }
    let shared: BTreeSet<&str> = compat.intersection(&canonical).map(String::as_str).collect();
    let of_exporter = |name: &&str| name.starts_with("dbprobe_") || name.starts_with("process_");
    let shared: Vec<&str> = shared.into_iter().filter(|name| !of_exporter(name)).collect();
    assert_eq!(shared, ["db_connection_errors_total", "db_up", "redis_commands_total", "redis_memory_used_bytes"]);
}

#[test]
fn a_fleet_with_everything_shows_every_family() {
    let both = shown(Naming::Both);
    for family in families().filter(|family| !matches!(family.source, Source::Probe(_))) {
        let name = family.header.name;
        assert_eq!(both.contains(name), name != "db_probe_phase_duration_seconds", "{name}");
    }
}

/// What `promtool check metrics` says of names, for the dialect that it must be content with.
#[test]
fn canonical_names_follow_the_guidelines() {
    for family in families().filter(|family| family.naming != Naming::Compat) {
        let (name, kind) = (family.header.name, family.header.kind);
        assert_eq!(name.ends_with("_total"), kind == Kind::Counter, "{name}");
        assert!(!["_ms", "_count", "_sum", "_bucket", "_milliseconds"].iter().any(|end| name.ends_with(end)), "{name}");
        assert!(!family.header.help.is_empty() && !family.header.help.contains(['\\', '"', '\n']), "{name}");
    }
}

#[test]
fn no_name_collides_with_another() {
    let mut names = BTreeSet::new();
    for family in families() {
        assert!(names.insert(family.header.stem()), "{} stands twice", family.header.name);
        for label in family.header.labels {
            assert!(RESERVED.contains(label), "{label} of {} could be taken by a user", family.header.name);
        }
    }
    for family in families().filter(|family| family.header.kind == Kind::Histogram) {
        for suffix in ["bucket", "sum", "count"] {
            assert!(!names.contains(format!("{}_{suffix}", family.header.name).as_str()), "{}", family.header.name);
        }
    }
}

#[test]
fn series_have_the_labels_that_the_table_tells() {
    let text = scrape(fleet(), Naming::Both, Format::Text);
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("db_query_value")) {
        let sample = line.split_once(['{', ' ']).expect("a name").0;
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| sample.strip_suffix(suffix));
        let family = families()
            .find(|family| family.header.name == sample || Some(family.header.name) == stem)
            .unwrap_or_else(|| panic!("{sample} is in no table"));
        let has = line.split('"').step_by(2).filter_map(|part| part.trim_start_matches(',').strip_suffix('='));
        let has: Vec<&str> = has.map(|name| name.rsplit_once('{').map_or(name, |(_, name)| name)).collect();
        let base: &[&str] = match family.source {
            Source::Target(_) => &["target", "db_name", "db_role", "team"],
            Source::Exporter(_) | Source::Probe(_) => &[],
        };
        let le: &[&str] = if sample.ends_with("_bucket") { &["le"] } else { &[] };
        assert_eq!(has, [base, family.header.labels, le].concat(), "{line}");
    }
}
