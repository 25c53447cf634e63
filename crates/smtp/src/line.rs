//! The line to the server: commands out, answers in, TLS round it or not.

use std::io;
use std::time::Duration;

use dbprobe_core::Failure;
use dbprobe_net::io_failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::classify::not_smtp;
use crate::reply::{LONGEST_LINE, Place, Reply};

/// How long a server has to close the connection after its goodbye, within the 250 ms that the core gives for both.
const END: Duration = Duration::from_millis(100);

/// A socket, with TLS round it or without.
enum Wire {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

/// The line to the server.
pub(crate) struct Line {
    wire: Wire,
    /// What was received and not yet read.
    unread: Vec<u8>,
}

impl Line {
    pub(crate) fn plain(socket: TcpStream) -> Self {
        Self { wire: Wire::Plain(socket), unread: Vec::new() }
    }

    pub(crate) fn secure(stream: TlsStream<TcpStream>) -> Self {
        Self { wire: Wire::Secure(Box::new(stream)), unread: Vec::new() }
    }

    /// Sends one command, or one line of an exchange, and waits for the answer.
    ///
    /// # Errors
    /// Class `reset`: the connection is gone; class `protocol`: the answer is none of SMTP's.
    pub(crate) async fn ask(&mut self, command: &str) -> Result<Reply, Failure> {
        self.send(command).await.map_err(|error| io_failure(&error, "sending a command"))?;
        self.reply().await
    }

    /// `command` holds no end of a line: names are checked where they are read, and the rest is base64.
    async fn send(&mut self, command: &str) -> io::Result<()> {
        let bytes = [command.as_bytes(), b"\r\n"].concat();
        match &mut self.wire {
            Wire::Plain(socket) => socket.write_all(&bytes).await,
            Wire::Secure(stream) => {
                stream.write_all(&bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Waits for one whole answer.
    ///
    /// # Errors
    /// See [`Line::ask`].
    pub(crate) async fn reply(&mut self) -> Result<Reply, Failure> {
        let mut reply = Reply::default();
        loop {
            let line = self.line().await?;
            if reply.take(&line).map_err(not_smtp)? == Place::Last {
                return Ok(reply);
            }
        }
    }

    /// One line without its end.
    async fn line(&mut self) -> Result<Vec<u8>, Failure> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.unread.drain(..=end).collect();
                line.truncate(line.len() - if line.ends_with(b"\r\n") { 2 } else { 1 });
                return if line.len() > LONGEST_LINE { Err(not_smtp("a line has no end")) } else { Ok(line) };
            }
            // A peer that is something else is known by its first bytes: its line may never end.
            if self.unread.iter().take(3).any(|byte| !byte.is_ascii_digit()) {
                return Err(not_smtp("a line does not begin with a reply code"));
            }
            if self.unread.len() > LONGEST_LINE {
                return Err(not_smtp("a line has no end"));
            }
            let mut chunk = [0; 2048];
            let count = self.receive(&mut chunk).await.map_err(|error| io_failure(&error, "waiting for an answer"))?;
            self.unread.extend_from_slice(chunk.get(..count).unwrap_or_default());
        }
    }

    async fn receive(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.wire {
            Wire::Plain(socket) => socket.read(chunk).await?,
            Wire::Secure(stream) => stream.read(chunk).await?,
        };
        if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(count) }
    }

    /// The socket, for a handshake of TLS.
    ///
    /// # Errors
    /// Class `protocol`: something stands behind the answer to STARTTLS. Whoever put it there may be between the two
    /// sides, and after the handshake it would pass for an answer of the server's (CVE-2011-0411).
    pub(crate) fn into_socket(self) -> Result<TcpStream, Failure> {
        match self.wire {
            Wire::Plain(socket) if self.unread.is_empty() => Ok(socket),
            _ => Err(not_smtp("something in plain text follows the answer to STARTTLS").advise(
                "somebody in between may be injecting answers (CVE-2011-0411): look at what stands between the two sides",
            )),
        }
    }

    pub(crate) fn local_address(&self) -> Option<std::net::SocketAddr> {
        match &self.wire {
            Wire::Plain(socket) => socket.local_addr().ok(),
            Wire::Secure(stream) => stream.get_ref().0.local_addr().ok(),
        }
    }

    /// Waits until the server has closed the connection, as it does after a goodbye (RFC 5321, section 3.8), and closes
    /// this side. A server that does not is not waited for.
    pub(crate) async fn wait_for_end(mut self) {
        let mut chunk = [0; 256];
        let end = async { while self.receive(&mut chunk).await.is_ok() {} };
        let _ = timeout(END, end).await;
    }
}
