//! The stream a session runs on: a socket, with TLS round it or not.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_rustls::client::TlsStream;

/// A connected socket that sends what is written when it is flushed, or before anything is read.
pub(crate) struct Socket {
    inner: Inner,
    /// What was written and not yet sent.
    held: Vec<u8>,
    is_corked: bool,
}

enum Inner {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// A socket with TLS round it, or without.
pub(crate) enum Stream {
    Plain(Socket),
    Secure(Box<TlsStream<Socket>>),
}

impl Stream {
    /// Whether nobody on the way can read along: TLS, or a socket of this machine.
    pub(crate) fn is_private(&self) -> bool {
        match self {
            Self::Plain(socket) => !matches!(socket.inner, Inner::Tcp(_)),
            Self::Secure(_) => true,
        }
    }

    /// Hands `bytes` to the kernel as far as it takes them at once: the last words of a connection that is dropped.
    pub(crate) fn send_now(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.try_write(bytes).map(drop),
            Self::Secure(stream) => {
                let (socket, tls) = stream.get_mut();
                tls.writer().write_all(bytes)?;
                while tls.wants_write() {
                    tls.write_tls(&mut AtOnce(socket))?;
                }
                Ok(())
            }
        }
    }
}

/// A socket as a writer that never waits.
struct AtOnce<'a>(&'a mut Socket);

impl Write for AtOnce<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

macro_rules! on_each {
    ($value:expr, $inner:ident => $call:expr) => {
        match $value {
            Inner::Tcp($inner) => $call,
            #[cfg(unix)]
            Inner::Unix($inner) => $call,
        }
    };
}

impl Socket {
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        Self { inner: Inner::Tcp(stream), held: Vec::new(), is_corked: false }
    }

    #[cfg(unix)]
    pub(crate) fn unix(stream: UnixStream) -> Self {
        Self { inner: Inner::Unix(stream), held: Vec::new(), is_corked: false }
    }

    /// Holds back what is flushed from now on, until something is waited for: the last message of a TLS handshake and the
    /// login behind it are one flight then. A server would answer the first by itself with tickets.
    pub(crate) fn cork(&mut self) {
        self.is_corked = true;
    }

    pub(crate) fn uncork(&mut self) {
        self.is_corked = false;
    }

    /// What was held and `bytes`, as far as the kernel takes them at once.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let held = std::mem::take(&mut self.held);
        let all = [held.as_slice(), bytes].concat();
        on_each!(&self.inner, socket => socket.try_write(&all))?;
        Ok(bytes.len())
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let sent = ready!(on_each!(&mut self.inner, socket => Pin::new(socket).poll_write(cx, &self.held)))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.held.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // A peer that has hung up may have said why: that is heard, whatever becomes of what is sent.
        if let Poll::Ready(Err(error)) = this.poll_send(cx) {
            let before = buf.filled().len();
            let heard = on_each!(&mut this.inner, socket => Pin::new(socket).poll_read(cx, buf));
            return if matches!(heard, Poll::Ready(Ok(()))) && buf.filled().len() > before {
                heard
            } else {
                Poll::Ready(Err(error))
            };
        }
        on_each!(&mut this.inner, socket => Pin::new(socket).poll_read(cx, buf))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().held.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_corked {
            return Poll::Ready(Ok(()));
        }
        ready!(this.poll_send(cx))?;
        on_each!(&mut this.inner, socket => Pin::new(socket).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        on_each!(&mut this.inner, socket => Pin::new(socket).poll_shutdown(cx))
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Secure(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Self::Secure(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Secure(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
