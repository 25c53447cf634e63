//! The stream a session runs on: a socket, with TLS round it or not, from which only so much is read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::peer::begins_an_answer;

/// A connected socket.
pub(crate) enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

enum Stream {
    Plain(Socket),
    Secure(Box<tokio_rustls::client::TlsStream<Socket>>),
}

/// A socket with TLS round it, or without.
///
/// It remembers why it failed, since a parser above it would tell only that it did.
pub(crate) struct Wire {
    stream: Stream,
    allowance: usize,
    heard: bool,
    trouble: Option<Trouble>,
}

/// Why a wire cannot be read any more.
pub(crate) enum Trouble {
    Io(io::Error),
    /// The first bytes are not Redis'.
    Stranger(Vec<u8>),
    TooMuch,
}

/// Bytes that may be read in answer to one question: a peer that never stops talking must not fill the memory. The
/// longest answer is `CLUSTER NODES`, of about 150 bytes a node.
pub(crate) const ALLOWANCE: usize = 1 << 20;
/// The same for a list of all connections, of about 400 bytes each.
pub(crate) const LIST_ALLOWANCE: usize = 32 << 20;

impl Wire {
    pub(crate) fn plain(socket: Socket) -> Self {
        Self::new(Stream::Plain(socket))
    }

    pub(crate) fn secure(stream: tokio_rustls::client::TlsStream<Socket>) -> Self {
        Self::new(Stream::Secure(Box::new(stream)))
    }

    fn new(stream: Stream) -> Self {
        Self { stream, allowance: ALLOWANCE, heard: false, trouble: None }
    }

    /// Whether nothing but the operating system hears what is said.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.stream, Stream::Plain(_))
    }

    /// Allows a new answer.
    pub(crate) fn allow(&mut self, bytes: usize) {
        self.allowance = bytes;
    }

    /// Whether the server is reached over a network, and not by a Unix socket.
    pub(crate) fn is_remote(&self) -> bool {
        let socket = match &self.stream {
            Stream::Plain(socket) => socket,
            Stream::Secure(stream) => stream.get_ref().0,
        };
        matches!(socket, Socket::Tcp(_))
    }

    /// What went wrong in the last read, if anything did.
    pub(crate) fn trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// Whether the peer has said anything at all.
    pub(crate) fn has_heard(&self) -> bool {
        self.heard
    }

    /// Looks at what was read.
    fn judge(&mut self, news: &[u8]) -> Result<(), Trouble> {
        if let (Some(byte), false) = (news.first(), self.heard) {
            self.heard = true;
            if !begins_an_answer(*byte) {
                return Err(Trouble::Stranger(news[..news.len().min(64)].to_vec()));
            }
        }
        self.allowance = self.allowance.checked_sub(news.len()).ok_or(Trouble::TooMuch)?;
        Ok(())
    }
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

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = ready!(match &mut this.stream {
            Stream::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Stream::Secure(stream) => Pin::new(stream).poll_read(cx, buf),
        });
        let judged = match read {
            Ok(()) => this.judge(&buf.filled()[before..]),
            Err(error) => Err(Trouble::Io(error)),
        };
        Poll::Ready(judged.map_err(|trouble| {
            this.trouble = Some(trouble);
            io::ErrorKind::Other.into()
        }))
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
