//! Queries and transactions.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use dbprobe_instrument::{DatabaseMetrics, Outcome, Query, Tracker};
use opentelemetry_sdk::metrics::Temporality;

use crate::collector::{Collector, assert_lines};

/// What the series of [`content`] say of their query.
const OF_QUERY: &str = "db.collection.name=content db.operation.name=select db.query.summary=get_content_by_id";

fn content() -> Query<'static> {
    Query::new("select", "content", "get_content_by_id")
}

#[test]
fn a_query_is_an_operation_of_the_conventions() {
    let collector = Collector::new(Temporality::Cumulative);
    let series = collector.metrics().query(&content());
    series.ended(Duration::from_millis(8), Outcome::Ok);
    series.ended(Duration::from_millis(16_000), Outcome::Ok);
    assert_lines(
        &collector.lines(),
        &[format!(
            "db.client.operation.duration{{{OF_QUERY} db.system.name=postgresql}} s \
             histogram of 2 sum 16.008 le 0.01: 1 above: 1"
        )],
    );
}

#[test]
fn the_bounds_are_those_of_the_conventions() {
    let collector = Collector::new(Temporality::Cumulative);
    let series = collector.metrics().query(&content());
    for micros in [1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 10_000_000] {
        series.ended(Duration::from_micros(micros), Outcome::Ok);
    }
    let lines = collector.lines();
    let counts = "le 0.001: 1 le 0.005: 1 le 0.01: 1 le 0.05: 1 le 0.1: 1 le 0.5: 1 le 1: 1 le 5: 1 le 10: 1";
    assert!(lines[0].ends_with(counts), "{lines:?}");
}

#[test]
fn an_error_is_told_by_its_code_and_a_word_is_no_status_of_the_server() {
    let collector = Collector::new(Temporality::Cumulative);
    let series = collector.metrics().query(&content());
    for code in ["23505", "1062", "pool_timeout", "other", "23505"] {
        series.ended(Duration::from_secs(1), Outcome::Failed(code));
    }
    series.ended(Duration::from_secs(1), Outcome::Cancelled);
    let line = |status: &str, error: &str, count: u64| {
        format!(
            "db.client.operation.duration{{{OF_QUERY}{status} db.system.name=postgresql error.type={error}}} s \
             histogram of {count} sum {count} le 1: {count}"
        )
    };
    assert_lines(
        &collector.lines(),
        &[
            line(" db.response.status_code=1062", "1062", 1),
            line(" db.response.status_code=23505", "23505", 2),
            line("", "_OTHER", 1),
            line("", "cancelled", 1),
            line("", "pool_timeout", 1),
        ],
    );
}

#[test]
fn a_query_keeps_sixteen_codes_apart() {
    let collector = Collector::new(Temporality::Cumulative);
    let series = collector.metrics().query(&content());
    for code in 10..30_u32 {
        series.ended(Duration::from_secs(1), Outcome::Failed(&code.to_string()));
    }
    let lines = collector.lines();
    assert_eq!(lines.len(), 17, "{lines:?}");
    let rest: Vec<_> = lines.into_iter().filter(|line| line.contains("error.type=_OTHER")).collect();
    let of = format!("db.client.operation.duration{{{OF_QUERY} db.system.name=postgresql error.type=_OTHER}}");
    assert_lines(&rest, &[format!("{of} s histogram of 4 sum 4 le 1: 4")]);
}

#[test]
fn a_database_is_named_where_the_program_names_it() {
    let collector = Collector::new(Temporality::Cumulative);
    let metrics = collector.metrics().namespace("wrong").server("db.internal").port(5433).namespace("orders");
    metrics.query(&content()).ended(Duration::from_secs(1), Outcome::Ok);
    metrics.transaction("checkout").ended(Duration::from_secs(1), Outcome::Ok);
    let server = "server.address=db.internal server.port=5433";
    assert_lines(
        &collector.lines(),
        &[
            format!(
                "db.client.operation.duration{{db.collection.name=content db.namespace=orders db.operation.name=select \
                 db.query.summary=get_content_by_id db.system.name=postgresql {server}}} s histogram of 1 sum 1 le 1: 1"
            ),
            format!(
                "dbprobe.transaction.duration{{db.namespace=orders db.system.name=postgresql \
                 dbprobe.transaction.name=checkout {server}}} s histogram of 1 sum 1 le 1: 1"
            ),
        ],
    );
}

#[test]
fn an_empty_name_is_left_out() {
    let collector = Collector::new(Temporality::Cumulative);
    let query = Query::new("call", "", "");
    collector.metrics().namespace("").server("").query(&query).ended(Duration::from_secs(1), Outcome::Ok);
    assert_lines(
        &collector.lines(),
        &[
            "db.client.operation.duration{db.operation.name=call db.system.name=postgresql} s histogram of 1 sum 1 le 1: 1",
        ],
    );
}

#[test]
fn a_transaction_says_how_it_ended() {
    let collector = Collector::new(Temporality::Cumulative);
    let series = collector.metrics().transaction("checkout");
    for outcome in [Outcome::Ok, Outcome::Failed("40001"), Outcome::Cancelled] {
        series.ended(Duration::from_secs(2), outcome);
    }
    let line = |before: &str, after: &str| {
        format!(
            "dbprobe.transaction.duration{{{before}db.system.name=postgresql dbprobe.transaction.name=checkout{after}}} s \
             histogram of 1 sum 2 le 5: 1"
        )
    };
    assert_lines(
        &collector.lines(),
        &[line("db.response.status_code=40001 ", " error.type=40001"), line("", " error.type=cancelled"), line("", "")],
    );
}

#[test]
fn a_tracker_records_successes_errors_and_dropped_futures() {
    let collector = Collector::new(Temporality::Cumulative);
    let tracker = Tracker::builder().classify(|code: &u16| Some(code.to_string().into())).build(collector.metrics());
    let mut context = Context::from_waker(Waker::noop());
    for result in [Ok(()), Err(1205_u16), Ok(())] {
        let mut query = Box::pin(tracker.track_query("select", "content", "a", async move { result }));
        assert_eq!(query.as_mut().poll(&mut context), Poll::Ready(result));
    }
    let mut dropped =
        Box::pin(tracker.track_query("select", "content", "a", std::future::pending::<Result<(), u16>>()));
    assert_eq!(dropped.as_mut().poll(&mut context), Poll::Pending);
    drop(dropped);
    // How long they took is not known.
    let counts: Vec<_> =
        collector.lines().iter().filter_map(|line| Some(line.split_once(" sum")?.0.to_owned())).collect();
    let of = "db.client.operation.duration{db.collection.name=content db.operation.name=select db.query.summary=a";
    assert_lines(
        &counts,
        &[
            format!("{of} db.response.status_code=1205 db.system.name=postgresql error.type=1205}} s histogram of 1"),
            format!("{of} db.system.name=postgresql error.type=cancelled}} s histogram of 1"),
            format!("{of} db.system.name=postgresql}} s histogram of 2"),
        ],
    );
}

#[test]
fn the_scope_names_this_crate_and_the_version_of_the_conventions() {
    let collector = Collector::new(Temporality::Cumulative);
    collector.metrics().query(&content()).ended(Duration::ZERO, Outcome::Ok);
    collector.provider.force_flush().expect("a collection");
    let collected = collector.exporter.get_finished_metrics().expect("what was collected");
    let scopes: Vec<_> = collected.iter().flat_map(|all| all.scope_metrics()).map(|scope| scope.scope()).collect();
    let scope = scopes.first().expect("a scope");
    assert_eq!((scope.name(), scope.version()), ("dbprobe-instrument", Some(env!("CARGO_PKG_VERSION"))));
    assert_eq!(scope.schema_url(), Some("https://opentelemetry.io/schemas/1.42.0"));
}
