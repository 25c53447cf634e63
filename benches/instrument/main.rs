//! What it costs to measure a query, beside the same query unmeasured, the floor of two clock reads and one atomic add,
//! and calls to the crates `prometheus`, `opentelemetry` and `metrics` as one writes them by hand.
//!
//! First a table: all contenders take turns in one process, so that what else the machine does meets all of them, and
//! the fastest turn of each counts. Then the same through criterion. Every contender has the same three labels (four with
//! OpenTelemetry, whose conventions want the system) and the same ten bounds. `metrics` goes to the recorder of
//! `metrics-exporter-prometheus`, which keeps every value until its upkeep, done here outside of what is timed.
//!
//! Nothing is asserted: the table is to be read.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench that cannot begin ends with its place"
)]

mod work;

mod by_hand;
mod tracked;

mod contender;
mod table;

use std::time::Duration;

use criterion::Criterion;

use contender::{Contender, Contenders};

fn bench(criterion: &mut Criterion, contenders: &Contenders) {
    group(criterion, contenders, "ready", |contender, times| contender.ready(times));
    group(criterion, contenders, "yields once", |contender, times| contender.yields(times));
    group(criterion, contenders, "fails", |contender, times| contender.fails(times));
    group(criterion, contenders, "2 threads", |contender, times| contender.on_two_threads(times));
}

fn group(criterion: &mut Criterion, contenders: &Contenders, name: &str, run: impl Fn(&Contender, u64) -> Duration) {
    let mut group = criterion.benchmark_group(format!("instrument/{name}"));
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for contender in contenders.all() {
        group.bench_function(contender.name(), |bencher| {
            bencher.iter_custom(|times| {
                let took = run(contender, times);
                contenders.upkeep();
                took
            });
        });
    }
    group.finish();
}

fn main() {
    // `cargo test` runs benches, too, with this word: there is nothing to test.
    if std::env::args().any(|word| word == "--test") {
        return;
    }
    let contenders = Contenders::new();
    table::print(&contenders);
    // Whoever wants the table alone says so.
    if std::env::var_os("DBPROBE_BENCH_TABLE_ONLY").is_none() {
        let mut criterion = Criterion::default().configure_from_args();
        bench(&mut criterion, &contenders);
        criterion.final_summary();
    }
}
