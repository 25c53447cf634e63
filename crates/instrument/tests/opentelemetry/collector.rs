//! What a collector gets, a line a series.

use std::fmt::{Debug, Write};
use std::time::Duration;

use dbprobe_instrument::OpenTelemetryMetrics;
use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, HistogramDataPoint, Metric, MetricData};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, InMemoryMetricExporterBuilder, PeriodicReader, SdkMeterProvider, Temporality,
};

/// A provider that hands out what was recorded whenever it is asked.
pub(crate) struct Collector {
    pub(crate) exporter: InMemoryMetricExporter,
    pub(crate) provider: SdkMeterProvider,
}

impl Collector {
    pub(crate) fn new(temporality: Temporality) -> Self {
        let exporter = InMemoryMetricExporterBuilder::new().with_temporality(temporality).build();
        // By itself it collects in an hour: only what a test asks for is there.
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(Duration::from_secs(3600)).build();
        Self { exporter, provider: SdkMeterProvider::builder().with_reader(reader).build() }
    }

    pub(crate) fn metrics(&self) -> OpenTelemetryMetrics {
        OpenTelemetryMetrics::new(&self.provider, "postgresql")
    }

    /// One line a series, as `name{attributes} unit value`, sorted.
    pub(crate) fn lines(&self) -> Vec<String> {
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
    pub(crate) fn lines_of(&self, prefix: &str) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.starts_with(prefix)).collect()
    }
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

pub(crate) fn assert_lines(found: &[String], expected: &[impl AsRef<str> + Debug]) {
    let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
    assert_eq!(found, expected);
}
