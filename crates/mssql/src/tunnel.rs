//! The socket below TLS: while the two sides shake hands, TLS travels inside packets of TDS ([MS-TDS] 3.2.5.2).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::frame::{ANSWER, END, HEADER, PRELOGIN, header};

/// Bytes of a packet before its size is agreed on, without the header.
const PAYLOAD: usize = 4096 - HEADER;

/// Bytes in the header of a TLS record (RFC 8446, section 5.1).
const RECORD: usize = 5;

/// What goes over the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Bytes as they are.
    Plain,
    /// TLS inside packets.
    Handshake,
    /// TLS as it is. A session ticket may still come inside a packet: OpenSSL sends it with its last flight.
    Secure,
    /// TLS was only for the login. What comes of it after that, such as a ticket, is passed over.
    Dropped,
}

/// A socket with TLS above it, or without.
pub(crate) struct Tunnel {
    socket: TcpStream,
    way: Way,
    head: [u8; HEADER],
    /// Bytes of `head` that are there.
    got: usize,
    /// Those of `head` that are still to be handed on.
    hand: (usize, usize),
    /// Bytes of the unit that are still to come, and whether they are passed over.
    left: usize,
    skip: bool,
    /// What the handshake wrote since the last flush.
    written: Vec<u8>,
    /// Packets on their way to the socket.
    queue: Vec<u8>,
}

impl Tunnel {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            way: Way::Plain,
            head: [0; HEADER],
            got: 0,
            hand: (0, 0),
            left: 0,
            skip: false,
            written: Vec::new(),
            queue: Vec::new(),
        }
    }

    /// From now on TLS goes inside packets.
    pub(crate) fn begin_handshake(&mut self) {
        self.way = Way::Handshake;
    }

    /// The handshake is over. One that never went inside packets has nothing to end.
    pub(crate) fn end_handshake(&mut self) {
        if self.way == Way::Handshake {
            self.way = Way::Secure;
        }
    }

    /// From now on there is no TLS.
    pub(crate) fn drop_tls(&mut self) {
        self.way = Way::Dropped;
    }

    /// Bytes of the header that the first byte promises.
    fn promised(&self) -> usize {
        match (self.got, self.head[0]) {
            (0, _) => 1,
            (_, 0x14..=0x17) => RECORD,
            _ => HEADER,
        }
    }

    /// The header is complete: what stands behind it, and what of both is handed on.
    fn begin(&mut self) -> io::Result<()> {
        let is_record = self.promised() == RECORD;
        let at = if is_record { RECORD - 2 } else { 2 };
        let length = usize::from(u16::from_be_bytes([self.head[at], self.head[at + 1]]));
        let is_packet = matches!(self.head[0], ANSWER | PRELOGIN);
        if !is_record && self.way != Way::Dropped && !is_packet {
            let message = "the peer answered the handshake with something that is no TLS";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let own = if is_record { 0 } else { HEADER };
        let short = || io::Error::new(io::ErrorKind::InvalidData, "a packet is shorter than its own header");
        self.left = length.checked_sub(own).ok_or_else(short)?;
        self.skip = self.way == Way::Dropped && (is_record || self.head[0] == PRELOGIN);
        let whole = match self.way {
            Way::Dropped => !self.skip,
            _ => is_record,
        };
        self.hand = (0, if whole { self.got } else { 0 });
        Ok(())
    }

    fn poll_unit(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let promised = self.promised();
            if self.got < promised {
                let mut part = ReadBuf::new(&mut self.head[self.got..promised]);
                ready!(Pin::new(&mut self.socket).poll_read(cx, &mut part))?;
                let count = part.filled().len();
                if count == 0 {
                    return Poll::Ready(Ok(()));
                }
                self.got += count;
                if self.got == self.promised() {
                    self.begin()?;
                }
                continue;
            }
            let (from, to) = self.hand;
            if from < to {
                let count = (to - from).min(buf.remaining());
                buf.put_slice(&self.head[from..from + count]);
                self.hand.0 += count;
                return Poll::Ready(Ok(()));
            }
            if self.left == 0 {
                self.got = 0;
                continue;
            }
            if !self.skip {
                let want = self.left.min(buf.remaining());
                let mut part = ReadBuf::new(buf.initialize_unfilled_to(want));
                ready!(Pin::new(&mut self.socket).poll_read(cx, &mut part))?;
                let count = part.filled().len();
                buf.advance(count);
                self.left -= count;
                return Poll::Ready(Ok(()));
            }
            let mut nowhere = [0; 512];
            let mut part = ReadBuf::new(&mut nowhere);
            let want = self.left.min(part.remaining());
            let mut part = part.take(want);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut part))?;
            if part.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.left -= part.filled().len();
        }
    }

    /// Puts what the handshake wrote into packets.
    fn pack(&mut self) {
        let count = self.written.len().div_ceil(PAYLOAD);
        for (at, chunk) in self.written.chunks(PAYLOAD).enumerate() {
            let status = if at + 1 == count { END } else { 0 };
            self.queue.extend(header(PRELOGIN, status, chunk.len()));
            self.queue.extend_from_slice(chunk);
        }
        self.written.clear();
    }

    fn poll_queue(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pack();
        while !self.queue.is_empty() {
            let count = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.queue))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.queue.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Tunnel {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.way == Way::Plain || buf.remaining() == 0 {
            return Pin::new(&mut this.socket).poll_read(cx, buf);
        }
        this.poll_unit(cx, buf)
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.way == Way::Handshake {
            this.written.extend_from_slice(buf);
            return Poll::Ready(Ok(buf.len()));
        }
        ready!(this.poll_queue(cx))?;
        Pin::new(&mut this.socket).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_queue(cx))?;
        Pin::new(&mut this.socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
        [header(kind, END, payload.len()).as_slice(), payload].concat()
    }

    fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).expect("a short record").to_be_bytes();
        [&[kind, 3, 3], length.as_slice(), payload].concat()
    }

    /// What comes out of a tunnel into which a server sends `bytes`, one by one.
    async fn read(change: fn(&mut Tunnel), bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a client");
            let _ = socket.set_nodelay(true);
            for byte in bytes {
                let _ = socket.write_all(&[byte]).await;
                tokio::task::yield_now().await;
            }
        });
        let mut tunnel = Tunnel::new(TcpStream::connect(address).await.expect("a server"));
        change(&mut tunnel);
        let mut all = Vec::new();
        let outcome = tunnel.read_to_end(&mut all).await;
        server.await.expect("the server's end");
        outcome.map(|_| all)
    }

    #[tokio::test]
    async fn a_handshake_comes_out_of_its_packets() {
        let flight = [record(0x16, b"hello"), record(0x16, b"done")].concat();
        let (first, second) = flight.split_at(7);
        let bytes = [packet(PRELOGIN, first), packet(ANSWER, second)].concat();
        assert_eq!(read(Tunnel::begin_handshake, bytes).await.expect("a flight"), flight);
    }

    #[tokio::test]
    async fn a_ticket_may_come_inside_a_packet_after_the_handshake() {
        let (ticket, data) = (record(0x17, b"ticket"), record(0x17, b"data"));
        let bytes = [packet(PRELOGIN, &ticket), data.clone(), packet(PRELOGIN, &ticket), data.clone()].concat();
        let secure = |tunnel: &mut Tunnel| {
            tunnel.begin_handshake();
            tunnel.end_handshake();
        };
        let expected = [ticket.clone(), data.clone(), ticket, data].concat();
        assert_eq!(read(secure, bytes).await.expect("records"), expected);
    }

    #[tokio::test]
    async fn what_comes_of_tls_after_the_login_is_passed_over() {
        let answer = packet(ANSWER, b"tokens");
        let rest = [record(0x17, &[7; 1000]), packet(PRELOGIN, &record(0x17, b"ticket"))].concat();
        let bytes = [rest.clone(), answer.clone(), rest, answer.clone()].concat();
        assert_eq!(read(Tunnel::drop_tls, bytes).await.expect("answers"), [answer.clone(), answer].concat());
    }

    #[tokio::test]
    async fn what_is_no_tls_ends_the_handshake() {
        let outcome = read(Tunnel::begin_handshake, b"HTTP/1.1 400 Bad Request\r\n".to_vec()).await;
        assert_eq!(outcome.err().map(|error| error.kind()), Some(io::ErrorKind::InvalidData));
    }
}
