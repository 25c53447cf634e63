//! Where a server is, in a form that needs no resolver.

use std::net::SocketAddr;
use std::path::PathBuf;

use dbprobe_core::Failure;
use dbprobe_net::dial;

use crate::socket::Socket;

/// Where a server is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Socket(PathBuf),
    Tcp(SocketAddr),
}

impl Place {
    pub(crate) async fn dial(&self) -> Result<Socket, Failure> {
        match self {
            #[cfg(unix)]
            Self::Socket(path) => dbprobe_net::dial_unix(path).await.map(Socket::unix),
            #[cfg(not(unix))]
            Self::Socket(_) => Err(Failure::new(dbprobe_core::Class::Unsupported, "Unix sockets need a Unix system")),
            Self::Tcp(address) => dial(&[*address]).await.map(Socket::tcp),
        }
    }
}
