//! Peers that speak MySQL's protocol and are something else: databases and proxies that do not know all of it, and those
//! who would like to have the password. They live in this process, so these tests need nothing.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests, which may stop at once")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dbprobe_core::{Class, Dsn, Phase, Plan, Report, Status, Steps, WriteMode, probe};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the peer answers to a packet: the payloads of its own, numbered by whoever sends them.
type Answers = dyn Fn(&[u8]) -> Vec<Vec<u8>> + Send + Sync;

/// A greeting without TLS.
const GREETING: &[u8] =
    b"\x0a8.0.36-Stranger\0\x08\0\0\0abcdefgh\0\xff\xf7\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0mysql_native_password\0";
const OK: &[u8] = b"\0\0\0\x02\0\0\0";
const OK_AND_MORE: &[u8] = b"\0\0\0\x0a\0\0\0";

struct Peer {
    address: std::net::SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Peer {
    async fn start(answers: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (answers, kept): (Arc<Answers>, _) = (Arc::new(answers), heard.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answers.clone(), kept.clone()));
            }
        });
        Self { address, heard }
    }

    fn dsn(&self, parameters: &str) -> String {
        format!("mysql://app:hunter2@{}/orders?{parameters}", self.address)
    }

    /// Every byte that came.
    fn heard(&self) -> Vec<u8> {
        self.heard.lock().expect("no panic").concat()
    }

    fn has_heard(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.heard()).contains(words)
    }
}

async fn serve(mut stream: TcpStream, answers: Arc<Answers>, heard: Arc<Mutex<Vec<Vec<u8>>>>) -> Option<()> {
    stream.write_all(&packet(0, GREETING)).await.ok()?;
    loop {
        let mut head = [0; 4];
        stream.read_exact(&mut head).await.ok()?;
        let mut payload = vec![0; usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16];
        stream.read_exact(&mut payload).await.ok()?;
        heard.lock().expect("no panic").push(payload.clone());
        let mut number = head[3];
        for answer in answers(&payload) {
            number = number.wrapping_add(1);
            stream.write_all(&packet(number, &answer)).await.ok()?;
        }
    }
}

fn packet(number: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short packet").to_le_bytes();
    [&length[..3], &[number], payload].concat()
}

fn error(code: u16, message: &str) -> Vec<u8> {
    [b"\xff".as_slice(), &code.to_le_bytes(), b"#HY000", message.as_bytes()].concat()
}

/// A result of one column and one row.
fn one(value: &str, more: bool) -> Vec<Vec<u8>> {
    let column = b"\x03def\0\0\0\x01x\0\x0c\x2d\0\x0a\0\0\0\xfd\0\0\0\0\0".to_vec();
    let end = |status: u8| vec![0xfe, 0, 0, status, 0];
    let row = [&[u8::try_from(value.len()).expect("a short value")], value.as_bytes()].concat();
    vec![vec![1], column, end(2), row, end(if more { 0x0a } else { 2 })]
}

async fn check(dsn: &str, write: WriteMode) -> Report {
    let driver = (dbprobe_mysql::ENGINE.open)(&Dsn::parse(dsn).expect("a DSN")).expect("a driver");
    probe(driver.as_ref(), &Plan { write, timeout: Duration::from_secs(2), ..Plan::default() }).await
}

/// Neither the limits of MySQL nor its variables: what answers is up all the same.
#[tokio::test]
async fn a_server_that_knows_no_variable_of_ours_is_not_down() {
    for code in [1193, 1064, 1105] {
        let peer = Peer::start(move |packet| {
            let text = String::from_utf8_lossy(packet);
            match packet.first() {
                Some(3) if text.contains("max_execution_time") || text.contains("@@") => {
                    vec![error(code, "unknown system variable")]
                }
                Some(3) if text.contains("; ") => [one("1", true), vec![error(1146, "no such table")]].concat(),
                Some(3) if text.contains("SELECT") && text.contains("global_status") => {
                    vec![error(1146, "no such table")]
                }
                Some(3) if text.contains("SELECT") => one("1", false),
                _ => vec![OK.to_vec()],
            }
        })
        .await;
        let report = check(&peer.dsn("tls=false"), WriteMode::None).await;
        assert_eq!(report.status(), Status::Up, "{code}: {:?}", report.failure());
        assert_eq!(report.inspection.version.as_deref(), Some("8.0.36"));
        assert!(peer.has_heard("\u{3}SET SESSION lock_wait_timeout = 1"), "the limits that it knows are set");
    }
}

/// What is wrong with the server itself is still told at once.
#[tokio::test]
async fn a_refusal_that_is_not_about_words_is_no_reason_to_ask_again() {
    let peer = Peer::start(|packet| match packet.first() {
        Some(3) => vec![error(1820, "You must reset your password")],
        _ => vec![OK.to_vec()],
    })
    .await;
    let report = check(&peer.dsn("tls=false"), WriteMode::None).await;
    assert_eq!((report.status(), report.failure().map(|failure| failure.class)), (Status::Down, Some(Class::Auth)));
    let questions = peer.heard.lock().expect("no panic").iter().filter(|packet| packet.first() == Some(&3)).count();
    assert_eq!(questions, 1);
}

/// Without TLS, nobody who asks for the password gets it; nor does who shows no TLS where it is demanded.
#[tokio::test]
async fn a_peer_that_asks_for_the_password_in_clear_does_not_get_it() {
    let asks = |packet: &[u8]| match packet.len() {
        0 => vec![error(1045, "Access denied")],
        _ => vec![b"\xfemysql_clear_password\0".to_vec()],
    };
    for (parameters, phase) in [
        ("tls=false", Phase::Auth),
        ("tls=preferred", Phase::Auth),
        ("tls=skip-verify", Phase::Tls),
        ("tls=true", Phase::Tls),
    ] {
        let peer = Peer::start(asks).await;
        let report = check(&peer.dsn(parameters), WriteMode::None).await;
        let seen = report.failure().map(|failure| (failure.phase, failure.class));
        assert_eq!(seen, Some((Some(phase), Class::Tls)), "{parameters}: {:?}", report.failure());
        assert!(!peer.has_heard("hunter2"), "{parameters}");
    }
}

/// `LOAD DATA LOCAL`: a server that answers any question by asking for a file gets none.
#[tokio::test]
async fn a_peer_that_asks_for_a_file_does_not_get_it() {
    let peer = Peer::start(|packet| match packet.first() {
        Some(3) => vec![b"\xfb/etc/hostname".to_vec()],
        _ => vec![OK.to_vec()],
    })
    .await;
    let report = check(&peer.dsn("tls=false"), WriteMode::None).await;
    assert_eq!(report.failure().map(|failure| failure.class), Some(Class::Protocol));
    let name = std::fs::read("/etc/hostname").unwrap_or_else(|_| b"-".to_vec());
    assert!(!peer.heard().windows(name.len()).any(|bytes| bytes == name));
}

/// A session that is ended while it says what columns there are says so; it is not "something that cannot be read".
#[tokio::test]
async fn an_error_in_the_place_of_a_column_is_the_server_s_own() {
    let peer = Peer::start(|packet| match packet.first() {
        Some(3) => vec![OK_AND_MORE.to_vec(), vec![1], error(1927, "Connection was killed")],
        _ => vec![OK.to_vec()],
    })
    .await;
    let report = check(&peer.dsn("tls=false"), WriteMode::None).await;
    let seen = report.failure().map(|failure| (failure.class, failure.code.as_deref()));
    assert_eq!(seen, Some((Class::Reset, Some("1927"))), "{:?}", report.failure());
}

/// Behind a balancer the second login may reach another server, where the session's number is a stranger's.
#[tokio::test]
async fn a_statement_is_stopped_only_on_the_server_that_runs_it() {
    let peer = Peer::start(|packet| {
        let text = String::from_utf8_lossy(packet);
        match packet.first() {
            Some(3) if text.contains("KILL") => vec![error(1094, "Unknown thread id: 0")],
            Some(3) if text.contains("CONNECTION_ID()") => {
                // The number of the greeting, 8, is a proxy's; the two columns of the answer are the server's.
                let column = b"\x03def\0\0\0\x01x\0\x0c\x2d\0\x0a\0\0\0\xfd\0\0\0\0\0".to_vec();
                let (end, last) = (vec![0xfe, 0, 0, 2, 0], vec![0xfe, 0, 0, 0x0a, 0]);
                let who = vec![vec![2], column.clone(), column, end, b"\x0242\x04db-a".to_vec(), last];
                [vec![OK_AND_MORE.to_vec()], who, one("0", false)].concat()
            }
            Some(3) => vec![],
            _ => vec![OK.to_vec()],
        }
    })
    .await;
    let driver = (dbprobe_mysql::ENGINE.open)(&Dsn::parse(&peer.dsn("tls=false")).expect("a DSN")).expect("a driver");
    let mut session = driver.connect(&mut Steps::new(Duration::from_secs(2))).await.expect("a session");
    let cancel = session.canceller().expect("a way to stop it");
    cancel.cancel().await;
    assert!(!peer.has_heard("KILL"), "nobody is known yet");
    let _ = tokio::time::timeout(Duration::from_millis(200), session.ping()).await;
    cancel.cancel().await;
    assert!(peer.has_heard("KILL QUERY IF(CONCAT(@@hostname, ':', @@port) = X'64622d61', 42, 0)"));
}
