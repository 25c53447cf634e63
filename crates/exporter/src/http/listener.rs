//! The addresses that the exporter listens on.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Connections that wait while all places are taken.
const BACKLOG: i32 = 1024;

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{address} {}", reason(.source))]
pub(crate) struct BindError {
    address: SocketAddr,
    source: io::Error,
}

/// Listens on every one of `addresses`; none where one of them cannot be had. It waits for nothing: it is a future so that
/// it runs inside of the runtime that the sockets belong to.
///
/// # Errors
/// The address, and what to do about it.
pub(crate) async fn bind(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, BindError> {
    let listen = |address: &SocketAddr| {
        // `[::]` takes IPv4, too, unless somebody else is to have it.
        let shared = addresses.iter().any(|other| other.is_ipv4() && other.port() == address.port());
        listener(*address, shared).map_err(|source| BindError { address: *address, source })
    };
    addresses.iter().map(listen).collect()
}

fn listener(address: SocketAddr, only_v6: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(only_v6)?;
    }
    // A restart must not wait for the connections of the process before.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            "is already in use: stop the other process, or set `listen` to another address".to_owned()
        }
        ErrorKind::AddrNotAvailable => "is no address of this host: set `listen` to one that is".to_owned(),
        ErrorKind::PermissionDenied => {
            "may not be listened on by this user: set `listen` to a port above 1023".to_owned()
        }
        _ => format!("cannot be listened on: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_use_says_what_to_do() {
        let taken = bind(&["127.0.0.1:0".parse().expect("an address")]).await.expect("a listener");
        let address = taken[0].local_addr().expect("an address");
        let error = bind(&[address]).await.expect_err("it is taken").to_string();
        let expected = "is already in use: stop the other process, or set `listen` to another address";
        assert_eq!(error, format!("{address} {expected}"));
    }

    #[tokio::test]
    async fn an_address_of_another_host_is_told() {
        let error = bind(&["192.0.2.1:9091".parse().expect("an address")]).await.expect_err("not ours").to_string();
        assert_eq!(error, "192.0.2.1:9091 is no address of this host: set `listen` to one that is");
    }
}
