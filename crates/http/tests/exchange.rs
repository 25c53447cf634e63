//! What is sent, to whom, and what is made of the answer, against a server that says what a test wants.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dbprobe_core::{Class, Dsn, Level, Monitor, Phase, Plan, Policy, Report, Status, probe};
use dbprobe_http::{ENGINE, Expectations, Statuses, open_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A web server in this process: `answer` makes an answer of a request's head. It notes what it hears.
#[derive(Clone)]
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

type Answer = Arc<dyn Fn(&str) -> String + Send + Sync>;

impl Server {
    async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Self { address, heard: Arc::default(), connections: Arc::default() };
        let (told, answer): (_, Answer) = (server.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *told.connections.lock().expect("a lock") += 1;
                tokio::spawn(serve(stream, told.clone(), answer.clone()));
            }
        });
        server
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("a lock").clone()
    }

    fn connections(&self) -> usize {
        *self.connections.lock().expect("a lock")
    }

    fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.address)
    }
}

async fn serve(mut stream: TcpStream, server: Server, answer: Answer) {
    let mut head = String::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        head.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let Some(end) = head.find("\r\n\r\n") else { continue };
        let request: String = head.drain(..end + 4).collect();
        server.heard.lock().expect("a lock").push(request.clone());
        let says = answer(&request);
        if stream.write_all(says.as_bytes()).await.is_err() || says.contains("Connection: close") {
            return;
        }
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn moved(status: &str, location: &str) -> String {
    format!("HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 4\r\n\r\nthat")
}

fn plan() -> Plan {
    Plan { timeout: Duration::from_secs(5), ..Plan::default() }
}

async fn probed(url: &str) -> Report {
    let driver = (ENGINE.open)(&Dsn::parse(url).expect("a DSN")).expect(url);
    probe(driver.as_ref(), &plan()).await
}

fn monitor(url: &str, level: Level) -> Monitor {
    let driver = (ENGINE.open)(&Dsn::parse(url).expect("a DSN")).expect(url);
    let policy = Policy { max_connection_age: Duration::from_secs(600), ..Policy::default() };
    Monitor::new(driver, Plan { level, ..plan() }, policy)
}

fn failure(report: &Report) -> (Option<Phase>, Class, Option<&str>, &str, &str) {
    let failure = report.failure().unwrap_or_else(|| panic!("no failure: {report:?}"));
    let advice = failure.advice.as_deref().unwrap_or_default();
    (failure.phase, failure.class, failure.code.as_deref(), &failure.message, advice)
}

#[tokio::test]
async fn the_request_says_who_asks_and_asks_for_the_thing_itself() {
    let server = Server::start(|_| ok("fine")).await;
    let report = probed(&server.url("/a%20b?x=1&y#contains=fine&header=X-Key:%20k&header=Host:%20db.example")).await;
    assert_eq!(report.status(), Status::Up, "{report:?}");
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "GET /a%20b?x=1&y HTTP/1.1\r\nhost: db.example\r\nuser-agent: dbprobe/{version}\r\naccept: */*\r\n\
         accept-encoding: identity\r\ncache-control: no-cache\r\nx-key: k\r\n\r\n"
    );
    assert_eq!(server.heard(), [expected]);
    assert_eq!(report.step(Phase::Write).map(|step| step.duration), Some(None), "nothing is written");
}

#[tokio::test]
async fn a_head_request_and_an_empty_answer_have_no_body() {
    let server = Server::start(|request| match request.starts_with("HEAD") {
        true => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_owned(),
        false => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
    })
    .await;
    for settings in ["#method=HEAD", "#status=204"] {
        let report = probed(&server.url(settings)).await;
        assert_eq!(report.status(), Status::Up, "{settings}: {report:?}");
        assert_eq!(report.inspection.facts.get("body_bytes").map(String::as_str), Some("0"));
    }
}

#[tokio::test]
async fn a_kept_connection_is_asked_once_a_probe() {
    let server = Server::start(|_| ok("fine")).await;
    for level in [Level::Ping, Level::Write] {
        let mut monitor = monitor(&server.url("/"), level);
        let (heard, connections) = (server.heard().len(), server.connections());
        for _ in 0..3 {
            let report = monitor.probe().await;
            assert!(report.status() == Status::Up && report.attempts.is_empty(), "{report:?}");
        }
        assert_eq!((server.heard().len() - heard, server.connections() - connections), (3, 1), "{level:?}");
        monitor.close().await;
    }
}

#[tokio::test]
async fn a_server_that_closes_after_each_answer_is_dialled_again() {
    let closing = |_: &str| "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfine".to_owned();
    let server = Server::start(closing).await;
    let mut monitor = monitor(&server.url("/#contains=fine"), Level::Write);
    for _ in 0..3 {
        assert_eq!(monitor.probe().await.status(), Status::Up);
    }
    assert_eq!((server.heard().len(), server.connections()), (3, 3));
    monitor.close().await;
}

#[tokio::test]
async fn a_longer_body_is_left_alone_where_nothing_is_expected_of_it() {
    let server = Server::start(|_| ok(&"x".repeat(100_000))).await;
    let report = probed(&server.url("/#max-body=1k")).await;
    assert_eq!(report.status(), Status::Up, "{report:?}");
    assert_eq!(report.inspection.facts.get("body_bytes").map(String::as_str), Some("1024 or more"));
    let exact = probed(&server.url("/#max-body=100000&json=/a")).await;
    assert!(failure(&exact).3.starts_with("the body is not JSON"), "all of it was read: {exact:?}");
}

#[tokio::test]
async fn credentials_stay_with_the_host_they_were_given_for() {
    let other = Server::start(|_| ok("fine")).await;
    let there = other.url("/there?a=1");
    let server = Server::start(move |request| match request.starts_with("GET /here") {
        true => moved("307 Temporary Redirect", "/beside"),
        false => moved("302 Found", &there),
    })
    .await;
    let url = format!("http://app:s3cret@{}/here#follow=3&header=X-Token:%20t0ken&contains=fine", server.address);
    let report = probed(&url).await;
    assert_eq!(report.status(), Status::Up, "{report:?}");
    let (first, second) = (server.heard(), other.heard());
    assert_eq!((first.len(), second.len(), server.connections()), (2, 1, 1));
    assert!(first.iter().all(|request| request.contains("authorization: Basic") && request.contains("x-token: t0ken")));
    let stranger = second[0].to_lowercase();
    assert!(!stranger.contains("authorization") && !stranger.contains("t0ken"), "{stranger}");
    assert!(stranger.starts_with("get /there?a=1 http/1.1") && stranger.contains(&other.address.to_string()));
}

#[tokio::test]
async fn what_fails_behind_a_redirect_says_so_and_shows_no_ticket() {
    let other = Server::start(|_| "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned()).await;
    let there = other.url("/login?ticket=hunter2");
    let server = Server::start(move |_| moved("302 Found", &there)).await;
    let stays = probed(&server.url("/")).await;
    let told = failure(&stays);
    assert_eq!((told.0, told.1, told.2), (Some(Phase::Ping), Class::Query, Some("302")));
    assert_eq!(told.3, format!("the server answered 302 Found and redirects to {}", other.url("/login?***")));
    assert!(!format!("{stays:?}").contains("hunter2"), "{stays:?}");
    let follows = probed(&server.url("/#follow=1")).await;
    assert_eq!((failure(&follows).1, failure(&follows).2), (Class::Starting, Some("503")));
    drop(other);
    let nowhere = Server::start(|_| moved("301 Moved Permanently", "http://127.0.0.1:1/x?ticket=hunter2")).await;
    let refused = probed(&nowhere.url("/#follow=1")).await;
    let told = failure(&refused);
    assert_eq!((told.1, told.2), (Class::Refused, Some("ECONNREFUSED")));
    assert!(told.3.starts_with("behind a redirect to http://127.0.0.1:1/x?***: "), "{}", told.3);
}

#[tokio::test]
async fn the_advice_repeats_what_the_server_asks_for() {
    for (head, advice) in [
        ("503 Service Unavailable\r\nRetry-After: 7", "it asks to come back in 7 s"),
        ("429 Too Many Requests\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT", "come back after Fri, 31 Dec 1999"),
        ("401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"x\"", "it asks for Bearer; no credentials are given"),
        ("400 Bad Request", "try `https://`"),
    ] {
        let says = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n");
        let server = Server::start(move |_| says.clone()).await;
        let report = probed(&server.url("/")).await;
        assert!(failure(&report).4.contains(advice), "{head}: {report:?}");
    }
}

#[tokio::test]
async fn a_server_that_repeats_what_it_was_told_is_not_quoted() {
    let server = Server::start(|_| {
        "HTTP/1.1 302 Found\r\nServer: s3cret-word\r\nLocation: /s3cret-word/s3cret-word\r\nContent-Length: 28\r\n\r\n\
         {\"status\":\"is s3cret-word!\"}"
            .to_owned()
    })
    .await;
    let url = format!("http://app:s3cret-word@{}/", server.address);
    for settings in ["", "#status=302&json=/status=ok", "#status=302", "#follow=2"] {
        let report = probed(&format!("{url}{settings}")).await;
        assert!(!format!("{report:?}").contains("s3cret-word"), "{settings}: {report:?}");
    }
}

#[tokio::test]
async fn reaching_says_nothing() {
    let server = Server::start(|_| ok("fine")).await;
    let driver = (ENGINE.open)(&Dsn::parse(&server.url("/")).expect("a DSN")).expect("a target");
    let report = probe(driver.as_ref(), &Plan { level: Level::Tcp, ..plan() }).await;
    assert_eq!(report.status(), Status::Up, "{report:?}");
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_configuration_can_say_what_is_expected() {
    let server = Server::start(|_| "HTTP/1.1 204 No Content\r\n\r\n".to_owned()).await;
    let dsn = Dsn::parse(&server.url("/health")).expect("a DSN");
    let with = |codes: [u16; 1]| {
        let expect = Expectations::new().status(Statuses::of(codes).expect("a status"));
        open_with(&dsn, expect).expect("a target")
    };
    assert_eq!(probe(with([204]).as_ref(), &plan()).await.status(), Status::Up);
    let report = probe(with([200]).as_ref(), &plan()).await;
    assert_eq!(failure(&report).3, "the server answered 204 No Content, not 200");
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_not_the_next_one() {
    let server = Server::start(|_| ok("fine") + "HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n").await;
    let mut monitor = monitor(&server.url("/#contains=fine"), Level::Write);
    for _ in 0..3 {
        let report = monitor.probe().await;
        assert_eq!(report.status(), Status::Up, "{report:?}");
    }
    assert_eq!(server.connections(), 3);
    monitor.close().await;
}
