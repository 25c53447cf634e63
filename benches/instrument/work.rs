//! The queries that are measured, and how they are run.

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What the queries are called.
pub(crate) const OPERATION: &str = "select";
pub(crate) const TABLE: &str = "content";
pub(crate) const NAME: &str = "get_content_by_id";
/// The bounds of all histograms, in seconds.
pub(crate) const BOUNDS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// An error of a database, with its code.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) &'static str);

/// A query that has its answer at once.
pub(crate) async fn ready() -> Result<u64, Refused> {
    black_box(Ok(1))
}

/// A query that waits once.
pub(crate) async fn yields() -> Result<u64, Refused> {
    let mut waited = false;
    poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    black_box(Ok(1))
}

/// A query that fails at once.
pub(crate) async fn fails() -> Result<u64, Refused> {
    black_box(Err(Refused("23505")))
}

/// Polls `future` until it ends: no runtime, whose own cost would hide what is measured.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// One way to measure a query.
pub(crate) trait Measure: Sync {
    /// Awaits `query`, measured.
    fn measure<F>(&self, query: F) -> impl Future<Output = Result<u64, Refused>>
    where
        F: Future<Output = Result<u64, Refused>>;
}
