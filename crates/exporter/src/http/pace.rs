//! How long a client may take to say what it wants, and to take it.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A request's head must be there so long after its first byte, and the first one so long after the connection.
pub(super) const HEAD: Duration = Duration::from_secs(10);

/// An answer must have been taken so long after its reader was first too slow for it. Scrapes have less time.
const ANSWER: Duration = Duration::from_secs(120);

/// How many requests have begun and ended on a connection: an odd number is one under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<AtomicUsize>);

impl Turns {
    /// A request begins or ends.
    pub(super) fn next(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether there was no request yet.
    pub(super) fn none(&self) -> bool {
        self.now() == 0
    }

    fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection on which heads of requests have to come, and answers to be taken, in time.
///
/// hyper has one limit for the pause between two requests and for the head that ends it. The pause may be long, since
/// Prometheus keeps its connections from scrape to scrape; a head that comes byte by byte may not.
pub(super) struct Paced<S> {
    stream: S,
    turns: Turns,
    /// The number of turns when the clock was last set.
    turn: usize,
    /// Runs from the first byte of a head.
    clock: Option<Pin<Box<Sleep>>>,
    /// The turn in which the reader was too slow, and what runs from then on.
    answer: Option<(usize, Pin<Box<Sleep>>)>,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, turns: Turns) -> Self {
        Self { stream, turn: turns.now(), turns, clock: Some(Box::pin(sleep(HEAD))), answer: None }
    }

    /// What was written; a reader that takes a little now and then has no more time than others.
    fn taken<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            return written;
        }
        let turn = self.turns.now();
        if self.answer.as_ref().is_none_or(|(slow, _)| *slow != turn) {
            self.answer = Some((turn, Box::pin(sleep(ANSWER))));
        }
        match &mut self.answer {
            Some((_, clock)) => clock.as_mut().poll(cx).map(|()| Err(ErrorKind::TimedOut.into())),
            None => written,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let turn = this.turns.now();
        if turn != this.turn {
            (this.turn, this.clock) = (turn, None);
        }
        if read.is_ready() {
            let waiting = turn.is_multiple_of(2) && buffer.filled().len() > before;
            if waiting && this.clock.is_none() {
                this.clock = Some(Box::pin(tokio::time::sleep_until(Instant::now() + HEAD)));
            }
            return read;
        }
        match &mut this.clock {
            Some(clock) => clock.as_mut().poll(cx).map(|()| Err(ErrorKind::TimedOut.into())),
            None => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.taken(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.taken(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.taken(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_taken_byte_by_byte_is_cut_off() {
        let (server, mut client) = duplex(16);
        let turns = Turns::default();
        let mut paced = Paced::new(server, turns.clone());
        tokio::spawn(async move {
            while client.read_u8().await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        });
        let began = Instant::now();
        let error = paced.write_all(&[b'x'; 4096]).await.expect_err("it takes an hour");
        assert_eq!((error.kind(), began.elapsed().as_secs()), (ErrorKind::TimedOut, ANSWER.as_secs()));
        turns.next();
        paced.write_all(&[b'x'; 64]).await.expect("the next answer has its own time");
    }
}
