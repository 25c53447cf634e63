//! What a connection is made of: a socket, TLS in packets or without them, and TLS taken off again
//! ([MS-TDS] 2.2.6.5 and 3.2.5.1, "TLS/SSL negotiation").

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::packet::{FIRST_SIZE, HEADER, Header, frame, kind};

/// A socket whose owner can reset it while another reads and writes.
pub(super) struct Socket(pub(super) Arc<TcpStream>);

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read(buf.initialize_unfilled()) {
                Ok(count) => {
                    buf.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// The socket is closed when the last that has it is dropped.
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A socket on which, for as long as it is told to, every byte travels in packets of type PRELOGIN: the TLS handshake
/// of TDS 7.x.
pub(super) struct Packets {
    socket: Socket,
    on: bool,
    header: Vec<u8>,
    /// Bytes of the packet that is being read.
    left: usize,
    /// Bytes to be packed at the next flush, so that what belongs together is one message.
    unpacked: Vec<u8>,
    /// Bytes on their way.
    packed: Vec<u8>,
}

impl Packets {
    /// TLS in packets until [`Packets::off`].
    pub(super) fn on(socket: Socket) -> Self {
        Self { socket, on: true, header: Vec::new(), left: 0, unpacked: Vec::new(), packed: Vec::new() }
    }

    /// TLS as it is.
    pub(super) fn without(socket: Socket) -> Self {
        Self { on: false, ..Self::on(socket) }
    }

    /// From here on bytes travel as they are.
    pub(super) fn off(&mut self) {
        self.on = false;
    }

    pub(super) fn into_socket(self) -> Socket {
        self.socket
    }

    fn poll_header(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Header>>> {
        while self.header.len() < HEADER {
            let mut room = [0; HEADER];
            let mut buf = ReadBuf::new(&mut room[self.header.len()..]);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buf))?;
            if buf.filled().is_empty() {
                return Poll::Ready(Ok(None));
            }
            self.header.extend(buf.filled());
        }
        let header = self.header.first_chunk().copied().map(Header::read);
        self.header.clear();
        Poll::Ready(Ok(header))
    }
}

impl AsyncRead for Packets {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.on {
            return Pin::new(&mut this.socket).poll_read(cx, buf);
        }
        while this.left == 0 {
            let Some(header) = ready!(this.poll_header(cx))? else { return Poll::Ready(Ok(())) };
            let body = usize::from(header.length).checked_sub(HEADER);
            this.left = match body {
                Some(left) if header.kind == kind::PRELOGIN => left,
                _ => return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "no PRELOGIN packet"))),
            };
        }
        let room = this.left.min(buf.remaining());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(room));
        ready!(Pin::new(&mut this.socket).poll_read(cx, &mut part))?;
        let count = part.filled().len();
        this.left -= count;
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Packets {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.on {
            return Pin::new(&mut this.socket).poll_write(cx, bytes);
        }
        this.unpacked.extend(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.unpacked.is_empty() {
            let bytes = std::mem::take(&mut this.unpacked);
            this.packed.extend(frame(kind::PRELOGIN, 0, FIRST_SIZE, &bytes).concat());
        }
        while !this.packed.is_empty() {
            let count = ready!(Pin::new(&mut this.socket).poll_write(cx, &this.packed))?;
            this.packed.drain(..count);
        }
        Pin::new(&mut this.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// A connection, encrypted or not.
pub(super) enum Stream {
    Plain(Socket),
    Tls(Box<TlsStream<Packets>>),
}

impl Stream {
    /// Without TLS from here on. TLS is not said goodbye to: after an encrypted LOGIN7 it is just not used any more.
    pub(super) fn plain(self) -> Self {
        match self {
            Self::Plain(socket) => Self::Plain(socket),
            Self::Tls(tls) => Self::Plain(tls.into_inner().0.into_socket()),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
