//! Containers as the suites need them: let in after a start, on loopback only, and gone afterwards.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::process::{Command, ExitCode};

use dbprobe_testkit::containers::{Node, Postgres};
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::trials::Trials;

fn main() -> ExitCode {
    Trials::new("testkit", "Docker")
        .test("a_standby_follows_and_both_are_removed", || on_a_runtime(standby))
        .test("a_server_with_tls_shows_its_certificate", || on_a_runtime(tls))
        .test("a_pooler_is_in_between", || on_a_runtime(pooled))
        .test("a_frozen_server_goes_on", || on_a_runtime(frozen))
        .test("a_missing_image_is_said_so", || on_a_runtime(missing))
        .test("a_panic_outside_of_a_runtime_removes_its_container", panicking)
        .main()
}

/// Runs `test` on a runtime that is gone afterwards.
fn on_a_runtime(test: impl AsyncFnOnce() -> Result<(), Missing>) -> Result<(), Missing> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime").block_on(test())
}

/// What the ordinary role is answered in a container.
async fn ask(node: &Node, sql: &str, parameters: &str) -> Result<String, String> {
    let place = format!("postgres://app:s3cret@127.0.0.1:5432/orders?{parameters}");
    node.exec(["psql", "--tuples-only", "--no-align", "--command", sql, &place]).await
}

async fn standby() -> Result<(), Missing> {
    let server = Postgres::with_standby("15").await?;
    let label = server.label().await;
    assert!(label.starts_with("PostgreSQL 15.") && label.ends_with(" with a standby"), "{label}");
    assert_eq!(server.sql("SELECT pg_is_in_recovery()").await.as_deref(), Ok("f"));
    let error = server.sql("SELECT nothing").await.expect_err("there is no such column");
    assert!(error.contains("does not exist"), "{error}");
    let standby = server.standby().expect("a standby");
    assert_eq!(ask(standby, "SELECT pg_is_in_recovery()", "").await.as_deref(), Ok("t"));

    assert!(server.address().ip().is_loopback());
    let ports = [server.address().port(), standby.address().port()];
    assert!(ports.into_iter().all(published), "they are listed while they run");
    drop(server);
    assert!(!ports.into_iter().any(published), "they are gone when `drop` returns");
    Ok(())
}

async fn tls() -> Result<(), Missing> {
    let server = Postgres::with_tls("17").await?;
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(ask(server.primary(), sql, "sslmode=require").await.as_deref(), Ok("t"));
    assert!(server.certificates().is_some_and(|all| all.ca_file().is_file()), "the authority is there to be trusted");
    assert!(server.dsn().contains("sslmode=verify-full"), "{}", server.dsn());
    Ok(())
}

async fn pooled() -> Result<(), Missing> {
    let server = Postgres::pooled("18").await?;
    let pooler = server.pooler().expect("a pooler");
    assert_eq!(pooler.address(), server.address());
    assert!(ask(pooler, "SHOW server_version", "").await.is_ok_and(|version| version.starts_with("18")));
    Ok(())
}

async fn frozen() -> Result<(), Missing> {
    let server = Postgres::alone("15").await?;
    let paused = server.pause().await;
    assert!(server.sql("SELECT 1").await.is_err(), "nothing runs in a frozen container");
    drop(paused);
    assert_eq!(server.sql("SELECT 1").await.as_deref(), Ok("1"));
    Ok(())
}

async fn missing() -> Result<(), Missing> {
    Postgres::alone("15").await?; // With Docker, what follows is the image's absence.
    let recipe = dbprobe_testkit::containers::Recipe::new("localhost:1/dbprobe-test/nothing:0", 1);
    let why = Node::start(recipe).await.map(|_| ()).expect_err("there is no such image").why;
    assert!(why.starts_with("no container: "), "{why}");
    Ok(())
}

fn panicking() -> Result<(), Missing> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let server = runtime.block_on(Postgres::alone("15"))?;
    let port = server.address().port();
    assert!(published(port));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let _server = server;
        panic!("in the middle of a test");
    }));
    assert!(panicked.is_err() && !published(port), "it is gone after a panic outside of a runtime");
    Ok(())
}

fn published(port: u16) -> bool {
    let list = Command::new("docker").args(["ps", "--all", "--format", "{{.Ports}}"]).output().expect("docker");
    String::from_utf8_lossy(&list.stdout).lines().any(|line| line.contains(&format!("127.0.0.1:{port}->")))
}
