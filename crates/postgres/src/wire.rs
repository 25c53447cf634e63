//! The stream a session runs on: a socket, with TLS round it or not, in a form that tokio-postgres takes.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use aws_lc_rs::digest;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::overheard::{Overheard, Process};

/// A connected socket.
pub(crate) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// A socket with TLS round it, or without, from which only so much is read.
pub(crate) struct Wire {
    stream: Stream,
    allowance: Allowance,
    overheard: Overheard,
}

enum Stream {
    Plain(Opening),
    Secure(Box<tokio_rustls::client::TlsStream<Socket>>),
}

impl Wire {
    pub(crate) fn plain(socket: Socket) -> Self {
        Self::new(Stream::Plain(Opening { socket, heard: Heard::default() }))
    }

    pub(crate) fn secure(stream: tokio_rustls::client::TlsStream<Socket>) -> Self {
        Self::new(Stream::Secure(Box::new(stream)))
    }

    fn new(stream: Stream) -> Self {
        Self { stream, allowance: Allowance::default(), overheard: Overheard::default() }
    }

    /// The process number that the login will be told.
    pub(crate) fn process(&self) -> Process {
        self.overheard.process()
    }

    /// How much may still be read, to be filled up for each question.
    pub(crate) fn allowance(&self) -> Allowance {
        self.allowance.clone()
    }

    /// Whether a plain peer has said anything yet.
    pub(crate) fn heard(&self) -> Option<Heard> {
        match &self.stream {
            Stream::Plain(opening) => Some(opening.heard.clone()),
            Stream::Secure(_) => None,
        }
    }
}

/// Bytes that may still be read: a peer that never stops talking must not fill the memory.
#[derive(Clone)]
pub(crate) struct Allowance(Arc<AtomicUsize>);

impl Allowance {
    /// For the login, and for each question of ours: their answers are a few kilobytes.
    pub(crate) const USUAL: usize = 1 << 20;
    /// For lists: [`Activities::MOST`](dbprobe_core::Activities::MOST) connections, each with a few names.
    pub(crate) const LIST: usize = 16 << 20;

    pub(crate) fn fill(&self, bytes: usize) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// Takes `bytes` off; fails when more was read than was left.
    fn take(&self, bytes: usize) -> io::Result<()> {
        let left = self.0.load(Ordering::Relaxed).checked_sub(bytes);
        self.0.store(left.unwrap_or(0), Ordering::Relaxed);
        let too_much = || io::Error::new(io::ErrorKind::InvalidData, "the peer sends far more than was asked for");
        left.map(drop).ok_or_else(too_much)
    }
}

impl Default for Allowance {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(Self::USUAL)))
    }
}

/// Whether a peer has said anything yet.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<AtomicBool>);

impl Heard {
    pub(crate) fn anything(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Notes that it did; whether it was the first time.
    pub(crate) fn note(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

/// A plain socket on which PostgreSQL's first answer is still to come.
///
/// A peer of another protocol is found out by its first byte. The driver would take the next four for a length, and
/// wait for a gigabyte of an HTTP error page until the deadline.
struct Opening {
    socket: Socket,
    heard: Heard,
}

/// The first byte of a server's answer to the startup message: authentication, an error, a notice, or the
/// negotiation of the protocol's version (protocol documentation, "Message Flow", "Start-up").
fn begins_an_answer(byte: u8) -> bool {
    matches!(byte, b'R' | b'E' | b'N' | b'v')
}

macro_rules! on_each {
    ($value:expr, $inner:ident => $call:expr) => {
        match $value {
            Socket::Tcp($inner) => $call,
            #[cfg(unix)]
            Socket::Unix($inner) => $call,
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        on_each!(self.get_mut(), socket => Pin::new(socket).poll_read(cx, buf))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        on_each!(self.get_mut(), socket => Pin::new(socket).poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(self.get_mut(), socket => Pin::new(socket).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_each!(self.get_mut(), socket => Pin::new(socket).poll_shutdown(cx))
    }
}

impl AsyncRead for Opening {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.socket).poll_read(cx, buf))?;
        let answer = &buf.filled()[before..];
        if !answer.is_empty() && this.heard.note() && !begins_an_answer(answer[0]) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, crate::peer::whose(answer))));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Opening {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(match &mut this.stream {
            Stream::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Stream::Secure(stream) => Pin::new(stream).poll_read(cx, buf),
        })?;
        this.overheard.hear(&buf.filled()[before..]);
        Poll::Ready(this.allowance.take(buf.filled().len() - before))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().stream {
            Stream::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Stream::Secure(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Stream::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Stream::Secure(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl TlsStream for Wire {
    fn channel_binding(&self) -> ChannelBinding {
        let Stream::Secure(stream) = &self.stream else { return ChannelBinding::none() };
        let hash = dbprobe_net::peer_certificate(stream).and_then(certificate_hash);
        hash.map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

/// `tls-server-end-point` (RFC 5929, section 4.1): the certificate's hash by its signature's own hash function,
/// SHA-256 in place of MD5 and SHA-1; none for a signature without one, such as Ed25519.
fn certificate_hash(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let algorithm = match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        // md5, sha1, sha256 with RSA; sha1, sha256 with ECDSA (RFC 3279, 4055, 5758).
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.113549.1.1.11" => &digest::SHA256,
        "1.2.840.10045.4.1" | "1.2.840.10045.4.3.2" => &digest::SHA256,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => &digest::SHA384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => &digest::SHA512,
        _ => return None,
    };
    Some(digest::digest(algorithm, der).as_ref().to_vec())
}

/// Tells tokio-postgres that the stream it was given is already as secure as it gets.
pub(crate) struct AsItIs;

impl TlsConnect<Wire> for AsItIs {
    type Stream = Wire;
    type Error = io::Error;
    type Future = Ready<io::Result<Wire>>;

    fn connect(self, stream: Wire) -> Self::Future {
        ready(Ok(stream))
    }
}
