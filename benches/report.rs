//! How long it takes to turn a report of a real probe into each format.

#![allow(clippy::expect_used, missing_docs, reason = "a bench that cannot begin ends with its place")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dbprobe::{ExpectedRole, Report};
use dbprobe_exporter::{Naming, Subject, exposition};

/// A real report on a SQLite file.
fn report() -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    let dsn = format!("file:{}?mode=rwc", folder.path().join("bench.db").display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let report = runtime.block_on(dbprobe::check(&dsn).run());
    assert!(report.status().answers(), "{:?}", report.failure());
    report
}

fn render(criterion: &mut Criterion) {
    let report = report();
    let mut group = criterion.benchmark_group("report");
    group.bench_function("json", |bencher| bencher.iter(|| serde_json::to_string(black_box(&report))));
    group.bench_function("prometheus", |bencher| {
        bencher.iter(|| exposition(black_box(&[Subject { report: &report, role: ExpectedRole::Any }]), Naming::Both));
    });
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
