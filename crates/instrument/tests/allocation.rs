//! After the first use of a name, measuring allocates nothing.
#![cfg(feature = "prometheus")]
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

use std::borrow::Cow;
use std::future::{Ready, pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use dbprobe_instrument::{Limits, NoMetrics, PrometheusMetrics, TrackFuture, Tracker};
use prometheus::Registry;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Coded(&'static str);

const ROUNDS: u64 = 1000;

fn tracker(limits: Limits) -> Tracker {
    let metrics = PrometheusMetrics::builder("s").registry(&Registry::new()).build().expect("a registry of its own");
    Tracker::builder().limits(limits).classify(|error: &Coded| Some(Cow::Borrowed(error.0))).build(metrics)
}

/// The allocations of `work`, done often after it was done once.
fn allocations(work: impl Fn()) -> u64 {
    assert_ne!(measure(|| drop(vec![0_u8; 16])).count_total, 0, "the allocator counts");
    work();
    measure(|| (0..ROUNDS).for_each(|_| work())).count_total
}

/// Polls a future that is ready.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it is ready"),
    }
}

fn result(result: Result<u8, Coded>) -> Ready<Result<u8, Coded>> {
    ready(result)
}

#[test]
fn a_tracked_query_allocates_nothing() {
    let tracker = tracker(Limits::default());
    let query = || {
        assert_eq!(now(tracker.track_query("select", "content", "get_content_by_id", result(Ok(7)))), Ok(7));
        assert_eq!(now(result(Ok(7)).track_query(&tracker, "select", "content", "get_content_by_id")), Ok(7));
    };
    assert_eq!(allocations(query), 0);
}

#[test]
fn a_tracked_query_that_fails_or_is_cancelled_allocates_nothing() {
    let tracker = tracker(Limits::default());
    let query = || {
        let refused = result(Err(Coded("40001")));
        assert_eq!(now(tracker.track_query("select", "content", "by_id", refused)), Err(Coded("40001")));
        let mut dropped = pin!(tracker.track_query("select", "content", "by_id", pending::<Result<(), Coded>>()));
        assert!(dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    };
    assert_eq!(allocations(query), 0);
}

#[test]
fn a_query_over_the_limit_allocates_nothing() {
    let mut limits = Limits::default();
    (limits.queries, limits.transactions, limits.error_codes) = (0, 0, 0);
    let tracker = tracker(limits);
    let query = || {
        assert_eq!(now(tracker.track_query("select", "content", "by_id", result(Ok(7)))), Ok(7));
        let refused = result(Err(Coded("40001")));
        assert_eq!(now(tracker.track_transaction("publish", refused)), Err(Coded("40001")));
    };
    assert_eq!(allocations(query), 0);
}

#[test]
fn transactions_and_guards_allocate_nothing() {
    let tracker = tracker(Limits::default());
    let work = || {
        assert_eq!(now(tracker.track_transaction("publish", result(Ok(7)))), Ok(7));
        tracker.start_query("copy", "content", "export").fail(&Coded("57014"));
        tracker.start_transaction("publish").finish(&Ok::<_, Coded>(7));
        drop(tracker.start_transaction("publish"));
    };
    assert_eq!(allocations(work), 0);
}

#[test]
fn without_metrics_nothing_is_allocated_either() {
    let tracker = Tracker::new(NoMetrics);
    assert_eq!(allocations(|| assert_eq!(now(tracker.track_query("a", "b", "c", result(Ok(7)))), Ok(7))), 0);
}

/// The figures that the README gives.
#[test]
fn a_tracker_and_a_query_take_as_much_memory_as_is_promised() {
    let mut kept = None;
    let of_tracker = measure(|| kept = Some(tracker(Limits::default()))).bytes_current;
    let tracker = kept.expect("it was made");
    let of_query = measure(|| tracker.start_query("select", "content", "by_id").succeed()).bytes_current;
    assert!((120_000..160_000).contains(&of_tracker), "{of_tracker} bytes");
    assert!((2_000..3_000).contains(&of_query), "{of_query} bytes");
}
