//! The two sides of a proxy: the port that clients come to, and the way to the server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixStream};

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

impl From<SocketAddr> for Upstream {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl From<PathBuf> for Upstream {
    fn from(path: PathBuf) -> Self {
        Self::Unix(path)
    }
}

/// A connection to the server, of whichever kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Upstream {
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
            Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

/// A port that is listened on, or only kept.
#[derive(Debug)]
pub(super) struct Door {
    address: SocketAddr,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Bound and not listening: who connects is refused, and nobody else gets the port.
    Closed(TcpSocket),
    /// Nothing, while one becomes the other.
    Moving,
    Open(TcpListener),
    /// Bound, and listening begins with the first `accept`, since it needs a runtime.
    Opening(std::net::TcpListener),
}

impl Door {
    pub(super) fn bind() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok(Self { address: listener.local_addr()?, state: State::Opening(listener) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn set_open(&mut self, open: bool) {
        self.state = match (std::mem::replace(&mut self.state, State::Moving), open) {
            (State::Closed(socket), true) => State::Open(socket.listen(1024).expect("the port is ours")),
            (State::Open(listener), false) => {
                drop(listener);
                State::Closed(reserve(self.address))
            }
            (State::Opening(listener), false) => {
                drop(listener);
                State::Closed(reserve(self.address))
            }
            (state, _) => state,
        };
    }

    /// The next client. It never ends while the door is closed.
    pub(super) async fn accept(&mut self) -> TcpStream {
        self.state = match std::mem::replace(&mut self.state, State::Moving) {
            State::Opening(listener) => {
                State::Open(TcpListener::from_std(listener).expect("a listener inside a runtime"))
            }
            state => state,
        };
        let State::Open(listener) = &self.state else { return std::future::pending().await };
        loop {
            match listener.accept().await {
                Ok((client, _)) => return client,
                // Out of descriptors, or a client that has gone again: neither is the end of the proxy.
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }
}

fn reserve(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an option of every TCP socket");
    socket.bind(address).expect("the port was ours a moment ago");
    socket
}
