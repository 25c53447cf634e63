//! Pools and their connections.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use dbprobe_instrument::DatabaseMetrics;
use dbprobe_instrument::pool::{AcquirePhase, PoolState, PoolStatus};
use opentelemetry_sdk::metrics::Temporality;

use crate::collector::{Collector, assert_lines};

/// A pool of a test: it says what it is told to.
#[derive(Default)]
struct Told(Mutex<PoolStatus>);

impl Told {
    fn pool(tell: impl FnOnce(&mut PoolStatus)) -> Arc<Self> {
        let pool = Arc::new(Self::default());
        pool.tell(tell);
        pool
    }

    fn tell(&self, tell: impl FnOnce(&mut PoolStatus)) {
        tell(&mut self.0.lock().expect("nobody panicked"));
    }
}

impl PoolState for Told {
    fn status(&self) -> PoolStatus {
        *self.0.lock().expect("nobody panicked")
    }
}

fn weak<P: PoolState>(pool: &Arc<P>) -> Weak<dyn PoolState> {
    let weak: Weak<P> = Arc::downgrade(pool);
    weak
}

#[test]
fn gauges_are_read_when_the_sdk_collects_and_go_with_the_pool() {
    for temporality in [Temporality::Cumulative, Temporality::LowMemory] {
        let collector = Collector::new(temporality);
        let metrics = collector.metrics();
        let pool = Told::pool(|status| {
            (status.max, status.min, status.total) = (Some(16), Some(2), Some(7));
            (status.idle, status.active, status.waiting) = (Some(4), Some(3), Some(0));
        });
        let _series = metrics.pool("main", weak(&pool));
        let gauges = |idle: u64, used: u64, waiting: u64| {
            let name = "db.client.connection.pool.name=main";
            [
                format!(
                    "db.client.connection.count{{{name} db.client.connection.state=idle}} {{connection}} gauge {idle}"
                ),
                format!(
                    "db.client.connection.count{{{name} db.client.connection.state=used}} {{connection}} gauge {used}"
                ),
                format!("db.client.connection.idle.min{{{name}}} {{connection}} gauge 2"),
                format!("db.client.connection.max{{{name}}} {{connection}} gauge 16"),
                format!("db.client.connection.pending_requests{{{name}}} {{request}} gauge {waiting}"),
            ]
        };
        assert_lines(&collector.lines(), &gauges(4, 3, 0));
        pool.tell(|status| (status.idle, status.active, status.waiting) = (Some(0), Some(16), Some(5)));
        assert_lines(&collector.lines(), &gauges(0, 16, 5));
        drop(pool);
        assert_lines(&collector.lines(), &[""; 0]);
    }
}

#[test]
fn what_a_pool_cannot_tell_is_absent() {
    let collector = Collector::new(Temporality::Cumulative);
    let metrics = collector.metrics();
    let pool = Told::pool(|status| (status.total, status.active) = (Some(3), Some(3)));
    let _series = metrics.pool("main", weak(&pool));
    let used = "db.client.connection.count{db.client.connection.pool.name=main db.client.connection.state=used} \
                {connection} gauge 3";
    assert_lines(&collector.lines(), &[used]);
    pool.tell(|status| status.active = None);
    assert_lines(&collector.lines(), &[""; 0]);
}

#[test]
fn pools_of_one_name_are_added_up_where_all_of_them_can_tell() {
    let collector = Collector::new(Temporality::Cumulative);
    let metrics = collector.metrics();
    let one = Told::pool(|status| (status.max, status.waiting) = (Some(10), Some(1)));
    let two = Told::pool(|status| status.max = Some(5));
    let other = Told::pool(|status| status.max = Some(7));
    let _series =
        [("main", &one), ("main", &two), ("replica", &other)].map(|(name, pool)| metrics.pool(name, weak(pool)));
    let max = |name: &str, value: u64| {
        format!("db.client.connection.max{{db.client.connection.pool.name={name}}} {{connection}} gauge {value}")
    };
    assert_lines(&collector.lines_of("db.client.connection.max"), &[max("main", 15), max("replica", 7)]);
    let waiting = "db.client.connection.pending_requests";
    assert_lines(&collector.lines_of(waiting), &[""; 0]);
    two.tell(|status| status.waiting = Some(2));
    let both = format!("{waiting}{{db.client.connection.pool.name=main}} {{request}} gauge 3");
    assert_lines(&collector.lines_of(waiting), &[both]);
    two.tell(|status| status.waiting = None);
    drop(one);
    assert_lines(&collector.lines(), &[max("main", 5), max("replica", 7)]);
}

#[test]
fn a_pool_whose_last_owner_is_the_collection_and_that_panics_when_it_is_dropped_costs_its_own_gauges_only() {
    /// Gives up its last owner when it is asked.
    struct Leaving(Mutex<Option<Arc<Self>>>);

    impl PoolState for Leaving {
        fn status(&self) -> PoolStatus {
            *self.0.lock().expect("nobody panicked") = None;
            PoolStatus::default()
        }
    }

    impl Drop for Leaving {
        fn drop(&mut self) {
            panic!("a fault in a pool, on purpose")
        }
    }

    let collector = Collector::new(Temporality::Cumulative);
    let metrics = collector.metrics();
    let leaving = Arc::new(Leaving(Mutex::new(None)));
    *leaving.0.lock().expect("nobody panicked") = Some(Arc::clone(&leaving));
    let sound = Told::pool(|status| status.max = Some(10));
    let _series = [metrics.pool("leaving", weak(&leaving)), metrics.pool("sound", weak(&sound))];
    drop(leaving);
    for _ in 0..2 {
        assert_lines(
            &collector.lines(),
            &["db.client.connection.max{db.client.connection.pool.name=sound} {connection} gauge 10"],
        );
    }
}

#[test]
fn gauges_go_with_the_metrics_too() {
    let collector = Collector::new(Temporality::Cumulative);
    let pool = Told::pool(|status| status.max = Some(10));
    let metrics = collector.metrics();
    let _series = metrics.pool("main", weak(&pool));
    assert_eq!(collector.lines().len(), 1);
    drop(metrics);
    assert_lines(&collector.lines(), &[""; 0]);
}

#[test]
fn a_pool_that_panics_costs_its_own_gauges_only() {
    struct Broken;

    impl PoolState for Broken {
        fn status(&self) -> PoolStatus {
            panic!("a fault in a pool, on purpose")
        }
    }

    let collector = Collector::new(Temporality::Cumulative);
    let metrics = collector.metrics();
    let (broken, sound) = (Arc::new(Broken), Told::pool(|status| status.max = Some(10)));
    let _series = [metrics.pool("broken", weak(&broken)), metrics.pool("sound", weak(&sound))];
    assert_lines(
        &collector.lines(),
        &["db.client.connection.max{db.client.connection.pool.name=sound} {connection} gauge 10"],
    );
}

#[test]
fn waits_and_uses_of_connections_are_those_of_the_conventions() {
    let collector = Collector::new(Temporality::Cumulative);
    let pool = Arc::new(Told::default());
    let series = collector.metrics().pool("main", weak(&pool));
    series.acquired(Duration::from_millis(1));
    series.created(Duration::from_millis(5));
    series.tested(Duration::from_millis(10));
    series.released(Duration::from_secs(1));
    for phase in [None, Some(AcquirePhase::Create), Some(AcquirePhase::Test), Some(AcquirePhase::Wait)] {
        series.timed_out(phase);
    }
    series.timed_out(None);
    series.failed("28P01");
    series.cancelled();
    let name = "db.client.connection.pool.name=main";
    let timeouts = format!("db.client.connection.timeouts{{{name}");
    let errors = format!("dbprobe.connection.errors{{{name}");
    assert_lines(
        &collector.lines(),
        &[
            format!("db.client.connection.create_time{{{name}}} s histogram of 1 sum 0.005 le 0.005: 1"),
            format!("{timeouts} dbprobe.connection.phase=create}} {{timeout}} counter 1"),
            format!("{timeouts} dbprobe.connection.phase=test}} {{timeout}} counter 1"),
            format!("{timeouts} dbprobe.connection.phase=wait}} {{timeout}} counter 1"),
            format!("{timeouts}}} {{timeout}} counter 2"),
            format!("db.client.connection.use_time{{{name}}} s histogram of 1 sum 1 le 1: 1"),
            format!("db.client.connection.wait_time{{{name}}} s histogram of 1 sum 0.001 le 0.001: 1"),
            format!("{errors} db.response.status_code=28P01 error.type=28P01}} {{error}} counter 1"),
            format!("{errors} error.type=cancelled}} {{error}} counter 1"),
            format!("dbprobe.connection.test_time{{{name}}} s histogram of 1 sum 0.01 le 0.01: 1"),
        ],
    );
}
