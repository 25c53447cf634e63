//! What a session runs on: a socket with TLS round it or not, in a form that tiberius takes.
//!
//! tiberius' own TLS shows no certificate and takes no configuration of rustls, so TLS is there before it begins: its
//! PRELOGIN is answered here, "no encryption", and everything else passes. On the way packets are followed, so that
//! a wrong peer is found out, a flood has an end, and a request to stop can be sent between two of them.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};

use dbprobe_core::Failure;
use dbprobe_net::io_failure;
use futures_util::future::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::client::TlsStream;

use crate::classify::closed;
use crate::frame::{ANSWER, ATTENTION, END, Frames, LOGIN, header};
use crate::login_ack;
use crate::prelogin::as_it_is;
use crate::tunnel::Tunnel;

/// A socket, as it was agreed on in PRELOGIN.
pub(crate) enum Stream {
    Plain(Tunnel),
    Secure(Box<TlsStream<Tunnel>>),
    /// Encrypted until the login is sent.
    Login(Box<TlsStream<Tunnel>>),
    /// Only while one becomes another.
    Gone,
}

/// The state of one connection, shared by tiberius, the session and whoever cancels.
struct Line {
    stream: Stream,
    /// Whether tiberius' own PRELOGIN is still to come.
    opening: bool,
    /// What tiberius reads before anything of the server's.
    prepared: Vec<u8>,
    incoming: Frames,
    outgoing: Frames,
    login_sent: bool,
    /// Whether the login of a connection of TDS 8.0 is still to be answered.
    strict_login: bool,
    /// Whether the answer to what was asked is whole: nothing more will come.
    answered: bool,
    allowance: usize,
    /// Bytes of an attention that are written.
    attention: usize,
    failure: Option<Failure>,
}

impl Line {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if !self.prepared.is_empty() {
            let count = self.prepared.len().min(buf.len());
            buf[..count].copy_from_slice(&self.prepared[..count]);
            self.prepared.drain(..count);
            return Poll::Ready(Ok(count));
        }
        let mut part = ReadBuf::new(buf);
        ready!(self.stream.poll_read(cx, &mut part))?;
        let count = part.filled().len();
        if count == 0 {
            self.failure.get_or_insert_with(closed);
            return Poll::Ready(Ok(0));
        }
        let left = self.allowance.checked_sub(count);
        self.allowance = left.unwrap_or(0);
        if left.is_none() {
            return Poll::Ready(Err(invalid("the peer sends far more than was asked for")));
        }
        if self.strict_login {
            login_ack::understood(&mut buf[..count]);
        }
        self.look_at(&buf[..count])?;
        self.strict_login &= !self.answered;
        Poll::Ready(Ok(count))
    }

    /// Follows the server's packets.
    fn look_at(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (used, ended) = self.incoming.follow(bytes)?;
            let kind = self.incoming.kind().or(ended.map(|ended| ended.kind));
            if kind.is_some_and(|kind| kind != ANSWER) {
                return Err(invalid("the peer sends packets that no server sends"));
            }
            self.answered |= ended.is_some_and(|ended| ended.last);
            bytes = &bytes[used..];
        }
        Ok(())
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.opening {
            let (used, ended) = self.outgoing.follow(buf)?;
            if ended.is_some_and(|ended| ended.last) {
                self.opening = false;
                self.prepared = as_it_is();
            }
            return Poll::Ready(Ok(used));
        }
        let count = ready!(self.stream.poll_write(cx, buf))?;
        let mut sent = &buf[..count];
        while !sent.is_empty() {
            let (used, ended) = self.outgoing.follow(sent)?;
            self.login_sent |= ended.is_some_and(|ended| ended.kind == LOGIN && ended.last);
            self.answered = false;
            sent = &sent[used..];
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.opening {
            return Poll::Ready(Ok(()));
        }
        ready!(self.stream.poll_flush(cx))?;
        if self.login_sent {
            self.stream.drop_tls();
        }
        Poll::Ready(Ok(()))
    }

    /// Sends an attention ([MS-TDS] 2.2.1.7) where a packet may stand.
    fn poll_attention(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.opening || !self.outgoing.is_between() {
            return Poll::Ready(Ok(())); // a request that is not whole is none: the server drops it with the connection
        }
        let packet = header(ATTENTION, END, 0);
        while self.attention < packet.len() {
            self.attention += ready!(self.stream.poll_write(cx, &packet[self.attention..]))?;
        }
        self.answered = false; // it is answered, too
        self.stream.poll_flush(cx)
    }

    /// Keeps what went wrong: tiberius passes on the kind of an error and loses the rest.
    fn noted<T>(&mut self, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &outcome {
            let failure = io_failure(error, "talking to the server");
            self.failure.get_or_insert(failure);
        }
        outcome
    }
}

fn invalid(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

impl Stream {
    fn drop_tls(&mut self) {
        *self = match std::mem::replace(self, Self::Gone) {
            Self::Login(stream) => {
                let (mut tunnel, _) = stream.into_inner();
                tunnel.drop_tls();
                Self::Plain(tunnel)
            }
            other => other,
        };
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Secure(stream) | Self::Login(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Secure(stream) | Self::Login(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Secure(stream) | Self::Login(stream) => Pin::new(stream).poll_flush(cx),
            Self::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Secure(stream) | Self::Login(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Gone => Poll::Ready(Ok(())),
        }
    }
}

/// The side of a line that tiberius has.
pub(crate) struct Wire(Arc<Mutex<Line>>);

/// The side of a line that the session has.
pub(crate) struct Handle(Arc<Mutex<Line>>);

/// The side of a line that can only ask the server to stop. It keeps nothing open.
pub(crate) struct Bell(Weak<Mutex<Line>>);

/// Bytes that may be read for the login, and for each question of ours: their answers are a few kilobytes. A peer that
/// never stops talking must not fill the memory.
pub(crate) const USUAL: usize = 1 << 17;
/// The same for a list of sessions.
pub(crate) const LIST: usize = 16 << 20;

/// The version of the protocol on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Tds7,
    /// TLS first.
    Tds8,
}

/// A line over `stream`, seen from both sides.
pub(crate) fn line(stream: Stream, version: Version) -> (Wire, Handle) {
    let line = Arc::new(Mutex::new(Line {
        stream,
        opening: true,
        prepared: Vec::new(),
        incoming: Frames::default(),
        outgoing: Frames::default(),
        login_sent: false,
        strict_login: version == Version::Tds8,
        answered: false,
        allowance: USUAL,
        attention: 0,
        failure: None,
    }));
    (Wire(Arc::clone(&line)), Handle(line))
}

/// Held for the time of one poll, never across an await.
fn lock(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Handle {
    /// Lets `bytes` be read from now on.
    pub(crate) fn fill(&self, bytes: usize) {
        lock(&self.0).allowance = bytes;
    }

    /// What went wrong on the line itself.
    pub(crate) fn failure(&self) -> Option<Failure> {
        lock(&self.0).failure.take()
    }

    pub(crate) fn bell(&self) -> Bell {
        Bell(Arc::downgrade(&self.0))
    }

    /// Closes this side, and waits until the server has closed its own.
    pub(crate) async fn close(&self) -> io::Result<()> {
        poll_fn(|cx| lock(&self.0).stream.poll_shutdown(cx)).await?;
        self.fill(USUAL);
        let mut rest = [0; 512];
        while poll_fn(|cx| lock(&self.0).poll_read(cx, &mut rest)).await? > 0 {}
        Ok(())
    }
}

impl Bell {
    /// Asks the server to stop what it does for this session. Failing is silent.
    pub(crate) async fn ring(&self) {
        poll_fn(|cx| {
            let Some(line) = self.0.upgrade() else { return Poll::Ready(()) };
            let outcome = lock(&line).poll_attention(cx);
            outcome.map(drop)
        })
        .await;
    }
}

impl futures_util::io::AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut line = lock(&self.0);
        // tiberius would wait for the rest until the deadline.
        let outcome = match line.answered {
            true => Poll::Ready(Err(invalid("the answer ends in the middle"))),
            false => line.poll_read(cx, buf),
        };
        line.noted(outcome)
    }
}

impl futures_util::io::AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut line = lock(&self.0);
        let outcome = line.poll_write(cx, buf);
        line.noted(outcome)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut line = lock(&self.0);
        let outcome = line.poll_flush(cx);
        line.noted(outcome)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0).stream.poll_shutdown(cx)
    }
}
