//! Connections that do what they should, and the end of the server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get as route;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, Notify};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::client::{exchange, get, rest, start};
use crate::http::server::{Listen, serve};
use crate::web::Web;

fn hello() -> Router {
    Router::new().route("/", route(async || "hello")).route("/panic", route(panics))
}

async fn panics() -> &'static str {
    panic!("a planted panic")
}

/// A route that tells when it was asked, and answers when it may.
fn gated() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (asked, may) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&asked), Arc::clone(&may));
    let handler = move || async move {
        tell.notify_one();
        wait.notified().await;
        "done"
    };
    (Router::new().route("/", route(handler)), asked, may)
}

#[tokio::test]
async fn a_connection_is_kept_for_further_requests() {
    let server = start(hello(), Web::default(), 8).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        let answer = exchange(&mut stream, &get("/", ""), "hello").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\nx-content-type-options: nosniff\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_stop_lets_a_request_under_way_finish() {
    let (router, asked, may) = gated();
    let server = start(router, Web::default(), 8).await;
    let mut stream = server.connect().await;
    stream.write_all(get("/", "").as_bytes()).await.expect("sent");
    asked.notified().await;
    server.stop.cancel();
    may.notify_one();
    let answer = rest(&mut stream).await;
    assert!(answer.ends_with("done") && answer.contains("connection: close"), "{answer}");
    server.served.await.expect("the server ended");
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_nobody_longer_than_two_seconds() {
    let (router, asked, _may) = gated();
    let server = start(router, Web::default(), 8).await;
    let mut stuck = server.connect().await;
    stuck.write_all(get("/", "").as_bytes()).await.expect("sent");
    asked.notified().await;
    let _silent = server.connect().await;
    let stopped = Instant::now();
    server.stop.cancel();
    server.served.await.expect("the server ended");
    assert!(stopped.elapsed() < Duration::from_secs(2), "by the paused clock: {:?}", stopped.elapsed());
    assert_eq!(rest(&mut stuck).await, "");
}

#[tokio::test]
async fn who_is_idle_makes_room_for_who_is_not() {
    let server = start(hello(), Web::default(), 3).await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    for stream in [&mut first, &mut second] {
        exchange(stream, &get("/", ""), "hello").await;
    }
    let answer = server.fetch("/", "").await;
    assert!(answer.ends_with("hello"), "{answer}");
    assert_eq!((rest(&mut first).await, rest(&mut second).await), (String::new(), String::new()));
}

#[tokio::test]
async fn who_is_too_many_waits_until_there_is_room() {
    let (router, asked, may) = gated();
    let server = start(router, Web::default(), 1).await;
    let mut first = server.connect().await;
    first.write_all(get("/", "").as_bytes()).await.expect("sent");
    asked.notified().await;
    let mut second = server.connect().await;
    second.write_all(get("/", "Connection: close\r\n").as_bytes()).await.expect("sent");
    may.notify_one();
    assert!(rest(&mut first).await.ends_with("done"));
    asked.notified().await;
    may.notify_one();
    assert!(rest(&mut second).await.ends_with("done"));
}

#[tokio::test]
async fn a_panic_in_a_route_costs_one_answer() {
    let layered = tower_http::catch_panic::CatchPanicLayer::custom(crate::http::panicked);
    let server = start(hello().layer(layered), Web::default(), 8).await;
    let answer = server.fetch("/panic", "").await;
    assert!(answer.starts_with("HTTP/1.1 500 ") && !answer.contains("planted"), "{answer}");
    assert!(server.fetch("/", "").await.ends_with("hello"));
}

/// A listener that has no descriptors left for a while.
struct Poor {
    errors: Vec<io::Error>,
    listener: TcpListener,
}

impl Listen for Poor {
    async fn accept(&mut self) -> io::Result<TcpStream> {
        match self.errors.pop() {
            Some(error) => Err(error),
            None => Listen::accept(&mut self.listener).await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_accepting_is_waited_out() {
    const EMFILE: i32 = 24;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let errors = vec![io::Error::from(io::ErrorKind::ConnectionAborted), io::Error::from_raw_os_error(EMFILE)];
    let (stop, began) = (CancellationToken::new(), Instant::now());
    let listeners = vec![Poor { errors, listener }];
    let served = tokio::spawn(serve(8, listeners, hello(), Arc::new(Web::default()), stop.clone()));
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(get("/", "Connection: close\r\n").as_bytes()).await.expect("sent");
    assert!(rest(&mut stream).await.ends_with("hello"));
    assert!(began.elapsed() >= Duration::from_secs(1), "it was not tried again at once");
    stop.cancel();
    served.await.expect("the server ended");
}

/// Gives its one connection when all the others can give theirs, and then no other.
struct Waiting(Option<(TcpStream, Arc<Barrier>)>);

impl Listen for Waiting {
    async fn accept(&mut self) -> io::Result<TcpStream> {
        let Some((stream, all)) = self.0.take() else { return std::future::pending().await };
        all.wait().await;
        Ok(stream)
    }
}

#[tokio::test]
async fn one_address_that_got_its_place_does_not_end_the_wait_of_another() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let (mut clients, mut listeners, all) = (Vec::new(), Vec::new(), Arc::new(Barrier::new(3)));
    for _ in 0..3 {
        clients.push(TcpStream::connect(address).await.expect("a connection"));
        let (stream, _) = listener.accept().await.expect("a connection");
        listeners.push(Waiting(Some((stream, Arc::clone(&all)))));
    }
    // Each of the addresses holds a place for its first connection, and then waits for another.
    let stop = CancellationToken::new();
    let served = tokio::spawn(serve(3, listeners, hello(), Arc::new(Web::default()), stop.clone()));
    for mut client in clients.into_iter().take(2) {
        let answer = exchange(&mut client, &get("/", ""), "hello").await;
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        rest(&mut client).await;
        // Its place is given away before the next one asks.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    stop.cancel();
    served.await.expect("the server ended");
}
