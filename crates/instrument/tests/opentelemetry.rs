//! What a collector gets of `OpenTelemetryMetrics`, by the SDK's exporter that keeps it in memory.

#![cfg(feature = "opentelemetry")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends where its set-up is wrong")]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use dbprobe_instrument::pool::{AcquirePhase, PoolState, PoolStatus};
use dbprobe_instrument::{DatabaseMetrics, OpenTelemetryMetrics, Outcome, Query, Tracker};
use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, HistogramDataPoint, Metric, MetricData};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, InMemoryMetricExporterBuilder, PeriodicReader, SdkMeterProvider, Temporality,
};

/// What the series of [`content`] say of their query.
const OF_QUERY: &str = "db.collection.name=content db.operation.name=select db.query.summary=get_content_by_id";

/// A provider that hands out what was recorded whenever it is asked.
struct Collector {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

impl Collector {
    fn new(temporality: Temporality) -> Self {
        let exporter = InMemoryMetricExporterBuilder::new().with_temporality(temporality).build();
        // By itself it collects in an hour: only what a test asks for is there.
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(Duration::from_secs(3600)).build();
        Self { exporter, provider: SdkMeterProvider::builder().with_reader(reader).build() }
    }

    fn metrics(&self) -> OpenTelemetryMetrics {
        OpenTelemetryMetrics::new(&self.provider, "postgresql")
    }

    /// One line a series, as `name{attributes} unit value`, sorted.
    fn lines(&self) -> Vec<String> {
        self.provider.force_flush().expect("a collection");
        let collected = self.exporter.get_finished_metrics().expect("what was collected");
        self.exporter.reset();
        let mut lines = Vec::new();
        for metric in collected.iter().flat_map(|all| all.scope_metrics()).flat_map(|scope| scope.metrics()) {
            lines.extend(points(metric));
        }
        lines.sort();
        lines
    }

    /// The lines of the instruments whose name begins with `prefix`.
    fn lines_of(&self, prefix: &str) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.starts_with(prefix)).collect()
    }
}

fn content() -> Query<'static> {
    Query::new("select", "content", "get_content_by_id")
}

fn points(metric: &Metric) -> Vec<String> {
    let line =
        |attributes: String, value: String| format!("{}{{{attributes}}} {} {value}", metric.name(), metric.unit());
    match metric.data() {
        AggregatedMetrics::F64(MetricData::Histogram(all)) => {
            all.data_points().map(|point| line(text(point.attributes()), histogram(point))).collect()
        }
        AggregatedMetrics::U64(MetricData::Sum(all)) if all.is_monotonic() => all
            .data_points()
            .map(|point| line(text(point.attributes()), format!("counter {}", point.value())))
            .collect(),
        AggregatedMetrics::I64(MetricData::Sum(all)) if !all.is_monotonic() => {
            all.data_points().map(|point| line(text(point.attributes()), format!("gauge {}", point.value()))).collect()
        }
        other => panic!("{} is none of the kinds of the conventions: {other:?}", metric.name()),
    }
}

fn text<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    let mut all: Vec<_> = attributes.map(|one| format!("{}={}", one.key, one.value)).collect();
    all.sort();
    all.join(" ")
}

fn histogram(point: &HistogramDataPoint<f64>) -> String {
    let mut text = format!("histogram of {} sum {}", point.count(), point.sum());
    for (bound, count) in point.bounds().map(Some).chain([None]).zip(point.bucket_counts()) {
        match bound {
            _ if count == 0 => {}
            Some(bound) => write!(text, " le {bound}: {count}").expect("a text takes all"),
            None => write!(text, " above: {count}").expect("a text takes all"),
        }
    }
    text
}

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

fn assert_lines(found: &[String], expected: &[impl AsRef<str> + Debug]) {
    let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
    assert_eq!(found, expected);
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
