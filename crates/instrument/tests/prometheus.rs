//! What a Prometheus server sees.
#![cfg(feature = "prometheus")]
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod exposition;

use std::borrow::Cow;
use std::future::{pending, ready};
use std::task::{Context, Waker};
use std::time::Duration;

use dbprobe_instrument::{DatabaseMetrics, Outcome, PrometheusMetrics, Query, Tracker};
use exposition::Exposition;
use prometheus::Registry;

#[derive(Debug)]
struct Coded(String);

fn metrics(service: &str) -> (PrometheusMetrics, Registry) {
    let registry = Registry::new();
    let metrics = PrometheusMetrics::builder(service).registry(&registry).build().expect("a registry of its own");
    (metrics, registry)
}

fn tracker(metrics: PrometheusMetrics) -> Tracker {
    Tracker::builder().classify(|error: &Coded| Some(Cow::Borrowed(&*error.0))).build(metrics)
}

#[tokio::test]
async fn a_query_is_a_histogram_by_outcome_and_its_errors_are_counted_by_code() {
    let (metrics, registry) = metrics("content-service");
    let tracker = tracker(metrics);
    let by_id = ["select", "content", "get_content_by_id"];
    for _ in 0..3 {
        tracker.track_query(by_id[0], by_id[1], by_id[2], ready(Ok::<_, Coded>(()))).await.unwrap();
    }
    let refused = ready(Err::<(), _>(Coded("57014".into())));
    tracker.track_query(by_id[0], by_id[1], by_id[2], refused).await.unwrap_err();
    let mut dropped = Box::pin(tracker.track_query(by_id[0], by_id[1], by_id[2], pending::<Result<(), Coded>>()));
    assert!(dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(dropped);
    let seen = Exposition::of(&registry);
    let name = "content_service_database_query_duration_seconds";
    assert_eq!(seen.families[name], "histogram");
    let labels = [("operation", by_id[0]), ("table", by_id[1]), ("query", by_id[2])];
    for (outcome, count) in [("ok", 3.0), ("error", 1.0), ("cancelled", 1.0)] {
        let labels = [labels[0], labels[1], labels[2], ("outcome", outcome)];
        assert_eq!(seen.value(&format!("{name}_count"), &labels), Some(count), "{outcome}");
    }
    let labels = [labels[0], labels[1], labels[2], ("error", "57014")];
    assert_eq!(seen.value("content_service_database_errors_total", &labels), Some(1.0));
    assert_eq!(seen.count("content_service_database_errors_total"), 1, "a cancelled query is no error");
}

#[test]
fn times_are_in_seconds_and_fall_into_their_buckets() {
    let (metrics, registry) = metrics("s");
    let query = metrics.query(&Query::new("select", "content", "by_id"));
    for micros in [40, 60, 200_000, 20_000_000] {
        query.ended(Duration::from_micros(micros), Outcome::Ok);
    }
    let seen = Exposition::of(&registry);
    let labels = [("operation", "select"), ("table", "content"), ("query", "by_id"), ("outcome", "ok")];
    let sum = seen.value("s_database_query_duration_seconds_sum", &labels).unwrap();
    assert!((sum - 20.2001).abs() < 1e-9, "{sum}");
    for (bound, count) in [("0.00005", 1.0), ("0.0001", 2.0), ("0.1", 2.0), ("0.25", 3.0), ("10", 3.0), ("+Inf", 4.0)] {
        let labels = [labels[0], labels[1], labels[2], labels[3], ("le", bound)];
        assert_eq!(seen.value("s_database_query_duration_seconds_bucket", &labels), Some(count), "{bound}");
    }
}

#[tokio::test]
async fn a_transaction_is_committed_rolled_back_or_cancelled() {
    let (metrics, registry) = metrics("s");
    let tracker = tracker(metrics);
    tracker.track_transaction("publish", ready(Ok::<_, Coded>(()))).await.unwrap();
    for _ in 0..2 {
        tracker.track_transaction("publish", ready(Err::<(), _>(Coded("40001".into())))).await.unwrap_err();
    }
    drop(tracker.start_transaction("publish"));
    let seen = Exposition::of(&registry);
    for (outcome, count) in [("committed", 1.0), ("rolled_back", 2.0), ("cancelled", 1.0)] {
        let labels = [("transaction", "publish"), ("outcome", outcome)];
        assert_eq!(seen.value("s_database_transactions_total", &labels), Some(count), "{outcome}");
        assert_eq!(seen.value("s_database_transaction_duration_seconds_count", &labels), Some(count), "{outcome}");
    }
    let labels = [("operation", "transaction"), ("table", ""), ("query", "publish"), ("error", "40001")];
    assert_eq!(seen.value("s_database_errors_total", &labels), Some(2.0));
}

#[test]
fn ten_thousand_names_are_a_bounded_number_of_series_and_none_is_lost() {
    let (metrics, registry) = metrics("s");
    let tracker = tracker(metrics);
    for n in 0..10_000 {
        let name = n.to_string();
        tracker.start_query("select", "content", &name).succeed();
        tracker.start_query("select", "content", &name).fail(&Coded(format!("E{n}")));
        tracker.start_transaction(&name).succeed();
    }
    let seen = Exposition::of(&registry);
    assert_eq!(seen.count("s_database_query_duration_seconds_count"), 501 * 2);
    assert_eq!(seen.sum("s_database_query_duration_seconds_count"), 20_000.0);
    assert_eq!(seen.sum("s_database_errors_total"), 10_000.0);
    assert_eq!(seen.count("s_database_errors_total"), 501, "one code for each query, 100 of them by their names");
    let codes: std::collections::BTreeSet<_> =
        seen.of_name("s_database_errors_total").map(|(labels, _)| &labels["error"]).collect();
    assert_eq!(codes.len(), 101);
    assert_eq!(seen.count("s_database_transactions_total"), 101);
    assert_eq!(seen.sum("s_database_transactions_total"), 10_000.0);
}

#[test]
fn one_query_keeps_sixteen_codes_apart() {
    let (metrics, registry) = metrics("s");
    let query = metrics.query(&Query::new("select", "content", "by_id"));
    for n in 0..100 {
        query.ended(Duration::ZERO, Outcome::Failed(&n.to_string()));
    }
    let seen = Exposition::of(&registry);
    assert_eq!((seen.count("s_database_errors_total"), seen.sum("s_database_errors_total")), (17, 100.0));
    let labels = [("operation", "select"), ("table", "content"), ("query", "by_id"), ("error", "other")];
    assert_eq!(seen.value("s_database_errors_total", &labels), Some(84.0));
}

#[test]
fn whatever_a_name_holds_the_exposition_is_legal_and_gives_it_back() {
    let (metrics, registry) = metrics("s");
    let tracker = tracker(metrics);
    let names = ["a \"quoted\" one", "two\nlines", r"back\slash", r"\n", "{}=,", "größer", "", " ", "\u{0}"];
    for name in names {
        tracker.start_query(name, name, name).fail(&Coded("x\"\n\\".into()));
    }
    let seen = Exposition::of(&registry);
    for name in names {
        let labels = [("operation", name), ("table", name), ("query", name), ("error", "x\"\n\\")];
        assert_eq!(seen.value("s_database_errors_total", &labels), Some(1.0), "{name:?}");
    }
}

#[test]
fn names_that_run_into_each_other_are_not_mixed_up() {
    let (metrics, registry) = metrics("s");
    let tracker = tracker(metrics);
    // `with_label_values` of the prometheus crate takes these for one.
    tracker.start_query("select", "user", "s_all").succeed();
    tracker.start_query("select", "users", "_all").succeed();
    let seen = Exposition::of(&registry);
    for (table, query) in [("user", "s_all"), ("users", "_all")] {
        let labels = [("operation", "select"), ("table", table), ("query", query), ("outcome", "ok")];
        assert_eq!(seen.value("s_database_query_duration_seconds_count", &labels), Some(1.0), "{table} {query}");
    }
}

#[test]
fn trackers_that_share_metrics_share_series() {
    let (metrics, registry) = metrics("s");
    for tracker in [tracker(metrics.clone()), tracker(metrics)] {
        tracker.start_query("select", "content", "by_id").succeed();
    }
    let seen = Exposition::of(&registry);
    assert_eq!(seen.count("s_database_query_duration_seconds_count"), 1);
    assert_eq!(seen.sum("s_database_query_duration_seconds_count"), 2.0);
}
