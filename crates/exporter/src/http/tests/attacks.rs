//! Clients that are slow, broken or hostile: each costs its own connection only.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get as route, post};
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::client::{Server, get, rest, start};
use crate::web::Web;

async fn hello() -> Server {
    let router = Router::new().route("/", route(async || "hello")).route("/post", post(async || "posted"));
    start(router, Web::default(), 8).await
}

async fn still_serves(server: &Server) {
    let answer = server.fetch("/", "").await;
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_byte_by_byte_is_cut_off() {
    let server = hello().await;
    let (mut reader, mut writer) = server.connect().await.into_split();
    writer.write_all(b"GET / HTTP/1.1\r\nX: ").await.expect("sent");
    let drip = tokio::spawn(async move {
        for seconds in 1.. {
            sleep(Duration::from_secs(1)).await;
            if writer.write_all(b"x").await.is_err() {
                return seconds;
            }
        }
        0
    });
    assert_eq!(rest(&mut reader).await, "");
    let seconds = drip.await.expect("it ended");
    assert!(seconds <= 12, "the paused clock says {seconds} s");
    still_serves(&server).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_cut_off() {
    let server = hello().await;
    let mut silent = server.connect().await;
    assert_eq!(rest(&mut silent).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_given_up() {
    let server = hello().await;
    let answer = server.ask("POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stops_reading_is_let_go() {
    let dropped = CancellationToken::new();
    let guard = dropped.clone();
    let endless = move || async move {
        let pieces = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 65_536])));
        let guard = guard.drop_guard();
        Body::from_stream(futures_util::StreamExt::map(pieces, move |piece| {
            let _held = &guard;
            piece
        }))
    };
    let server = start(Router::new().route("/", route(endless)), Web::default(), 8).await;
    let mut stream = server.connect().await;
    stream.write_all(get("/", "").as_bytes()).await.expect("sent");
    assert_eq!(stream.read_u8().await.expect("it began"), b'H');
    dropped.cancelled().await;
}

#[tokio::test]
async fn too_much_is_refused() {
    let server = hello().await;
    let large = "x".repeat(40_000);
    let many = (0..200).map(|number| format!("X-{number}: x\r\n")).collect::<String>();
    let post = |headers: &str, body: &str| format!("POST /post HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}");
    let chunk = "x".repeat(5000);
    let cases = [
        (get("/", &format!("X: {large}\r\n")), "431"),
        (get("/", &many), "431"),
        (get(&format!("/{large}"), ""), "431"),
        (post("Content-Length: 5000\r\n", ""), "413"),
        (post("Transfer-Encoding: chunked\r\n", &format!("1388\r\n{chunk}\r\n0\r\n\r\n")), "413"),
        (post("Connection: close\r\nContent-Length: 5\r\n", "12345"), "200"),
    ];
    for (request, status) in cases {
        let answer = server.ask(&request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer:.200}");
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn garbage_is_no_request() {
    let server = hello().await;
    for garbage in
        ["\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{0}\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "x\r\n\r\n"]
    {
        let answer = server.ask(garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn half_a_request_and_a_goodbye_is_nothing() {
    let server = hello().await;
    for part in ["", "GET / HT", "GET / HTTP/1.1\r\n"] {
        let mut stream = server.connect().await;
        stream.write_all(part.as_bytes()).await.expect("sent");
        stream.shutdown().await.expect("said goodbye");
        let answer = rest(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    still_serves(&server).await;
}
