//! What a Prometheus server sees of pools.
#![cfg(feature = "prometheus")]
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod exposition;

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use dbprobe_instrument::pool::{AcquirePhase, PoolState, PoolStatus};
use dbprobe_instrument::{DatabaseMetrics, PrometheusMetrics};
use exposition::Exposition;
use prometheus::Registry;

/// A pool that says what it is told to.
struct Told(Mutex<PoolStatus>);

impl PoolState for Told {
    fn status(&self) -> PoolStatus {
        *self.0.lock().expect("no test panics while it holds it")
    }
}

/// A pool that panics.
struct Broken;

impl PoolState for Broken {
    fn status(&self) -> PoolStatus {
        panic!("the pool is broken")
    }
}

fn metrics(service: &str) -> (PrometheusMetrics, Registry) {
    let registry = Registry::new();
    let metrics = PrometheusMetrics::builder(service).registry(&registry).build().expect("a registry of its own");
    (metrics, registry)
}

fn told(change: impl FnOnce(&mut PoolStatus)) -> Arc<Told> {
    let mut status = PoolStatus::default();
    change(&mut status);
    Arc::new(Told(Mutex::new(status)))
}

fn weak<P: PoolState>(pool: &Arc<P>) -> Weak<dyn PoolState> {
    let weak: Weak<P> = Arc::downgrade(pool);
    weak
}

#[test]
fn a_pool_counts_what_it_hands_out_and_what_it_does_not() {
    let (metrics, registry) = metrics("s");
    let pool = metrics.pool("main", weak(&told(|_| {})));
    let second = Duration::from_secs(1);
    pool.acquired(second);
    pool.acquired(second);
    pool.released(second);
    pool.timed_out(Some(AcquirePhase::Wait));
    pool.timed_out(None);
    pool.failed("28P01");
    pool.cancelled();
    let seen = Exposition::of(&registry);
    let main = ("pool", "main");
    for (name, value) in [
        ("s_database_connections_acquired_total", 2.0),
        ("s_database_connections_released_total", 1.0),
        ("s_database_connection_waits_cancelled_total", 1.0),
        ("s_database_connection_wait_duration_seconds_sum", 2.0),
        ("s_database_connection_use_duration_seconds_count", 1.0),
    ] {
        assert_eq!(seen.value(name, &[main]), Some(value), "{name}");
    }
    for phase in ["wait", "unknown"] {
        assert_eq!(seen.value("s_database_connection_timeouts_total", &[main, ("phase", phase)]), Some(1.0), "{phase}");
    }
    let acquire = [("operation", "acquire"), ("table", ""), ("query", "main")];
    for (code, count) in [("pool_timeout", 2.0), ("28P01", 1.0)] {
        let labels = [acquire[0], acquire[1], acquire[2], ("error", code)];
        assert_eq!(seen.value("s_database_errors_total", &labels), Some(count), "{code}");
    }
    for absent in ["create", "test"] {
        let family = format!("s_database_connection_{absent}_duration_seconds");
        assert!(!seen.families.contains_key(&family), "{family}: no pool told it");
    }
    pool.created(second);
    pool.tested(second);
    let seen = Exposition::of(&registry);
    for told in ["create", "test"] {
        let sum = format!("s_database_connection_{told}_duration_seconds_sum");
        assert_eq!(seen.value(&sum, &[main]), Some(1.0), "{sum}");
    }
}

#[test]
fn gauges_are_read_at_each_scrape_absent_where_unknown_and_withdrawn_with_the_pool() {
    let (metrics, registry) = metrics("s");
    let pool = told(|status| (status.total, status.min, status.active) = (Some(7), Some(5), Some(3)));
    metrics.pool("main", weak(&pool));
    let main = [("pool", "main")];
    let seen = Exposition::of(&registry);
    assert_eq!(seen.families["s_database_connections_total"], "gauge");
    for (name, value) in [
        ("active", Some(3.0)),
        ("total", Some(7.0)),
        ("overflow", Some(2.0)),
        ("idle", None),
        ("max", None),
        ("waiting", None),
    ] {
        assert_eq!(seen.value(&format!("s_database_connections_{name}"), &main), value, "{name}");
    }
    *pool.0.lock().unwrap() = {
        let mut status = PoolStatus::default();
        (status.active, status.idle, status.max, status.waiting) = (Some(0), Some(4), Some(10), Some(1));
        status
    };
    let seen = Exposition::of(&registry);
    for (name, value) in [
        ("active", Some(0.0)),
        ("idle", Some(4.0)),
        ("max", Some(10.0)),
        ("waiting", Some(1.0)),
        ("total", None),
        ("overflow", None),
    ] {
        assert_eq!(seen.value(&format!("s_database_connections_{name}"), &main), value, "{name}");
    }
    drop(pool);
    let seen = Exposition::of(&registry);
    for name in ["active", "idle", "total", "overflow", "max", "waiting"] {
        assert_eq!(seen.count(&format!("s_database_connections_{name}")), 0, "{name}");
    }
    assert_eq!(seen.value("s_database_connections_acquired_total", &main), Some(0.0), "counters are history and stay");
}

#[test]
fn gauges_of_pools_of_one_name_are_added_up_where_all_of_them_tell() {
    let (metrics, registry) = metrics("s");
    let first = told(|status| (status.active, status.idle) = (Some(2), Some(1)));
    let second = told(|status| status.active = Some(3));
    let other = told(|status| status.active = Some(9));
    for (name, pool) in [("shard", &first), ("shard", &second), ("main", &other)] {
        metrics.pool(name, weak(pool));
    }
    let seen = Exposition::of(&registry);
    assert_eq!(seen.value("s_database_connections_active", &[("pool", "shard")]), Some(5.0));
    assert_eq!(seen.value("s_database_connections_active", &[("pool", "main")]), Some(9.0));
    assert_eq!(seen.value("s_database_connections_idle", &[("pool", "shard")]), None, "half a sum is no sum");
    drop(second);
    let seen = Exposition::of(&registry);
    assert_eq!(seen.value("s_database_connections_active", &[("pool", "shard")]), Some(2.0));
    assert_eq!(seen.value("s_database_connections_idle", &[("pool", "shard")]), Some(1.0));
}

#[test]
fn a_pool_that_panics_costs_its_gauges_and_not_the_scrape() {
    let (metrics, registry) = metrics("s");
    let (broken, whole) = (Arc::new(Broken), told(|status| status.active = Some(1)));
    metrics.pool("broken", weak(&broken)).acquired(Duration::ZERO);
    metrics.pool("whole", weak(&whole));
    for _ in 0..2 {
        let seen = Exposition::of(&registry);
        assert_eq!(seen.value("s_database_connections_active", &[("pool", "broken")]), None);
        assert_eq!(seen.value("s_database_connections_active", &[("pool", "whole")]), Some(1.0));
        assert_eq!(seen.value("s_database_connections_acquired_total", &[("pool", "broken")]), Some(1.0));
    }
}
