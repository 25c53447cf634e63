//! A session for tasks, on a paused clock: every step is bounded, and a lost session is never asked again.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests, which may stop at once")]

mod scripted;

use std::sync::atomic::Ordering;
use std::time::Duration;

use dbprobe_core::{Class, Connection, Failure, Interrupt, Lookup, Phase, Plan, Query};
use scripted::{Act, Script, server};
use tokio::time::{Instant, timeout};

const LIMIT: Duration = Duration::from_secs(2);

async fn open(script: &Script) -> Result<Connection, Failure> {
    Connection::open(&server(script), LIMIT, &Interrupt::new()).await
}

fn open_sessions(script: &Script) -> usize {
    script.open.load(Ordering::SeqCst)
}

#[tokio::test(start_paused = true)]
async fn it_tells_how_connecting_went_and_says_goodbye() {
    let script = Script { days_left: Some(9), ..Script::new(&[]) };
    let mut connection = open(&script).await.expect("a connection");
    let phases: Vec<Phase> = connection.steps().iter().map(|step| step.phase).collect();
    assert_eq!(phases, [Phase::Tcp, Phase::Auth]);
    assert_eq!((connection.address(), connection.tls().and_then(|tls| tls.days_left)), (Some("192.0.2.1:1"), Some(9)));
    connection.ping().await.expect("an answer");
    connection.inspect().await.expect("facts");
    assert_eq!((connection.is_open(), open_sessions(&script)), (true, 1));
    connection.close().await;
    assert_eq!(open_sessions(&script), 0);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_hangs_ends_at_the_deadline_and_loses_the_session() {
    let script = Script::new(&[(Phase::Read, Act::Hang)]);
    let begun = Instant::now();
    let mut connection = open(&script).await.expect("a connection");
    let failure = connection.read(None).await.expect_err("it hangs");
    assert_eq!((failure.class, failure.phase), (Class::Timeout, Some(Phase::Read)));
    let over = begun.elapsed().checked_sub(LIMIT).expect("not before the deadline");
    assert!(over < Duration::from_millis(50), "{over:?} over the deadline");
    assert!(script.cancelled.lock().expect("no panic").is_some(), "the server was not asked to stop");
    assert_eq!((connection.is_open(), open_sessions(&script)), (false, 0));
    let failure = connection.ping().await.expect_err("it is lost");
    assert_eq!(failure.class, Class::Reset);
}

#[tokio::test(start_paused = true)]
async fn more_time_can_be_given() {
    let script = Script::new(&[
        (Phase::Ping, Act::Take(LIMIT - Duration::from_millis(100))),
        (Phase::Read, Act::Take(LIMIT / 2)),
    ]);
    let mut connection = open(&script).await.expect("a connection");
    connection.ping().await.expect("in time");
    connection.allow(LIMIT);
    connection.read(None).await.expect("in time, too");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_given_up_loses_the_session() {
    let script = Script::new(&[(Phase::Read, Act::Hang)]);
    let mut connection = open(&script).await.expect("a connection");
    timeout(LIMIT / 4, connection.read(None)).await.expect_err("it hangs");
    assert_eq!((connection.is_open(), open_sessions(&script)), (false, 0));
    assert_eq!(connection.ping().await.expect_err("the answer to the read may come yet").class, Class::Reset);
}

#[tokio::test(start_paused = true)]
async fn time_without_end_can_be_given() {
    let script = Script::new(&[]);
    let mut connection =
        Connection::open(&server(&script), Duration::MAX, &Interrupt::new()).await.expect("a connection");
    connection.allow(Duration::MAX);
    connection.ping().await.expect("an answer");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_keeps_the_session_and_a_panic_loses_it() {
    let script = Script::new(&[(Phase::Inspect, Act::Fail(Class::Permission)), (Phase::Ping, Act::Panic)]);
    let mut connection = open(&script).await.expect("a connection");
    assert_eq!(connection.inspect().await.expect_err("refused").class, Class::Permission);
    assert!(connection.is_open());
    assert_eq!(connection.ping().await.expect_err("a panic").class, Class::Internal);
    assert_eq!((connection.is_open(), open_sessions(&script)), (false, 0));
}

#[tokio::test(start_paused = true)]
async fn what_an_engine_does_not_have_is_unsupported() {
    let script = Script::new(&[]);
    let mut connection = open(&script).await.expect("a connection");
    let refusals = [
        connection.activity().await.map(drop),
        connection.look_up(&[Lookup::Clock]).await.map(drop),
        connection.query(&Query::read_only("x")).await.map(drop),
    ];
    assert!(refusals.iter().all(|one| one.as_ref().is_err_and(|failure| failure.class == Class::Unsupported)));
    assert!(connection.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_login_that_hangs_or_is_interrupted_leaves_nothing() {
    let script = Script::new(&[(Phase::Auth, Act::Hang)]);
    let failure = open(&script).await.map(drop).expect_err("it hangs");
    assert_eq!((failure.class, failure.phase), (Class::Timeout, Some(Phase::Auth)));
    let interrupt = Interrupt::new();
    interrupt.fire();
    let opened = Connection::open(&server(&script), Plan::TIMEOUT, &interrupt).await;
    assert!(opened.is_err());
    assert_eq!(open_sessions(&script), 0);
}
