//! How long `/metrics` takes for a thousand targets of some 260 series each, beside the `prometheus` crate with as many
//! histograms: both write the same number of histogram series, ours writes the gauges and counters, too.

#![allow(missing_docs, reason = "a bench has no reader of its documentation")]
#![allow(clippy::expect_used, reason = "a bench ends where its set-up is wrong")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dbprobe_exporter::Rehearsal;
use prometheus::{Encoder, HistogramOpts, HistogramVec, Registry, TextEncoder};

const TARGETS: usize = 1_000;
const PHASES: [&str; 9] = ["resolve", "tcp", "tls", "auth", "ping", "write", "read", "inspect", "close"];
/// As many as ours.
const BUCKETS: usize = 17;

fn scrape(criterion: &mut Criterion) {
    let fleet = Rehearsal::new(TARGETS);
    let size = || fleet.scrape().map(|piece| black_box(piece).len() as u64).sum::<u64>();
    let mut group = criterion.benchmark_group("metrics");
    group.throughput(Throughput::Bytes(size())).sample_size(20);
    group.bench_function("scrape of 1,000 targets", |bencher| bencher.iter(size));
    let registry = peer();
    let encode = || {
        let mut text = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut text).expect("text");
        black_box(text).len() as u64
    };
    group.throughput(Throughput::Bytes(encode()));
    group.bench_function("prometheus crate, 9,000 histograms", |bencher| bencher.iter(encode));
    group.finish();
}

/// The phases of every target as histograms of the `prometheus` crate.
fn peer() -> Registry {
    let registry = Registry::new();
    let buckets = prometheus::exponential_buckets(0.000_05, 2.0, BUCKETS).expect("bounds");
    let options = HistogramOpts::new("db_phase_duration_seconds", "How long a phase took.").buckets(buckets);
    let labels = ["target", "db_name", "db_role", "team", "phase"];
    let phases = HistogramVec::new(options, &labels).expect("a family");
    registry.register(Box::new(phases.clone())).expect("it is new");
    for number in 0..TARGETS {
        for phase in PHASES {
            let labels = [&format!("orders-{number:05}"), "postgres", "primary", "payments", phase];
            phases.with_label_values(&labels).observe(0.001);
        }
    }
    registry
}

criterion_group!(benches, scrape);
criterion_main!(benches);
