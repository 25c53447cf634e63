//! What speaks Redis' protocol and knows few of its commands, as proxies do.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use dbprobe_core::{Class, Driver, Dsn, Nonce, Phase, Plan, Session, Status, Steps, WriteMode, WriteRequest, probe};
use dbprobe_redis::ENGINE;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What is asked, and how it is answered.
type Answer = Arc<dyn Fn(&[String]) -> String + Send + Sync>;

/// A proxy on a port of its own, and its DSN.
async fn proxy(answer: impl Fn(&[String]) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let dsn = format!("redis://{}", listener.local_addr().expect("an address"));
    let answer: Answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, answer.clone()));
        }
    });
    dsn
}

async fn serve(mut stream: TcpStream, answer: Answer) {
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader);
    while let Some(count) = number(&mut reader).await {
        let mut words = Vec::new();
        for _ in 0..count {
            let mut word = vec![0; number(&mut reader).await.expect("a length") + 2];
            reader.read_exact(&mut word).await.expect("a word");
            words.push(String::from_utf8_lossy(&word).trim_end().to_owned());
        }
        if writer.write_all(answer(&words).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn number(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Option<usize> {
    let mut line = String::new();
    reader.read_line(&mut line).await.ok()?;
    line.trim_end().get(1..)?.parse().ok()
}

/// Knows `PING`, `SET` and `GET`; `unknown` is what it says to everything else.
fn few_commands(unknown: &'static str, is_stale: bool) -> impl Fn(&[String]) -> String {
    let keys: Mutex<HashMap<String, Vec<String>>> = Mutex::default();
    move |words| match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["PING"] => "+PONG\r\n".to_owned(),
        ["SET", key, value, ..] => {
            keys.lock().expect("a lock").entry((*key).to_owned()).or_default().push((*value).to_owned());
            "+OK\r\n".to_owned()
        }
        ["GET", key] => {
            let keys = keys.lock().expect("a lock");
            let value = keys.get(*key).and_then(|values| values.iter().rev().nth(usize::from(is_stale)));
            value.map_or("$-1\r\n".to_owned(), |value| format!("${}\r\n{value}\r\n", value.len()))
        }
        _ => format!("-{unknown}\r\n"),
    }
}

fn open(dsn: &str) -> Arc<dyn Driver> {
    (ENGINE.open)(&Dsn::parse(dsn).expect("a DSN")).expect("a DSN")
}

async fn session(dsn: &str) -> Box<dyn Session> {
    open(dsn).connect(&mut Steps::new(Plan::default().timeout)).await.expect("a session")
}

fn request() -> WriteRequest {
    let (nonce, prober) = (Nonce::random().expect("random"), "probe".parse().expect("a name"));
    WriteRequest { nonce, mode: WriteMode::Auto, create_health_table: false, prober }
}

#[tokio::test]
async fn a_proxy_that_passes_few_commands_is_up() {
    for unknown in [
        "unsupported command 'HELLO'",
        "ERR unknown command 'hello', with args beginning with: ",
        "ERR command 'HELLO' is not allowed",
        "NOPERM this user has no permissions",
    ] {
        let dsn = proxy(few_commands(unknown, false)).await;
        let report = probe(open(&dsn).as_ref(), &Plan::default()).await;
        assert_eq!(report.status(), Status::Up, "{unknown}: {:?}", report.failure());
    }
}

#[tokio::test]
async fn what_is_asked_for_and_not_there_is_no_success() {
    let dsn = proxy(few_commands("ERR unknown command 'X'", false)).await;
    for (rest, phase) in [("/3", Phase::Auth), ("?protocol=3", Phase::Auth)] {
        let report = probe(open(&format!("{dsn}{rest}")).as_ref(), &Plan::default()).await;
        let failure = report.failure().expect(rest);
        assert_eq!((failure.phase, failure.class), (Some(phase), Class::Unsupported), "{rest}");
    }
}

#[tokio::test]
async fn two_of_one_name_are_not_taken_for_stale() {
    let dsn = proxy(few_commands("ERR unknown command", false)).await;
    let (mut one, mut other) = (session(&dsn).await, session(&dsn).await);
    for _ in 0..3 {
        let first = one.write(&request()).await.expect("a write");
        let second = other.write(&request()).await.expect("a write");
        one.read(Some(&first)).await.expect("its own nonce");
        other.read(Some(&second)).await.expect("its own nonce");
    }
}

#[tokio::test]
async fn a_copy_that_lags_is_stale() {
    let dsn = proxy(few_commands("ERR unknown command", true)).await;
    let mut session = session(&dsn).await;
    for message in ["is not there", "something older"] {
        let written = session.write(&request()).await.expect("a write");
        let failure = session.read(Some(&written)).await.expect_err("a stale read");
        assert_eq!(failure.class, Class::StaleRead);
        assert!(failure.message.contains(message), "{failure:?}");
    }
}

#[tokio::test]
async fn the_refusal_is_remembered_and_nothing_is_left() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (told, answer) = (heard.clone(), few_commands("ERR unknown command", false));
    let dsn = proxy(move |words| {
        told.lock().expect("a lock").push(words.join(" "));
        answer(words)
    })
    .await;
    let mut session = session(&dsn).await;
    for _ in 0..2 {
        let written = session.write(&request()).await.expect("a write");
        session.read(Some(&written)).await.expect("a read");
    }
    session.close().await.expect("a goodbye");
    let heard = heard.lock().expect("a lock").clone();
    assert_eq!(heard.iter().filter(|said| *said == "MULTI").count(), 1, "{heard:?}");
    let last = heard.last().cloned().unwrap_or_default();
    assert!(last.starts_with("SET _health_check:probe#") && last.ends_with("PX 1"), "{heard:?}");
}
