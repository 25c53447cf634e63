//! What a probe costs beyond the bare driver, on a session that is already open: ping, write, read and inspect.
//!
//! Both sides send statements of the same kind, one round trip each, to the same database. Servers are taken from
//! `DBPROBE_TEST_<ENGINE>_DSN`; without it that engine is left out, and says so.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench that cannot begin ends with its place"
)]

mod mysql;
mod postgres;
mod redis;
mod sqlite;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use dbprobe::{Monitor, Plan, Policy, Source, Status};
use tokio::runtime::{Builder, Runtime};

pub(crate) fn runtime() -> Runtime {
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

pub(crate) fn probe(criterion: &mut Criterion, name: &str, dsn: &str) {
    let runtime = runtime();
    let mut monitor = monitor(&runtime, dsn);
    criterion.bench_function(&format!("{name}/probe"), |bencher| {
        bencher.iter(|| runtime.block_on(monitor.probe()).status());
    });
    runtime.block_on(monitor.close());
}

/// The server of an engine, or why it is left out.
pub(crate) fn server(engine: &str) -> Option<String> {
    let name = format!("DBPROBE_TEST_{}_DSN", engine.to_uppercase());
    let dsn = std::env::var(&name).ok();
    if dsn.is_none() {
        println!("{engine}: left out, {name} is not set");
    }
    dsn
}

criterion_group!(benches, sqlite::bench, postgres::bench, mysql::bench, redis::bench);
criterion_main!(benches);
