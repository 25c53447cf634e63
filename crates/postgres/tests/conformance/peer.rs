//! Peers that are not PostgreSQL, or say one thing only.

use std::net::SocketAddr;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A listener that answers every connection with the same bytes, once something was asked or at once.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// When a peer speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// As soon as somebody connects: MySQL, SMTP, SSH.
    First,
    /// After a whole line was sent: HTTP, Redis.
    AfterALine,
    /// After anything was sent.
    AfterAnything,
    Never,
}

impl Peer {
    pub(crate) async fn start(speaks: Speaks, says: impl Into<Vec<u8>>) -> Self {
        let says = says.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, speaks, says.clone()));
            }
        });
        Self { address, accepting }
    }
}

async fn answer(mut stream: tokio::net::TcpStream, speaks: Speaks, says: Vec<u8>) {
    let mut heard = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let enough = match speaks {
            Speaks::First => true,
            Speaks::AfterALine => heard.contains(&b'\n'),
            Speaks::AfterAnything => !heard.is_empty(),
            Speaks::Never => false,
        };
        if enough {
            break;
        }
        match tokio::io::AsyncReadExt::read(&mut stream, &mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => heard.extend_from_slice(&buffer[..count]),
        }
    }
    let _ = stream.write_all(&says).await;
    // What is still unread would turn the goodbye into a reset.
    while matches!(tokio::io::AsyncReadExt::read(&mut stream, &mut buffer).await, Ok(count) if count > 0) {}
}

/// PostgreSQL's `ErrorResponse` with a fatal error (protocol documentation, "Message Formats").
pub(crate) fn fatal(code: &str, message: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
    let length = u32::try_from(fields.len() + 4).expect("a short message");
    [b"E".as_slice(), &length.to_be_bytes(), fields.as_bytes()].concat()
}

/// "Logged in", and then two megabytes of notices (`NoticeResponse`).
pub(crate) fn flood() -> Vec<u8> {
    let mut notice = fatal("00000", &"x".repeat(1000));
    notice[0] = b'N';
    [b"R\0\0\0\x08\0\0\0\0".as_slice(), &notice.repeat(2000)].concat()
}
