//! What a probe costs beyond the bare driver, on a session that is already open: ping, write, read and inspect.
//!
//! Both sides send statements of the same kind, one round trip each, to the same database. PostgreSQL is taken from
//! `DBPROBE_TEST_POSTGRES_DSN`; without it that half is left out, and says so.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench that cannot begin ends with its place"
)]

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use dbprobe::{Monitor, Plan, Policy, Source, Status};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A monitor that keeps its session, after a first probe that was up.
fn monitor(runtime: &Runtime, dsn: &str) -> Monitor {
    let driver = Source::parse(dsn).and_then(|source| source.open(&dbprobe::registry())).expect("a driver");
    let plan = Plan { create_health_table: true, ..Plan::default() };
    let policy = Policy { max_connection_age: Duration::from_secs(3600), ..Policy::default() };
    let mut monitor = Monitor::new(driver, plan, policy);
    let first = runtime.block_on(monitor.probe());
    assert_eq!(first.status(), Status::Up, "{:?}", first.failure());
    monitor
}

fn probe(criterion: &mut Criterion, name: &str, dsn: &str) {
    let runtime = runtime();
    let mut monitor = monitor(&runtime, dsn);
    criterion.bench_function(&format!("{name}/probe"), |bencher| {
        bencher.iter(|| runtime.block_on(monitor.probe()).status());
    });
    runtime.block_on(monitor.close());
}

fn sqlite(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bench.db");
    probe(criterion, "sqlite", &format!("file:{}?mode=rwc", path.display()));
    let connection = rusqlite::Connection::open(&path).expect("a database");
    criterion.bench_function("sqlite/bare", |bencher| {
        bencher.iter(|| {
            let ping: i64 = connection.query_row("SELECT 1", [], |row| row.get(0)).expect("a row");
            let sql = "INSERT INTO _health_check (prober, nonce, seq, checked_at) VALUES ('bare', 'n', 1, 'now') \
                       ON CONFLICT (prober) DO UPDATE SET nonce = excluded.nonce, seq = seq + 1 RETURNING seq";
            let seq: i64 = connection.query_row(sql, [], |row| row.get(0)).expect("a row");
            let read = "SELECT nonce = 'n' FROM _health_check WHERE prober = 'bare'";
            let same: bool = connection.query_row(read, [], |row| row.get(0)).expect("a row");
            let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).expect("a row");
            (ping, seq, same, pages)
        });
    });
}

fn postgres(criterion: &mut Criterion) {
    let Ok(dsn) = std::env::var("DBPROBE_TEST_POSTGRES_DSN") else {
        println!("postgres: left out, DBPROBE_TEST_POSTGRES_DSN is not set");
        return;
    };
    probe(criterion, "postgres", &dsn);
    let runtime = runtime();
    let (client, connection) =
        runtime.block_on(tokio_postgres::connect(&dsn, tokio_postgres::NoTls)).expect("a connection");
    runtime.spawn(connection);
    let guard = "SET LOCAL statement_timeout = 5000; SET LOCAL lock_timeout = 1000; ";
    let statements = [
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', to_regclass('_health_check') IS NOT NULL"
            .to_owned(),
        format!(
            "{guard}INSERT INTO _health_check AS h (prober, nonce, seq, checked_at) VALUES ('bare', 'n', 1, now()) \
             ON CONFLICT (prober) DO UPDATE SET nonce = excluded.nonce, seq = h.seq + 1, \
             checked_at = excluded.checked_at RETURNING seq"
        ),
        format!("{guard}SELECT nonce = 'n' OR seq > 1 FROM _health_check WHERE prober = 'bare'"),
        format!(
            "{guard}SELECT current_setting('server_version'), pg_is_in_recovery(), \
             (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), \
             pg_database_size(current_database())"
        ),
    ];
    criterion.bench_function("postgres/bare", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                for statement in &statements {
                    client.simple_query(statement).await.expect("an answer");
                }
            });
        });
    });
}

criterion_group!(benches, sqlite, postgres);
criterion_main!(benches);
