//! Every family of the contract is there, and says what the database itself says.

use std::collections::BTreeSet;

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::serve::{Exposition, Serve};

use crate::world::{TARGETS, World, all_up, probes, with};

/// The names of the design, section 8 of the contract.
const COMPAT: [&str; 21] = [
    "db_connection_count",
    "db_connection_errors_total",
    "db_ping_latency_ms",
    "db_read_latency_ms",
    "db_up",
    "db_write_latency_ms",
    "http_request_duration_seconds",
    "http_requests_total",
    "postgres_connections",
    "postgres_max_connections",
    "postgres_queries_total",
    "postgres_query_duration_seconds",
    "postgres_up",
    "redis_commands_total",
    "redis_connected_clients",
    "redis_memory_used_bytes",
    "redis_up",
    "service_health",
    "service_info",
    "service_requests_total",
    "service_up",
];

/// The canonical names beside them.
const CANONICAL: [&str; 16] = [
    "db_connections",
    "db_connections_max",
    "db_phase_duration_seconds",
    "db_probe_failures_total",
    "db_probe_last_run_timestamp_seconds",
    "db_probe_last_success_timestamp_seconds",
    "db_probes_total",
    "db_query_value",
    "db_read_only",
    "db_replication_lag_seconds",
    "db_server_info",
    "db_size_bytes",
    "db_status",
    "db_tls_certificate_not_after_timestamp_seconds",
    "dbprobe_build_info",
    "dbprobe_config_last_reload_successful",
];

const PROCESS: [&str; 5] = [
    "dbprobe_config_last_reload_success_timestamp_seconds",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
];

/// Series of these are about one target.
fn is_of_a_target(name: &str) -> bool {
    ["db_", "service_", "postgres_", "redis_"].iter().any(|prefix| name.starts_with(prefix))
}

pub(crate) fn every_family() -> Result<(), Missing> {
    with(|world| {
        // Nobody listens there, so that there are failures to count.
        let serve = Serve::start(&world.config().target("nobody", "postgres://127.0.0.1:1/x").text());
        let shown = ["db_status", "db_probe_failures_total", "db_replication_lag_seconds", "db_query_value"];
        let wanted: BTreeSet<&str> = COMPAT.iter().chain(&CANONICAL).chain(&PROCESS).copied().collect();
        // A query is asked after the first probe, and a replica tells how far it is behind only once it knows.
        let metrics = serve.until("all targets up, and every family there", &shown, |metrics| {
            all_up(metrics, &TARGETS)
                && metrics.status("nobody") == Some("down")
                && wanted.is_subset(&metrics.families())
        });
        labels(&metrics);
        let of = |target: &'static str| [("target", target)];
        assert_eq!(metrics.value("db_up", &of("nobody")), Some(0.0));
        assert_eq!(metrics.value("db_up", &of("db-postgres")), Some(1.0));
        assert_eq!(metrics.value("service_health", &[("service", "db-api")]), Some(1.0));
        assert_eq!(metrics.value("db_query_value", &[("target", "db-postgres"), ("query", "answer")]), Some(42.0));
        assert!(metrics.value("service_info", &[("service", "db-postgres"), ("version", "1.0.0")]).is_some());
        let refused = [("target", "nobody"), ("phase", "tcp"), ("class", "refused")];
        assert!(metrics.value("db_probe_failures_total", &refused).is_some_and(|count| count >= 1.0));
        for never_measured in ["db_ping_latency_ms", "db_connections", "db_size_bytes", "db_server_info"] {
            assert_eq!(metrics.all(never_measured, &of("nobody")).count(), 0, "{never_measured} of nobody");
        }
    })
}

fn labels(metrics: &Exposition) {
    let engines = [
        ("db-api", "http"),
        ("db-mssql", "mssql"),
        ("db-mysql", "mysql"),
        ("db-postgres", "postgres"),
        ("db-redis", "redis"),
        ("db-sqlite", "sqlite"),
        ("db-tcp", "tcp"),
        ("mail-server", "smtp"),
    ];
    for (target, engine) in engines {
        assert!(
            metrics.value("db_up", &[("target", target), ("db_name", engine)]).is_some(),
            "{target} is no {engine}"
        );
    }
    for (target, role) in [("db-postgres", "primary"), ("db-replica", "replica")] {
        assert!(metrics.value("db_up", &[("target", target), ("db_role", role)]).is_some(), "{target} is no {role}");
    }
    let mut of_targets = metrics.series.iter().filter(|series| is_of_a_target(&series.name));
    let bare =
        of_targets.find(|series| ["target", "db_name", "db_role"].iter().any(|label| series.label(label).is_none()));
    assert_eq!(bare, None, "a target's series without its labels");
    let ours = metrics.all("db_up", &[("target", "db-postgres"), ("team", "payments")]);
    assert_eq!(ours.count(), 1, "the target's own label");
}

pub(crate) fn own_answers() -> Result<(), Missing> {
    with(|world| {
        let serve = Serve::start(&world.config().text());
        serve.until("all targets up", &["db_status"], |metrics| all_up(metrics, &TARGETS));
        postgres(world, &serve);
        mariadb(world, &serve);
        redis(world, &serve);
        let size = || std::fs::metadata(world.sqlite_file()).expect("the file").len();
        serve.until("the file's size", &["db_size_bytes"], |metrics| {
            is(metrics, "db_size_bytes", "db-sqlite", exact(size()))
        });
    })
}

fn postgres(world: &World, serve: &Serve) {
    let target = "db-postgres";
    // Without the session that asks.
    let clients =
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    for name in ["db_connections", "db_connection_count", "postgres_connections"] {
        serve.until(name, &[name], |metrics| is(metrics, name, target, world.sql(clients)));
    }
    let most = "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int \
                - current_setting('reserved_connections')::int";
    let metrics = serve.metrics();
    assert_eq!(metrics.value("db_connections_max", &[("target", target)]), Some(world.sql(most)));
    let size = "SELECT pg_database_size(current_database())";
    serve.until("its size", &["db_size_bytes"], |metrics| is(metrics, "db_size_bytes", target, world.sql(size)));
    let version = world.postgres.ask(&["--command", "SELECT split_part(current_setting('server_version'), ' ', 1)"]);
    version_is(&metrics, target, &version.expect("its version"));
}

fn mariadb(world: &World, serve: &Serve) {
    let ask = |sql: &str| world.mariadb.ask(&["--execute", sql]).expect("the test's own statement");
    let clients = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'root' AND id <> CONNECTION_ID()";
    let clients = || ask(clients).parse().expect("a number");
    serve.until("its clients", &["db_connections"], |metrics| is(metrics, "db_connections", "db-mysql", clients()));
    version_is(&serve.metrics(), "db-mysql", &ask("SELECT VERSION()"));
}

/// Counters that the server itself moves are compared with what it says before and after.
fn redis(world: &World, serve: &Serve) {
    let target = [("target", "db-redis")];
    let before = world.info("total_commands_processed");
    let count = probes(&serve.metrics(), "db-redis");
    let metrics =
        serve.until("two more probes", &["db_probes_total"], |metrics| probes(metrics, "db-redis") >= count + 2.0);
    let after = world.info("total_commands_processed");
    let commands = metrics.value("redis_commands_total", &target).expect("redis_commands_total");
    assert!((before..=after).contains(&commands), "{commands} is not from {before} to {after}");
    let (memory, own) = (metrics.value("redis_memory_used_bytes", &target), world.info("used_memory"));
    assert!(memory.is_some_and(|memory| (own * 0.5..own * 2.0).contains(&memory)), "{memory:?} and {own}");
    // Without the client that asks.
    let clients = || world.info("connected_clients") - 1.0;
    let name = "redis_connected_clients";
    serve.until(name, &[name], |metrics| is(metrics, name, "db-redis", clients()));
    let info = world.redis.ask(&["INFO", "server"]).expect("its version");
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:")).expect("its version");
    version_is(&metrics, "db-redis", version.trim());
}

/// The exporter's version is the server's, or its beginning: servers add the name of their build.
#[track_caller]
fn version_is(metrics: &Exposition, target: &str, told: &str) {
    let labels = [("target", target)];
    let shown = metrics.all("db_server_info", &labels).next().and_then(|series| series.label("version"));
    assert!(shown.is_some_and(|shown| !shown.is_empty() && told.starts_with(shown)), "{shown:?} and {told}");
}

fn is(metrics: &Exposition, name: &str, target: &str, wanted: f64) -> bool {
    metrics.value(name, &[("target", target)]) == Some(wanted)
}

#[expect(clippy::cast_precision_loss, reason = "a small file")]
fn exact(size: u64) -> f64 {
    size as f64
}
