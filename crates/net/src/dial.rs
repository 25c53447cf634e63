//! Addresses to connections.

use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;

use dbprobe_core::Failure;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::classify::io_failure;

/// Connects to the first of `addresses` that answers.
///
/// # Errors
/// Classes `refused`, `unreachable`, `timeout`, `reset`, `permission`.
pub async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    TcpStream::connect(addresses).await.map_err(|error| io_failure(&error, "connecting"))
}

/// Connects to the Unix socket `path`; a name that begins with `@` is an abstract one.
///
/// # Errors
/// Classes `not_found`, `refused`, `permission`.
#[cfg(unix)]
pub async fn dial_unix(path: &Path) -> Result<UnixStream, Failure> {
    UnixStream::connect(path).await.map_err(|error| io_failure(&error, "connecting"))
}
