//! How Prometheus metrics get into a registry.
#![cfg(feature = "prometheus")]
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod exposition;

use std::error::Error;

use dbprobe_instrument::{PrometheusError, PrometheusMetrics, Tracker};
use exposition::Exposition;
use prometheus::Registry;

#[test]
fn services_as_labels_share_families_in_one_registry() {
    let registry = Registry::new();
    for service in ["content-service", "サービス"] {
        let metrics =
            PrometheusMetrics::builder(service).service_as_label().registry(&registry).const_label("region", "eu");
        let metrics = metrics.build().unwrap();
        Tracker::new(metrics).start_transaction("publish").succeed();
    }
    let seen = Exposition::of(&registry);
    for service in ["content-service", "サービス"] {
        let labels = [("service", service), ("region", "eu"), ("transaction", "publish"), ("outcome", "committed")];
        assert_eq!(seen.value("database_transactions_total", &labels), Some(1.0), "{service}");
    }
}

#[test]
fn buckets_can_be_set() {
    let registry = Registry::new();
    let metrics = PrometheusMetrics::builder("s").registry(&registry).buckets([0.1, 1.0]).build().unwrap();
    Tracker::new(metrics).start_query("select", "content", "by_id").succeed();
    assert_eq!(Exposition::of(&registry).count("s_database_query_duration_seconds_bucket"), 3);
}

#[test]
fn what_cannot_be_registered_is_an_error_that_says_what_to_do() {
    let registry = Registry::new();
    let builder = |service: &str| PrometheusMetrics::builder(service).registry(&registry);
    let text = |result: Result<PrometheusMetrics, PrometheusError>| result.unwrap_err().to_string();
    assert!(text(builder("").build()).contains("service \"\""));
    assert!(text(builder("---").build()).contains("needs an ASCII letter or digit"));
    assert!(matches!(builder("").service_as_label().build(), Err(PrometheusError::Service(_))));
    assert!(matches!(builder("s").buckets([]).build(), Err(PrometheusError::Buckets)));
    assert!(matches!(builder("s").buckets([2.0, 1.0]).build(), Err(PrometheusError::Buckets)));
    for label in ["pool", "operation", "le", "a-b", "__x", ""] {
        assert!(
            matches!(builder("s").const_label(label, "x").build(), Err(PrometheusError::Label(name)) if name == label)
        );
    }
    assert!(matches!(builder("s").const_label("a", "1").const_label("a", "2").build(), Err(PrometheusError::Label(_))));
    assert!(matches!(
        builder("s").service_as_label().const_label("service", "x").build(),
        Err(PrometheusError::Label(name)) if name == "service"
    ));
    let first = builder("content-service").build().unwrap();
    let twice = text(builder("content_service").build());
    assert!(twice.starts_with("the families content_service_database_… are in this registry already"), "{twice}");
    first.unregister().unwrap();
    let error = first.unregister().unwrap_err();
    assert!(matches!(error, PrometheusError::Registry(_)) && error.source().is_some(), "{error}");
    builder("content-service").build().expect("the name is free again");
    assert!(matches!(builder("other").const_label("le", "x").build(), Err(PrometheusError::Label(_))));
    builder("other").build().expect("what was refused left nothing behind");
}

#[test]
fn without_a_registry_it_is_the_default_one() {
    let metrics = PrometheusMetrics::new("default-registry-test").unwrap();
    assert!(matches!(PrometheusMetrics::new("default-registry-test"), Err(PrometheusError::Registered(_))));
    Tracker::new(metrics.clone()).start_transaction("publish").succeed();
    let seen = Exposition::of(prometheus::default_registry());
    assert_eq!(seen.sum("default_registry_test_database_transactions_total"), 1.0);
    metrics.unregister().unwrap();
}
