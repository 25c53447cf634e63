//! What a proxy can do to its connections.

use std::time::Duration;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// What a proxy does.
///
/// `Forward`, `Delay`, `Blackhole` and `Reset` also take hold of connections that are open; the others leave those as they
/// were and concern new ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Passes everything on at once.
    #[default]
    Forward,
    /// Holds everything back, on open connections and on new ones, which are accepted. Nothing is lost: it goes on with
    /// the next mode.
    Blackhole,
    /// Passes `after` bytes on in one direction, then cuts the connection with a FIN on both sides.
    Cut {
        /// In which direction bytes are counted.
        direction: Direction,
        /// How many of them pass.
        after: u64,
    },
    /// Passes everything on so much later, each way, however much there is.
    Delay(Duration),
    /// Answers whatever comes with these bytes, once, and then says nothing; the upstream is never asked.
    Garbage(Vec<u8>),
    /// Nobody listens on the port, which stays reserved for the time after.
    Refuse,
    /// Cuts every connection with a RST.
    Reset,
    /// Accepts and never answers; the upstream is never asked.
    Swallow,
}

impl Mode {
    /// Bytes that are no database's protocol.
    pub fn noise() -> Self {
        Self::Garbage((0..256_u16).map(|at| (at.wrapping_mul(151) ^ 0xa5).to_le_bytes()[0]).collect())
    }

    /// What a web server says to bytes that are not HTTP.
    pub fn web_server() -> Self {
        let answer = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 15\r\n\
                      Connection: close\r\n\r\n400 Bad Request";
        Self::Garbage(answer.into())
    }
}

/// What is in force.
#[derive(Debug, Default)]
pub(super) struct Force {
    pub(super) mode: Mode,
    /// How often connections were cut so far. Whoever looks only at the mode misses a `Reset` that was followed by
    /// something else at once.
    pub(super) resets: u64,
}

impl Force {
    pub(super) fn take(&mut self, mode: Mode) {
        self.resets += u64::from(mode == Mode::Reset);
        self.mode = mode;
    }
}
