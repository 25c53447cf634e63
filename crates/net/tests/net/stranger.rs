//! A hang-up before the first word, looked into.

use std::net::SocketAddr;
use std::time::Duration;

use dbprobe_core::{Class, Failure};
use dbprobe_net::{look_at, look_into};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that hangs up on every question but one that begins with `question`, and waits where that may still come.
async fn server(question: &'static [u8], answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut heard = [0; 256];
                let count = stream.read(&mut heard).await.unwrap_or(0);
                if heard[..count].starts_with(question) {
                    let _ = stream.write_all(answer).await;
                } else if question.ends_with(b"\n") && !heard[..count].contains(&b'\n') {
                    let _ = stream.read(&mut heard).await;
                }
            });
        }
    });
    address
}

async fn looked(peer: SocketAddr, class: Class) -> (Class, String) {
    let failure = Failure::new(class, "hung up").advise("as it was");
    let found = look_into(failure, peer, "a web server", Duration::from_secs(5)).await;
    (found.class, found.message)
}

#[tokio::test]
async fn postgresql_and_redis_are_told_by_what_they_answer() {
    let postgres = server(&[0, 0, 0, 8, 4, 210, 22, 47], b"N").await;
    assert_eq!(looked(postgres, Class::Reset).await.1, "the peer is PostgreSQL, not a web server");
    let redis = server(b"PING\r\n", b"-NOAUTH Authentication required.\r\n").await;
    assert_eq!(looked(redis, Class::Reset).await, (Class::Protocol, "the peer is Redis, not a web server".to_owned()));
}

#[tokio::test]
async fn a_peer_that_says_nothing_can_be_looked_at() {
    let redis = server(b"PING\r\n", b"-NOAUTH Authentication required.\r\n").await;
    let found = look_at(redis, "a web server", Duration::from_secs(5)).await;
    assert_eq!(found.map(|failure| failure.class), Some(Class::Protocol));
    let mute = server(b"never", b"").await;
    assert!(look_at(mute, "a web server", Duration::from_secs(1)).await.is_none());
}

#[tokio::test]
async fn whoever_was_expected_or_stays_unknown_leaves_the_failure_as_it_was() {
    let expected = server(&[0, 0, 0, 8], b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(looked(expected, Class::Reset).await, (Class::Reset, "hung up".to_owned()));
    let with_tls = look_at(expected, "a web server with TLS", Duration::from_secs(5)).await;
    assert!(with_tls.is_none(), "{with_tls:?}");
    let mute = server(b"never", b"").await;
    assert_eq!(looked(mute, Class::Reset).await.0, Class::Reset);
    // Only a hang-up is looked into.
    let postgres = server(&[0, 0, 0, 8, 4, 210, 22, 47], b"N").await;
    assert_eq!(looked(postgres, Class::Auth).await.0, Class::Auth);
}
