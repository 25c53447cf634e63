//! Metrics that panic cost no query.
#![allow(clippy::expect_used, clippy::panic, reason = "metrics that are broken")]

mod one_connection;
mod recorder;

use std::error::Error;
use std::fmt;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Arc, Weak};
use std::task::{Context, Waker};
use std::time::Duration;

use dbprobe_instrument::pool::{AcquirePhase, PoolState};
use dbprobe_instrument::{DatabaseMetrics, Outcome, PoolSeries, Query, Series, Tracker};
use one_connection::OneConnection;
use recorder::Recorder;

/// An error of a query.
#[derive(Debug, PartialEq)]
struct Refused;

/// Panics at every word.
#[derive(Debug)]
struct Broken;

/// Panics when it is told something.
#[derive(Debug)]
struct BrokenSeries;

impl DatabaseMetrics for Broken {
    fn query(&self, _: &Query<'_>) -> Box<dyn Series> {
        panic!("metrics are broken")
    }

    fn transaction(&self, _: &str) -> Box<dyn Series> {
        panic!("metrics are broken")
    }

    fn pool(&self, _: &str, _: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        panic!("metrics are broken")
    }
}

impl DatabaseMetrics for BrokenSeries {
    fn query(&self, _: &Query<'_>) -> Box<dyn Series> {
        Box::new(Self)
    }

    fn transaction(&self, _: &str) -> Box<dyn Series> {
        Box::new(Self)
    }

    fn pool(&self, _: &str, _: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        Arc::new(Self)
    }
}

impl Series for BrokenSeries {
    fn ended(&self, _: Duration, _: Outcome<'_>) {
        panic!("metrics are broken")
    }
}

impl PoolSeries for BrokenSeries {
    fn acquired(&self, _: Duration) {
        panic!("metrics are broken")
    }
    fn created(&self, _: Duration) {
        panic!("metrics are broken")
    }
    fn tested(&self, _: Duration) {
        panic!("metrics are broken")
    }
    fn released(&self, _: Duration) {
        panic!("metrics are broken")
    }
    fn timed_out(&self, _: Option<AcquirePhase>) {
        panic!("metrics are broken")
    }
    fn failed(&self, _: &str) {
        panic!("metrics are broken")
    }
    fn cancelled(&self) {
        panic!("metrics are broken")
    }
}

#[tokio::test]
async fn metrics_that_panic_cost_no_query() {
    for tracker in [Tracker::new(Broken), Tracker::new(BrokenSeries)] {
        assert_eq!(tracker.track_query("select", "content", "by_id", ready(Ok::<_, Refused>(7))).await, Ok(7));
        let refused = ready(Err::<(), _>(Refused));
        assert_eq!(tracker.track_transaction("publish", refused).await, Err(Refused));
        drop(tracker.start_query("copy", "content", "export"));
        let connection = tracker.track_pool("main", OneConnection).acquire().await.unwrap();
        assert_eq!(*connection, 9);
    }
}

#[test]
fn metrics_that_panic_while_a_future_panics_do_not_end_the_program() {
    let tracker = Tracker::new(BrokenSeries);
    let mut query = Box::pin(tracker.track_query("select", "content", "broken", async { panics() }));
    let panic =
        catch_unwind(AssertUnwindSafe(|| query.as_mut().poll(&mut Context::from_waker(Waker::noop())))).unwrap_err();
    assert_eq!(panic.downcast_ref::<u8>(), Some(&7), "the future's own panic goes on");
}

#[test]
fn an_error_that_panics_when_its_cause_is_looked_for_is_counted_and_costs_no_query() {
    /// Panics when it is asked for its cause.
    #[derive(Debug)]
    struct Uncaused;

    impl fmt::Display for Uncaused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("refused")
        }
    }

    impl Error for Uncaused {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            panic!("the error is broken")
        }
    }

    let recorder = Recorder::default();
    let tracker = Tracker::new(recorder.clone());
    let error: Box<dyn Error> = Box::new(Uncaused);
    tracker.start_query("select", "content", "by_id").fail(&error);
    assert_eq!(recorder.ended(), ["select content by_id: failed other"]);
}

fn panics() -> Result<(), Refused> {
    panic_any(7_u8)
}
