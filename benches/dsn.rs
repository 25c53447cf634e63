//! How long it takes to read a DSN: the work before the first packet.

#![allow(clippy::expect_used, missing_docs, reason = "a bench that cannot begin ends with its place")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dbprobe::Source;

const DSNS: [(&str, &str); 3] = [
    ("postgres", "postgres://app:s3cret@db:5432/orders?sslmode=disable"),
    (
        "postgres with everything",
        "postgresql://app:p%40ss@h1:5432,h2:5433,[::1]:5434/orders?target_session_attrs=read-write&sslmode=verify-full\
         &sslrootcert=/etc/ca.pem&application_name=probe&connect_timeout=3&options=-c%20geqo%3Doff",
    ),
    ("sqlite", "file:demo.db?mode=rwc&cache=shared"),
];

fn read(criterion: &mut Criterion) {
    let registry = dbprobe::registry();
    let mut group = criterion.benchmark_group("dsn");
    for (name, dsn) in DSNS {
        group.bench_function(name, |bencher| {
            bencher.iter(|| Source::parse(black_box(dsn)).and_then(|source| source.open(&registry)));
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
