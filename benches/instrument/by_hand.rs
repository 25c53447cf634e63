//! A query that is not measured, and one that is measured by calls that one writes by hand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounterVec, Opts};

use crate::work::{BOUNDS, Measure, NAME, OPERATION, Refused, TABLE};

/// Not measured.
pub(crate) struct Bare;

impl Measure for Bare {
    async fn measure<F: Future<Output = Result<u64, Refused>>>(&self, query: F) -> Result<u64, Refused> {
        query.await
    }
}

/// Two reads of the clock and one atomic add: less is no measurement.
#[derive(Default)]
pub(crate) struct Floor(AtomicU64);

impl Measure for Floor {
    async fn measure<F: Future<Output = Result<u64, Refused>>>(&self, query: F) -> Result<u64, Refused> {
        let since = Instant::now();
        let result = query.await;
        self.0.fetch_add(since.elapsed().subsec_nanos().into(), Ordering::Relaxed);
        result
    }
}

/// `prometheus`, as its own examples have it: the child is looked up by its labels in every call.
pub(crate) struct PrometheusByLabels {
    duration: HistogramVec,
    errors: IntCounterVec,
}

impl PrometheusByLabels {
    pub(crate) fn new() -> Self {
        let (duration, errors) = families();
        Self { duration, errors }
    }
}

impl Measure for PrometheusByLabels {
    async fn measure<F: Future<Output = Result<u64, Refused>>>(&self, query: F) -> Result<u64, Refused> {
        let since = Instant::now();
        let result = query.await;
        self.duration.with_label_values(&[OPERATION, TABLE, NAME]).observe(since.elapsed().as_secs_f64());
        if let Err(Refused(code)) = &result {
            self.errors.with_label_values(&[OPERATION, TABLE, NAME, code]).inc();
        }
        result
    }
}

/// `prometheus`, with the query's own histogram kept by the one who calls.
pub(crate) struct PrometheusKept {
    duration: Histogram,
    errors: IntCounterVec,
}

impl PrometheusKept {
    pub(crate) fn new() -> Self {
        let (duration, errors) = families();
        Self { duration: duration.with_label_values(&[OPERATION, TABLE, NAME]), errors }
    }
}

impl Measure for PrometheusKept {
    async fn measure<F: Future<Output = Result<u64, Refused>>>(&self, query: F) -> Result<u64, Refused> {
        let since = Instant::now();
        let result = query.await;
        self.duration.observe(since.elapsed().as_secs_f64());
        if let Err(Refused(code)) = &result {
            self.errors.with_label_values(&[OPERATION, TABLE, NAME, code]).inc();
        }
        result
    }
}

fn families() -> (HistogramVec, IntCounterVec) {
    let labels = ["operation", "table", "query"];
    let options = HistogramOpts::new("shop_database_query_duration_seconds", "Queries.").buckets(BOUNDS.to_vec());
    let duration = HistogramVec::new(options, &labels).expect("a family");
    let options = Opts::new("shop_database_errors_total", "Errors.");
    let errors = IntCounterVec::new(options, &["operation", "table", "query", "code"]).expect("a family");
    (duration, errors)
}

/// `opentelemetry`, with attributes that are written where the query is.
pub(crate) struct OpenTelemetryByAttributes {
    duration: opentelemetry::metrics::Histogram<f64>,
}

impl OpenTelemetryByAttributes {
    pub(crate) fn new(provider: &SdkMeterProvider) -> Self {
        let meter = provider.meter("by hand");
        let histogram = meter.f64_histogram("db.client.operation.duration");
        Self { duration: histogram.with_unit("s").with_boundaries(BOUNDS.to_vec()).build() }
    }
}

impl Measure for OpenTelemetryByAttributes {
    async fn measure<F: Future<Output = Result<u64, Refused>>>(&self, query: F) -> Result<u64, Refused> {
        let since = Instant::now();
        let result = query.await;
        let seconds = since.elapsed().as_secs_f64();
        let system = KeyValue::new("db.system.name", "postgresql");
        let operation = KeyValue::new("db.operation.name", OPERATION);
        let table = KeyValue::new("db.collection.name", TABLE);
        let name = KeyValue::new("db.query.summary", NAME);
        match &result {
            Ok(_) => self.duration.record(seconds, &[system, operation, table, name]),
            Err(Refused(code)) => {
                let status = KeyValue::new("db.response.status_code", *code);
                let error = KeyValue::new("error.type", *code);
                self.duration.record(seconds, &[system, operation, table, name, status, error]);
            }
        }
        result
    }
}

/// The macros of `metrics`, with labels that are known when the program is compiled: its fastest way.
pub(crate) struct Metrics;

impl Measure for Metrics {
    async fn measure<F: Future<Output = Result<u64, Refused>>>(&self, query: F) -> Result<u64, Refused> {
        let since = Instant::now();
        let result = query.await;
        let seconds = since.elapsed().as_secs_f64();
        metrics::histogram!(
            "database_query_duration_seconds",
            "operation" => OPERATION, "table" => TABLE, "query" => NAME
        )
        .record(seconds);
        if let Err(Refused(code)) = &result {
            metrics::counter!(
                "database_errors_total",
                "operation" => OPERATION, "table" => TABLE, "query" => NAME, "code" => *code
            )
            .increment(1);
        }
        result
    }
}
