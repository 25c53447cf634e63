//! What one acquisition spends on dialling and testing: a stop-watch that goes with the future.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

thread_local! {
    /// The watch of the acquisition that this thread polls at the moment. Between polls there is none, so nothing
    /// outlives the future whose watch it is.
    static CURRENT: Cell<Option<Watch>> = const { Cell::new(None) };
}

/// What an acquisition spent so far, as the pool's [`Timed`](super::Timed) connection manager told it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watch {
    /// On dialling and testing together; `None` where it did neither, or where nobody tells.
    pub(super) spent: Option<Duration>,
    /// A test began and did not end.
    pub(super) testing: bool,
}

impl Watch {
    /// Changes the watch of the acquisition that is under way on this thread, where there is one.
    pub(super) fn note(change: impl FnOnce(&mut Self)) {
        if let Some(mut watch) = CURRENT.get() {
            change(&mut watch);
            CURRENT.set(Some(watch));
        }
    }

    pub(super) fn spend(took: Duration) {
        Self::note(|watch| watch.spent = Some(watch.spent.unwrap_or_default() + took));
    }

    /// What the acquisition that is under way spent so far.
    #[cfg(feature = "deadpool-postgres")]
    pub(super) fn spent_so_far() -> Option<Duration> {
        CURRENT.get()?.spent
    }

    /// Runs a blocking acquisition.
    #[cfg(feature = "r2d2")]
    pub(super) fn during<T>(acquire: impl FnOnce() -> T) -> (T, Self) {
        let scope = Scope::enter(Self::default());
        let result = acquire();
        (result, scope.leave())
    }
}

pin_project! {
    /// An acquisition with its watch.
    pub(super) struct Watched<F> {
        #[pin]
        future: F,
        watch: Watch,
    }
}

impl<F> Watched<F> {
    pub(super) fn new(future: F) -> Self {
        Self { future, watch: Watch::default() }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = (F::Output, Watch);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let scope = Scope::enter(*this.watch);
        let polled = this.future.poll(context);
        *this.watch = scope.leave();
        polled.map(|result| (result, *this.watch))
    }
}

/// The time in which a watch is the thread's; a panic ends it, too.
struct Scope {
    outer: Option<Watch>,
}

impl Scope {
    fn enter(watch: Watch) -> Self {
        Self { outer: CURRENT.replace(Some(watch)) }
    }

    fn leave(self) -> Watch {
        CURRENT.get().unwrap_or_default()
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
    }
}
