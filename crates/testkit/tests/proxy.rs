//! The fault proxy does what it says, and counts what it says.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use dbprobe_testkit::proxy::{Counts, Direction, Mode, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::time::timeout;

/// Long enough that something would have come, had it been sent.
const SILENCE: Duration = Duration::from_millis(100);

/// A server that answers every byte `n` with `n` times the byte `n`.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(multiply(stream));
        }
    });
    address
}

async fn multiply(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) {
    let mut byte = [0];
    while stream.read_exact(&mut byte).await.is_ok() {
        let answer = vec![byte[0]; usize::from(byte[0])];
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

async fn through(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.expect("a connection")
}

/// Sends `count` and reads the answer to its end.
async fn ask(client: &mut TcpStream, count: u8) -> std::io::Result<()> {
    client.write_all(&[count]).await?;
    let mut answer = vec![0; usize::from(count)];
    client.read_exact(&mut answer).await?;
    assert!(answer.iter().all(|byte| *byte == count), "{answer:?}");
    Ok(())
}

async fn is_silent(client: &mut TcpStream) -> bool {
    timeout(SILENCE, client.read_u8()).await.is_err()
}

fn kind(result: std::io::Result<impl Sized>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[tokio::test]
async fn round_trips_are_flights_of_the_client() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    let mut one = through(&proxy).await;
    ask(&mut one, 200).await.expect("an answer");
    ask(&mut one, 1).await.expect("an answer");
    let first = proxy.snapshot();
    assert_eq!(first, Counts { connections: 1, open: 1, bytes_to_server: 2, bytes_to_client: 201, round_trips: 2 });
    // Two requests at once are one flight, and each connection has flights of its own.
    one.write_all(&[1, 1]).await.expect("sent");
    one.read_exact(&mut [0; 2]).await.expect("an answer");
    let mut two = through(&proxy).await;
    ask(&mut two, 1).await.expect("an answer");
    let added = proxy.snapshot().since(&first);
    assert_eq!((added.connections, added.open, added.round_trips), (1, 2, 2));
}

#[tokio::test]
async fn a_closed_port_refuses_and_is_the_same_afterwards() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    let mut open = through(&proxy).await;
    ask(&mut open, 1).await.expect("an answer");
    for _ in 0..3 {
        proxy.set(Mode::Refuse);
        assert_eq!(kind(TcpStream::connect(proxy.address()).await), Some(ErrorKind::ConnectionRefused));
        proxy.set(Mode::Forward);
        ask(&mut through(&proxy).await, 1).await.expect("an answer");
    }
    ask(&mut open, 1).await.expect("open connections stay");
}

#[tokio::test]
async fn silence_is_silence() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    proxy.set(Mode::Swallow);
    let mut client = through(&proxy).await;
    client.write_all(&[9]).await.expect("it is taken");
    assert!(is_silent(&mut client).await);
    proxy.set(Mode::Forward);
    assert!(is_silent(&mut client).await, "a swallowed connection stays one");
    assert_eq!(proxy.snapshot().bytes_to_client, 0);
}

#[tokio::test]
async fn a_dead_line_loses_nothing() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    let mut client = through(&proxy).await;
    ask(&mut client, 3).await.expect("an answer");
    proxy.set(Mode::Blackhole);
    client.write_all(&[5]).await.expect("it is taken");
    assert!(is_silent(&mut client).await);
    let mut late = through(&proxy).await;
    late.write_all(&[1]).await.expect("it is taken");
    assert!(is_silent(&mut late).await);
    proxy.set(Mode::Forward);
    client.read_exact(&mut [0; 5]).await.expect("what was held back");
    late.read_exact(&mut [0; 1]).await.expect("what was held back");
}

#[tokio::test]
async fn a_reset_is_one_on_open_and_on_new_connections() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    let mut open = through(&proxy).await;
    ask(&mut open, 1).await.expect("an answer");
    proxy.set(Mode::Reset);
    assert_eq!(kind(open.read_u8().await), Some(ErrorKind::ConnectionReset));
    // It may come so early that already the connection fails with it.
    let new = async { TcpStream::connect(proxy.address()).await?.read_u8().await };
    assert_eq!(kind(new.await), Some(ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_reset_that_is_over_at_once_is_one_all_the_same() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    for _ in 0..20 {
        let mut open = through(&proxy).await;
        ask(&mut open, 1).await.expect("an answer");
        proxy.set(Mode::Reset);
        proxy.set(Mode::Forward);
        assert_eq!(kind(open.read_u8().await), Some(ErrorKind::ConnectionReset));
        ask(&mut through(&proxy).await, 1).await.expect("new connections are not concerned");
    }
}

#[tokio::test]
async fn a_cut_comes_after_as_many_bytes_as_asked_for() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    proxy.set(Mode::Cut { direction: Direction::ToClient, after: 7 });
    let mut client = through(&proxy).await;
    client.write_all(&[200]).await.expect("sent");
    let mut read = Vec::new();
    client.read_to_end(&mut read).await.expect("an orderly end");
    assert_eq!(read.len(), 7);

    proxy.set(Mode::Cut { direction: Direction::ToServer, after: 2 });
    let mut client = through(&proxy).await;
    ask(&mut client, 1).await.expect("an answer");
    client.write_all(&[1, 1]).await.expect("sent");
    read.clear();
    // The third byte was left unread, so the end may be a reset.
    let _ = client.read_to_end(&mut read).await;
    assert!(read.len() <= 1, "{read:?}");
}

#[tokio::test]
async fn a_delay_delays_each_way_and_does_not_throttle() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    let delay = Duration::from_millis(30);
    proxy.set(Mode::Delay(delay));
    let mut client = through(&proxy).await;
    let began = Instant::now();
    // Hundreds of chunks under way at once: they do not queue up behind each other's delay.
    for _ in 0..200 {
        client.write_all(&[1]).await.expect("sent");
        tokio::task::yield_now().await;
    }
    client.read_exact(&mut [0; 200]).await.expect("answers");
    assert!(began.elapsed() >= delay * 2, "{:?}", began.elapsed());
    assert!(began.elapsed() < delay * 100, "{:?}", began.elapsed());
}

#[tokio::test]
async fn garbage_is_sent_once_something_was_said() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    proxy.set(Mode::web_server());
    let mut client = through(&proxy).await;
    assert!(is_silent(&mut client).await);
    client.write_all(b"hello").await.expect("sent");
    let mut start = [0; 12];
    client.read_exact(&mut start).await.expect("an answer");
    assert_eq!(&start, b"HTTP/1.1 400");
}

#[tokio::test]
async fn a_unix_socket_may_be_behind_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).expect("a socket");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(multiply(stream));
        }
    });
    let proxy = Proxy::start(path).expect("a proxy");
    ask(&mut through(&proxy).await, 5).await.expect("an answer");
}

#[tokio::test]
async fn dropping_it_ends_everything() {
    let proxy = Proxy::start(echo().await).expect("a proxy");
    let mut client = through(&proxy).await;
    ask(&mut client, 1).await.expect("an answer");
    let address = proxy.address();
    drop(proxy);
    assert!(client.read_u8().await.is_err(), "the connection is gone");
    assert_eq!(kind(TcpStream::connect(address).await), Some(ErrorKind::ConnectionRefused));
}
