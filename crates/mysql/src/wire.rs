//! Packets on a stream: numbered, capped, and a goodbye whenever it is dropped.
//!
//! Source: the protocol documentation, "MySQL Packets".

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dbprobe_core::{Class, Failure};
use dbprobe_net::io_failure;
use mysql_common::constants::{CapabilityFlags, Command};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::client::TlsStream;

use crate::classify::not_mysql;
use crate::farewell;
use crate::socket::{Socket, Stream};

/// Bytes that may be read in answer to one question: a peer that never stops talking must not fill the memory. The
/// answers to ours are a few kilobytes.
pub(crate) const ALLOWANCE: usize = 1 << 20;
/// The same for a list of connections.
pub(crate) const LIST_ALLOWANCE: usize = 16 << 20;
/// What one packet can hold; a longer one is sent in parts, which nothing here needs.
const LONGEST: usize = 0xff_ffff;

/// What is still owed to the server, should the connection be dropped now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// The login is not begun: see [`farewell`].
    Farewell,
    /// A session without a question under way.
    Quit,
    /// An answer is under way, and nothing that could be said would be understood.
    Silently,
}

/// Whether a peer has said anything yet.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<AtomicBool>);

impl Heard {
    pub(crate) fn anything(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream of packets.
pub(crate) struct Wire {
    /// `None` only in a wire that was taken apart.
    stream: Option<Stream>,
    /// The number of the next packet, whoever sends it.
    sequence: u8,
    allowance: usize,
    /// What was read and not yet used.
    unread: Vec<u8>,
    leaving: Leaving,
    /// What was said of this side's capabilities in the request for TLS.
    said: Option<CapabilityFlags>,
    heard: Heard,
}

impl Wire {
    /// A fresh connection: the server speaks first, so the first packet of this side has the number 1.
    pub(crate) fn new(socket: Socket) -> Self {
        Self::over(Stream::Plain(socket), 0, None)
    }

    /// The same connection after TLS was put round it, in the middle of a login, by a request that named `said`.
    pub(crate) fn secure(mut stream: TlsStream<Socket>, sequence: u8, said: CapabilityFlags) -> Self {
        stream.get_mut().0.uncork();
        Self::over(Stream::Secure(Box::new(stream)), sequence, Some(said))
    }

    fn over(stream: Stream, sequence: u8, said: Option<CapabilityFlags>) -> Self {
        Self {
            stream: Some(stream),
            sequence,
            allowance: ALLOWANCE,
            unread: Vec::new(),
            leaving: Leaving::Farewell,
            said,
            heard: Heard::default(),
        }
    }

    /// Takes the wire apart for TLS: the socket and the next packet's number.
    ///
    /// # Errors
    /// Class `protocol` where something was slipped in before TLS: it would be taken for an answer from inside.
    pub(crate) fn into_socket(mut self) -> Result<(Socket, u8), Failure> {
        if !self.unread.is_empty() {
            return Err(not_mysql("somebody on the way slips something in before TLS begins"));
        }
        match self.stream.take() {
            Some(Stream::Plain(mut socket)) => {
                socket.cork();
                Ok((socket, self.sequence))
            }
            _ => Err(Failure::new(Class::Internal, "TLS inside TLS")),
        }
    }

    pub(crate) fn heard(&self) -> Heard {
        self.heard.clone()
    }

    /// Whether nobody on the way can read along.
    pub(crate) fn is_private(&self) -> bool {
        self.stream.as_ref().is_some_and(Stream::is_private)
    }

    /// What a goodbye has to keep to.
    pub(crate) fn said(&self) -> Option<CapabilityFlags> {
        self.said
    }

    pub(crate) fn leave_with(&mut self, leaving: Leaving) {
        self.leaving = leaving;
    }

    /// Begins a command: packets are numbered from 0, and `allowance` bytes may come back.
    pub(crate) fn begin(&mut self, allowance: usize) {
        self.sequence = 0;
        self.allowance = allowance;
    }

    /// Sends one packet.
    pub(crate) async fn write(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let length = u32::try_from(payload.len()).ok().filter(|_| payload.len() < LONGEST);
        let Some(length) = length else {
            return Err(Failure::new(Class::Query, "the statement is longer than 16 MiB").advise("send a shorter one"));
        };
        let mut bytes = Vec::with_capacity(payload.len() + 4);
        bytes.extend_from_slice(&length.to_le_bytes()[..3]);
        bytes.push(self.next());
        bytes.extend_from_slice(payload);
        let stream = self.stream.as_mut().ok_or_else(closed)?;
        let sent = async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        };
        sent.await.map_err(|error| io_failure(&error, "talking to the server"))
    }

    /// Lets as many bytes come back as an answer of ours may have.
    pub(crate) fn allow_more(&mut self) {
        self.allowance = self.allowance.max(LIST_ALLOWANCE);
    }

    /// Receives one packet, of at most as many bytes as the allowance has left.
    ///
    /// # Errors
    /// Class `protocol` where it cannot be the packet that is due; class `reset` where the connection ends.
    pub(crate) async fn read(&mut self) -> Result<Vec<u8>, Failure> {
        self.fill(4).await?;
        let length = usize::from(self.unread[0]) | usize::from(self.unread[1]) << 8 | usize::from(self.unread[2]) << 16;
        let left = self.allowance.checked_sub(length + 4).filter(|_| length < LONGEST);
        let Some(left) = left else { return Err(not_mysql("the peer sends far more than was asked for")) };
        let (sequence, expected) = (self.unread[3], self.next());
        self.fill(4 + length).await?;
        self.allowance = left;
        let mut packet: Vec<u8> = self.unread.drain(..4 + length).collect();
        packet.drain(..4);
        // A server that ends a session says so out of turn.
        if sequence != expected && packet.first() != Some(&0xff) {
            return Err(not_mysql("the peer's packets are out of order"));
        }
        Ok(packet)
    }

    /// The first bytes that the peer says, as far as they are there; `wanted` at the most are waited for.
    pub(crate) async fn peek(&mut self, wanted: usize) -> Result<&[u8], Failure> {
        self.fill(wanted).await?;
        Ok(&self.unread)
    }

    async fn fill(&mut self, wanted: usize) -> Result<(), Failure> {
        let stream = self.stream.as_mut().ok_or_else(closed)?;
        while self.unread.len() < wanted {
            // No more than what is wanted and a page: a fast peer must not run ahead of the allowance.
            let room = (wanted - self.unread.len()).max(4096);
            self.unread.reserve(room);
            let count = (&mut *stream).take(room as u64).read_buf(&mut self.unread).await;
            match count {
                Ok(0) => return Err(closed()),
                Ok(_) => self.heard.0.store(true, Ordering::Relaxed),
                Err(error) => return Err(lost(&error)),
            }
        }
        Ok(())
    }

    fn next(&mut self) -> u8 {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        sequence
    }

    /// Says goodbye to a session and waits until the server has closed the connection (`COM_QUIT`).
    pub(crate) async fn quit(mut self) -> Result<(), Failure> {
        self.begin(ALLOWANCE);
        self.leaving = Leaving::Silently;
        self.write(&[Command::COM_QUIT as u8]).await?;
        let Some(mut stream) = self.stream.take() else { return Ok(()) };
        // Whatever it still says is not for us; its end is what is waited for, however it comes.
        let mut rest = [0; 256];
        while matches!(stream.read(&mut rest).await, Ok(count) if count > 0) {}
        Ok(())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        let words = match self.leaving {
            // The greeting, which may be still to come, has the number 0.
            Leaving::Farewell => farewell::all_at_once(self.sequence.max(1), self.said),
            Leaving::Quit => vec![1, 0, 0, 0, Command::COM_QUIT as u8],
            Leaving::Silently => return,
        };
        let _ = stream.send_now(&words);
    }
}

fn closed() -> Failure {
    Failure::new(Class::Reset, "the server closed the connection")
        .advise("see the server's log for the reason; a crash, a restart or a proxy's limit looks like this")
}

fn lost(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => closed(), // TLS that ends without a goodbye, as MySQL ends it
        _ => io_failure(error, "talking to the server"),
    }
}
