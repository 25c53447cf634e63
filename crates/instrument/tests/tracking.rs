//! What becomes of a query, a transaction or a pool that is measured.
#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod one_connection;
mod recorder;

use std::borrow::Cow;
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use dbprobe_instrument::{DatabaseMetrics, NoMetrics, TrackFuture, Tracker};
use one_connection::OneConnection;
use recorder::Recorder;

/// An error with a code of its own.
#[derive(Debug, PartialEq)]
struct Coded(&'static str);

/// An error of another type.
#[derive(Debug, PartialEq)]
struct Strange;

fn tracker(metrics: impl DatabaseMetrics) -> Tracker {
    Tracker::builder().classify(|error: &Coded| Some(Cow::Borrowed(error.0))).build(metrics)
}

fn broken() -> Result<(), Coded> {
    panic_any(Strange)
}

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn a_query_ends_well_or_with_the_code_of_its_error_and_hands_its_result_on() {
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    assert_eq!(tracker.track_query("select", "content", "by_id", ready(Ok::<_, Coded>(7))).await, Ok(7));
    let refused = ready(Err::<(), _>(Coded("23505")));
    assert_eq!(tracker.track_query("insert", "content", "add", refused).await, Err(Coded("23505")));
    assert_eq!(tracker.track_query("insert", "content", "add", ready(Err::<(), _>(Strange))).await, Err(Strange));
    assert_eq!(tracker.track_transaction("publish", ready(Ok::<_, Coded>(()))).await, Ok(()));
    assert_eq!(tracker.track_transaction("publish", ready(Err::<(), _>(Coded("40001")))).await, Err(Coded("40001")));
    let expected = [
        "select content by_id: ok",
        "insert content add: failed 23505",
        "insert content add: failed other",
        "transaction publish: ok",
        "transaction publish: failed 40001",
    ];
    assert_eq!(recorder.ended(), expected);
    assert_eq!(recorder.made(), ["select content by_id", "insert content add", "transaction publish"]);
}

#[test]
fn a_future_that_is_dropped_before_its_end_is_cancelled_once() {
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    {
        let mut query = pin!(tracker.track_query("select", "content", "slow", pending::<Result<(), Coded>>()));
        assert!(poll(query.as_mut()).is_pending());
        assert!(poll(query.as_mut()).is_pending());
        assert_eq!(recorder.ended(), [""; 0], "it is under way");
    }
    assert_eq!(recorder.ended(), ["select content slow: cancelled"]);
}

#[test]
fn a_future_that_is_never_polled_counts_as_nothing() {
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    drop(tracker.track_query("select", "content", "by_id", pending::<Result<(), Coded>>()));
    drop(pending::<Result<(), Coded>>().track_transaction(&tracker, "publish"));
    assert_eq!(recorder.ended(), [""; 0]);
}

#[test]
fn a_panic_in_the_future_is_counted_once_and_goes_on() {
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    {
        let mut query = pin!(tracker.track_query("select", "content", "broken", async { broken() }));
        let panic = catch_unwind(AssertUnwindSafe(|| poll(query.as_mut()))).unwrap_err();
        assert_eq!(panic.downcast_ref::<Strange>(), Some(&Strange));
        assert_eq!(recorder.ended(), ["select content broken: failed panic"]);
    }
    assert_eq!(recorder.ended().len(), 1, "the drop after the panic is no cancelling");
}

#[test]
fn a_future_that_waits_when_another_panics_is_cancelled() {
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut query = pin!(tracker.track_query("select", "content", "slow", pending::<Result<(), Coded>>()));
        assert!(poll(query.as_mut()).is_pending());
        broken()
    }));
    assert!(panicked.is_err());
    assert_eq!(recorder.ended(), ["select content slow: cancelled"]);
}

#[tokio::test]
async fn a_future_without_borrows_can_be_spawned_and_aborted() {
    fn sent<T: Send>(value: T) -> T {
        value
    }
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    let own = tracker.clone();
    let spawned = tokio::spawn(async move {
        let query = async {
            tokio::task::yield_now().await;
            Ok::<_, Coded>(1)
        };
        sent(own.track_query("select", "content", "spawned", query)).await
    });
    assert_eq!(spawned.await.unwrap(), Ok(1));
    let (started, own) = (Arc::new(tokio::sync::Notify::new()), tracker.clone());
    let begun = Arc::clone(&started);
    let aborted = tokio::spawn(async move {
        let query = async {
            begun.notify_one();
            pending::<Result<(), Coded>>().await
        };
        query.track_query(&own, "select", "content", "aborted").await
    });
    started.notified().await;
    aborted.abort();
    assert!(aborted.await.unwrap_err().is_cancelled());
    assert_eq!(recorder.ended(), ["select content spawned: ok", "select content aborted: cancelled"]);
}

#[tokio::test]
async fn the_branch_that_loses_a_select_is_cancelled() {
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    tokio::select! {
        biased;
        _ = tracker.track_query("select", "content", "slow", pending::<Result<(), Coded>>()) => panic!("it never ends"),
        result = tracker.track_query("select", "content", "fast", ready(Ok::<_, Coded>(2))) => assert_eq!(result, Ok(2)),
    }
    assert_eq!(recorder.ended(), ["select content fast: ok", "select content slow: cancelled"]);
}

#[tokio::test]
async fn the_extension_trait_measures_as_the_tracker_does() {
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    let done = ready(Ok::<_, Coded>(3)).track_query(&tracker, "select", "content", "by_id").await;
    let undone = ready(Err::<(), _>(Coded("40P01"))).track_transaction(&tracker, "publish").await;
    assert_eq!((done, undone), (Ok(3), Err(Coded("40P01"))));
    assert_eq!(recorder.ended(), ["select content by_id: ok", "transaction publish: failed 40P01"]);
}

#[test]
fn a_guard_ends_as_it_is_told_else_cancelled_else_in_a_panic() {
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    tracker.start_query("copy", "content", "export").succeed();
    tracker.start_query("copy", "content", "export").fail(&Coded("57014"));
    tracker.start_query("copy", "content", "export").finish(&Ok::<_, Coded>(1));
    tracker.start_transaction("publish").finish(&Err::<(), _>(Coded("40001")));
    drop(tracker.start_transaction("publish"));
    let panicked = catch_unwind(|| {
        let _guard = tracker.start_transaction("publish");
        panic!("the work is broken");
    });
    assert!(panicked.is_err());
    let expected = [
        "copy content export: ok",
        "copy content export: failed 57014",
        "copy content export: ok",
        "transaction publish: failed 40001",
        "transaction publish: cancelled",
        "transaction publish: failed panic",
    ];
    assert_eq!(recorder.ended(), expected);
}

#[tokio::test]
async fn clones_share_their_series() {
    let recorder = Recorder::default();
    let tracker = tracker(recorder.clone());
    let tasks = (0..8).map(|_| {
        let tracker = tracker.clone();
        tokio::spawn(async move { tracker.track_query("select", "content", "by_id", ready(Ok::<_, Coded>(()))).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert_eq!(recorder.made(), ["select content by_id"]);
    assert_eq!(recorder.counts()["select content by_id: ok"], 8);
}

#[tokio::test]
async fn metrics_that_are_chosen_at_run_time_are_metrics_too() {
    for chosen in [true, false] {
        let recorder = Recorder::default();
        let metrics: Box<dyn DatabaseMetrics> = if chosen { Box::new(recorder.clone()) } else { Box::new(NoMetrics) };
        let shared: Arc<dyn DatabaseMetrics> = Arc::new(metrics);
        let tracker = Tracker::new(shared);
        tracker.track_query("select", "content", "by_id", ready(Ok::<_, Coded>(()))).await.unwrap();
        tracker.track_transaction("publish", ready(Ok::<_, Coded>(()))).await.unwrap();
        drop(tracker.track_pool("main", OneConnection).acquire().await.unwrap());
        assert_eq!(recorder.ended().len(), if chosen { 4 } else { 0 }, "{:?}", recorder.ended());
    }
}
