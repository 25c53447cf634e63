//! The first bytes: asking for TLS, and telling who is there when it is not PostgreSQL.

use dbprobe_core::Failure;
use dbprobe_net::io_failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::classify::{not_postgres, refusal};
use crate::peer::whose;
use crate::place::Place;
use crate::wire::{Heard, Socket};

/// `SSLRequest`: length 8, code 80877103 (protocol documentation, "Message Formats").
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Asks for TLS: one round trip. Whether the server is willing.
///
/// Exactly one byte is read: whatever somebody slipped in behind it fails in the handshake (CVE-2021-23222).
pub(crate) async fn request_tls(socket: &mut Socket, heard: &Heard) -> Result<bool, Failure> {
    let mut answer = [0];
    let asked = async {
        socket.write_all(&SSL_REQUEST).await?;
        socket.read_exact(&mut answer).await
    };
    asked.await.map_err(|error| io_failure(&error, "asking for TLS"))?;
    heard.note();
    match answer[0] {
        b'S' => Ok(true),
        b'N' => Ok(false),
        b'E' => Err(refused(socket).await),
        first => {
            let mut beginning = vec![first];
            // What is there already is enough to name the peer; nothing is waited for.
            let mut more = [0; 63];
            let read = socket.read(&mut more);
            if let Some(Ok(count)) = futures_util::FutureExt::now_or_never(read) {
                beginning.extend_from_slice(&more[..count]);
            }
            Err(not_postgres(whose(&beginning)))
        }
    }
}

/// Looks on a second connection who it is that says nothing: an HTTP or Redis server waits for the end of a line, which
/// PostgreSQL's messages do not have. PostgreSQL itself takes the question for a startup message and hangs up.
pub(crate) async fn second_look(place: &Place) -> Option<Failure> {
    let mut socket = place.dial().await.ok()?;
    socket.write_all(b"OPTIONS * HTTP/1.0\r\n\r\n").await.ok()?;
    let mut beginning = [0; 64];
    let count = socket.read(&mut beginning).await.ok()?;
    let beginning = &beginning[..count];
    let known = !matches!(beginning.first(), None | Some(b'E' | b'S' | b'N'));
    known.then(|| not_postgres(whose(beginning)))
}

/// Reads the rest of an error message that came instead of an answer: a pooler that is full says so at once.
async fn refused(socket: &mut Socket) -> Failure {
    let mut length = [0; 4];
    let mut fields = Vec::new();
    let read = async {
        socket.read_exact(&mut length).await?;
        // The length counts itself. An error of more than a few kilobytes is none.
        let rest = u64::from(u32::from_be_bytes(length)).saturating_sub(4).min(8 * 1024);
        socket.take(rest).read_to_end(&mut fields).await
    };
    if read.await.is_err() {
        return not_postgres("the peer answered the request for TLS with an error and left");
    }
    let field = |kind: u8| {
        let mut all = fields.split(|byte| *byte == 0).filter(|field| field.first() == Some(&kind));
        all.next().map(|field| String::from_utf8_lossy(&field[1..]).into_owned())
    };
    match (field(b'C'), field(b'M')) {
        (Some(code), Some(message)) => refusal(&code, message, field(b'H').as_deref()),
        _ => not_postgres("the peer answered the request for TLS with an error that cannot be read"),
    }
}
