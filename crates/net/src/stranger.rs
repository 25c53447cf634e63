//! Who it is that hangs up without a word.

use std::net::SocketAddr;
use std::time::Duration;

use dbprobe_core::{Class, Failure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::dial::dial;

/// PostgreSQL's request for TLS, the one question that it answers whoever asks (protocol, "`SSLRequest`").
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A line, for a peer that waits for the end of one.
const LINE: &[u8] = b"PING\r\n";

/// Looks on other connections into a hang-up that came before the peer had said anything: PostgreSQL and Redis do that
/// to clients of other protocols. A stranger makes it a failure of class `protocol`; in every other case, and after
/// `patience`, the `failure` comes back as it was.
///
/// `whom` is the server that was expected there, for the advice. PostgreSQL is asked for TLS and left, which it does not
/// log; Redis logs nothing either.
pub async fn look_into(failure: Failure, peer: SocketAddr, whom: &str, patience: Duration) -> Failure {
    if failure.class != Class::Reset {
        return failure;
    }
    look_at(peer, whom, patience).await.unwrap_or(failure)
}

/// Looks on other connections at a peer that says nothing: whether it is another server than `whom`, as far as that can
/// be told within `patience`.
pub async fn look_at(peer: SocketAddr, whom: &str, patience: Duration) -> Option<Failure> {
    let stranger = timeout(patience, identify(peer, patience / 2)).await.ok()??;
    let failure = Failure::new(Class::Protocol, format!("the peer is {stranger}, not {whom}"));
    // One that speaks TLS may answer what is no TLS as if it spoke none.
    (!whom.starts_with(stranger)).then(|| failure.advise("check the port, and which server listens there"))
}

async fn identify(peer: SocketAddr, patience: Duration) -> Option<&'static str> {
    let first = match timeout(patience, first_byte(peer, &SSL_REQUEST)).await {
        Ok(first) => first?,
        // It waits for more of what it takes for a line.
        Err(_) => first_byte(peer, LINE).await?,
    };
    match first {
        b'S' | b'N' => Some("PostgreSQL"),
        b'+' | b'-' => Some("Redis"),
        b'H' => Some("a web server"),
        _ => None,
    }
}

/// The first byte of the answer to `question`.
async fn first_byte(peer: SocketAddr, question: &[u8]) -> Option<u8> {
    let mut stream = dial(&[peer]).await.ok()?;
    stream.write_all(question).await.ok()?;
    stream.read_u8().await.ok()
}
