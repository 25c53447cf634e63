//! A future that is measured.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::guard::Guard;
use crate::metrics::Series;
use crate::series::AllSeries;

pin_project! {
    /// A query or transaction that is measured from its first poll to its end. Dropped in between it counts as
    /// cancelled; never polled it counts as nothing. It allocates nothing.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Tracked<'a, F> {
        #[pin]
        future: F,
        all: &'a AllSeries,
        series: &'a dyn Series,
        guard: Option<Guard<'a>>,
    }

    impl<F> PinnedDrop for Tracked<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            // It waited, so a panic that drops it is another's.
            if let Some(guard) = this.project().guard.take() {
                guard.cancel();
            }
        }
    }
}

impl<'a, F> Tracked<'a, F> {
    pub(crate) fn new(all: &'a AllSeries, series: &'a dyn Series, future: F) -> Self {
        Self { future, all, series, guard: None }
    }
}

impl<F, T, E> Future for Tracked<'_, F>
where
    F: Future<Output = Result<T, E>>,
    E: 'static,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // Held here and not in the future while it runs: a panic in there drops the guard at once, whoever catches the
        // panic further up and whenever the future itself is dropped.
        let guard = this.guard.take().unwrap_or_else(|| Guard::new(this.all, *this.series));
        match this.future.poll(context) {
            Poll::Pending => {
                *this.guard = Some(guard);
                Poll::Pending
            }
            Poll::Ready(result) => {
                guard.finish(&result);
                Poll::Ready(result)
            }
        }
    }
}

impl<F> fmt::Debug for Tracked<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracked").field("guard", &self.guard).finish_non_exhaustive()
    }
}
