//! A stream of what a future gives while it runs: the future keeps the connection that its rows are read from.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::future::BoxFuture;
use sqlx::Error;

/// A stream of what a future gives.
pub(super) struct Rows<'a, T> {
    /// `None` once it has ended: the connection is back in the pool then.
    work: Option<BoxFuture<'a, Result<(), Error>>>,
    slot: Slot<T>,
}

/// Where the future puts one value at a time. Both ends are polled by one task, so nobody ever waits for the lock.
type Slot<T> = Arc<Mutex<Option<T>>>;

/// The future's end of the stream.
pub(super) struct Giver<T> {
    slot: Slot<T>,
}

impl<'a, T: Send + 'a> Rows<'a, T> {
    pub(super) fn new<F>(work: impl FnOnce(Giver<T>) -> F) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'a,
    {
        let slot = Slot::default();
        let work = work(Giver { slot: Arc::clone(&slot) });
        Self { work: Some(Box::pin(work)), slot }
    }
}

impl<T> Giver<T> {
    /// Hands `value` to whoever polls the stream, and goes on when that one asks for the next.
    pub(super) async fn give(&self, value: T) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        let mut given = false;
        // Nothing has to wake it: the stream has a value to return now, and the next poll is its reader's.
        poll_fn(|_| if std::mem::replace(&mut given, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

impl<T> Stream for Rows<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(work) = &mut self.work else { return Poll::Ready(None) };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        let value = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (value, polled) {
            (Some(value), _) => Poll::Ready(Some(Ok(value))),
            (None, Poll::Pending) => Poll::Pending,
            (None, Poll::Ready(Ok(()))) => Poll::Ready(None),
            (None, Poll::Ready(Err(error))) => Poll::Ready(Some(Err(error))),
        }
    }
}
