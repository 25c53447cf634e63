//! A client that says exactly what it is told to.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::http::{bind, server};
use crate::web::Web;

/// A server on a port of its own.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) stop: CancellationToken,
    pub(super) served: JoinHandle<()>,
}

/// Starts a server with `connections` places.
pub(super) async fn start(router: Router, web: Web, connections: usize) -> Server {
    let listeners = bind(&["127.0.0.1:0".parse().expect("an address")]).await.expect("a listener");
    let address = listeners[0].local_addr().expect("an address");
    let stop = CancellationToken::new();
    let served = tokio::spawn(server::serve(connections, listeners, router, Arc::new(web), stop.clone()));
    Server { address, stop, served }
}

impl Server {
    /// A connection that nothing was said on.
    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// The whole answer to `request` on a connection of its own, which the request has to end.
    pub(super) async fn ask(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.expect("sent");
        rest(&mut stream).await
    }

    /// The whole answer to a GET with further header lines.
    pub(super) async fn fetch(&self, path: &str, headers: &str) -> String {
        self.ask(&get(path, &format!("{headers}Connection: close\r\n"))).await
    }
}

/// A GET with further header lines.
pub(super) fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n")
}

/// Everything until the other side closes; what comes before a reset counts.
pub(super) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// One answer on a connection that stays: as far as `end`.
pub(super) async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str, end: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    while !answer.ends_with(end) {
        let byte = stream.read_u8().await.unwrap_or_else(|error| panic!("{error} after {answer}"));
        answer.push(char::from(byte));
    }
    answer
}
