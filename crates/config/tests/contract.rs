//! The example of the documentation is read exactly.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test may fail as the test itself does")]

use std::path::Path;
use std::time::Duration;

use dbprobe::{Access, ExpectedRole, Level, Policy, Prober, Thresholds, WriteMode};
use dbprobe_config::{Config, Naming, TargetSettings};

fn contract() -> Config {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract.yaml"));
    Config::load(file, &dbprobe::registry()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn target<'a>(config: &'a Config, name: &str) -> &'a TargetSettings {
    config.target(name).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn the_exporter_is_read() {
    let config = contract();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    assert_eq!(config.file, directory.join("contract.yaml"));
    assert_eq!(config.listen, ["0.0.0.0:9091".parse().expect("an address")]);
    assert_eq!(config.api_listen, []);
    assert_eq!(config.web_config, Some(directory.join("web.yml")));
    assert_eq!(config.metrics.naming, Naming::Both);
    assert!(config.modules.is_empty());
    let names: Vec<&str> = config.targets.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(names, ["db-postgres", "db-realtime", "mail-server", "db-api"]);
}

#[test]
fn a_target_with_everything_is_read() {
    let config = contract();
    let target = target(&config, "db-postgres");
    assert_eq!(target.source.to_string(), "***${file:/run/secrets/pg}***");
    assert_eq!((target.role, target.version.as_deref()), (ExpectedRole::Primary, Some("1.0.0")));
    assert_eq!(target.labels.iter().collect::<Vec<_>>(), [(&"team".to_owned(), &"payments".to_owned())]);
    assert_eq!(target.interval, Duration::from_secs(15));
    let plan = &target.plan;
    assert_eq!((plan.timeout, plan.level, plan.write), (Duration::from_secs(5), Level::Write, WriteMode::Auto));
    assert!(plan.create_health_table);
    assert_eq!((plan.expect_role, &plan.prober), (ExpectedRole::Primary, &Prober::of_this_host()));
    let thresholds = Thresholds {
        ping: None,
        write: Some(Duration::from_millis(200)),
        read: Some(Duration::from_millis(100)),
        response: Some(Duration::from_secs(2)),
        connections: Some(0.8),
        replication_lag: Some(Duration::from_secs(30)),
        certificate: Some(Duration::from_secs(30 * 86_400)),
    };
    assert_eq!(plan.thresholds, thresholds);
    let policy = Policy {
        max_connection_age: Duration::from_secs(180),
        retries: 1,
        retry_interval: Duration::from_secs(1),
        failures_before_down: 1,
        history: 60,
    };
    assert_eq!(target.policy, policy);
}

#[test]
fn a_query_is_read_with_its_caps() {
    let config = contract();
    let [query] = &target(&config, "db-postgres").queries[..] else { panic!("one query") };
    assert_eq!(query.name, "orders_backlog");
    assert_eq!(query.query.sql, "SELECT count(*) FROM orders WHERE state='new'");
    assert_eq!((query.query.access, query.query.max_rows, query.query.max_bytes), (Access::ReadOnly, 100, 65_536));
    assert_eq!((query.interval, query.timeout), (Duration::from_secs(60), Duration::from_secs(5)));
    assert_eq!((query.min, query.max), (None, Some(1000.0)));
}

#[test]
fn a_page_is_read_and_asked_for_no_role() {
    let config = contract();
    let target = target(&config, "db-api");
    let (driver, plan) = target.open(&dbprobe::registry()).expect("a URL");
    assert_eq!(driver.target().redacted, "http://db-api:3000/health#status=200");
    assert_eq!((target.role, plan.expect_role), (ExpectedRole::Primary, ExpectedRole::Any));
    assert_eq!(plan.timeout, Duration::from_secs(2));
    assert_eq!(self::target(&config, "mail-server").plan.expect_role, ExpectedRole::Primary);
}

#[test]
fn a_secret_that_is_not_there_yet_is_a_warning() {
    let config = contract();
    let warnings: Vec<String> = config.warnings(&dbprobe::registry()).iter().map(ToString::to_string).collect();
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    let expected = "/contract.yaml:9:10: target `db-postgres`: ${file:/run/secrets/pg} cannot be read: ";
    assert!(warning.contains(expected), "{warning}");
}

/// Only the secrets are missing here, and each of those is said.
#[test]
fn the_example_is_right() {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/dbprobe.yaml"));
    let text = std::fs::read_to_string(file).expect("the example");
    let registry = dbprobe::registry();
    let set = |text: &str| {
        let names = [
            "ORDERS_PASSWORD",
            "SHOP_PASSWORD",
            "BILLING_PASSWORD",
            "SESSIONS_PASSWORD",
            "API_TOKEN",
            "CUSTOMERS_PASSWORD",
        ];
        names.iter().fold(text.to_owned(), |text, name| text.replace(&format!("${{{name}}}"), "p%40ss"))
    };
    let config = Config::parse(file, &set(&text), &registry).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!((config.targets.len(), config.modules.len()), (9, 1));
    assert_eq!(config.warnings(&registry), []);
    let mut engines: Vec<&str> =
        config.targets.iter().map(|target| target.open(&registry).expect("a DSN").0.target().engine).collect();
    engines.sort_unstable();
    engines.dedup();
    let mut all: Vec<&str> = registry.engines().iter().map(|engine| engine.name).collect();
    all.sort_unstable();
    assert_eq!(engines, all);
    assert!(!config.render_masked(&registry).expect("YAML").contains("p%40ss"));
}
