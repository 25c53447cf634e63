//! The stream under a connection: plain or TLS, how much may come in, and whether it is HTTP at all.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::peer::may_be_http;

/// How much may still come in before the peer is taken for a hostile one: without an end to it, interim answers and the
/// padding of chunks would go on until the deadline.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    pub(crate) fn fill(&self, bytes: usize) {
        self.0.store(bytes, Relaxed);
    }

    fn take(&self, bytes: usize) -> io::Result<()> {
        let spent = self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes));
        spent.map(drop).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, Flood))
    }
}

/// The peer sent more than any answer needs.
#[derive(Debug)]
pub(crate) struct Flood;

impl std::fmt::Display for Flood {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the peer sends more than any answer needs")
    }
}

impl std::error::Error for Flood {}

/// The peer does not speak HTTP; these are its first bytes.
#[derive(Clone, Copy)]
pub(crate) struct Stranger(pub(crate) [u8; Heard::LENGTH], pub(crate) usize);

impl Stranger {
    pub(crate) fn beginning(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

/// Without the peer's bytes.
impl std::fmt::Debug for Stranger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stranger")
    }
}

impl std::fmt::Display for Stranger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the peer does not speak HTTP")
    }
}

impl std::error::Error for Stranger {}

/// The first bytes of a connection.
#[derive(Default)]
pub(crate) struct Heard {
    beginning: [u8; Self::LENGTH],
    length: usize,
}

impl Heard {
    /// Enough to tell peers apart.
    const LENGTH: usize = 16;

    fn note(&mut self, bytes: &[u8]) -> io::Result<()> {
        let more = bytes.len().min(Self::LENGTH - self.length);
        self.beginning[self.length..self.length + more].copy_from_slice(&bytes[..more]);
        self.length += more;
        if may_be_http(&self.beginning[..self.length]) {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, Stranger(self.beginning, self.length)))
    }
}

enum Stream {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

/// The stream under a connection.
pub(crate) struct Wire {
    stream: Stream,
    allowance: Allowance,
    heard: Heard,
}

impl Wire {
    pub(crate) fn plain(stream: TcpStream) -> Self {
        Self::new(Stream::Plain(stream))
    }

    pub(crate) fn secure(stream: TlsStream<TcpStream>) -> Self {
        Self::new(Stream::Secure(Box::new(stream)))
    }

    fn new(stream: Stream) -> Self {
        Self { stream, allowance: Allowance::default(), heard: Heard::default() }
    }

    pub(crate) fn allowance(&self) -> Allowance {
        self.allowance.clone()
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Secure(stream) => Pin::new(stream).poll_read(cx, buf),
        })?;
        let read = &buf.filled()[before..];
        Poll::Ready(this.heard.note(read).and_then(|()| this.allowance.take(read.len())))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Secure(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Secure(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
