//! No thread outlives its session. Alone in its program, since other tests have threads, too.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "helpers of tests, which may stop at once")]

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use dbprobe_core::{Access, Driver, Dsn, Plan, Query, Session, Status, Steps, probe};
use dbprobe_sqlite::ENGINE;
use rusqlite::Connection;

fn sessions() -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("tasks");
    let names = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "dbprobe-sqlite").count()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("descriptors").count()
}

/// The kernel takes a moment to forget a thread that has ended.
fn none_is_left(within: Duration) -> bool {
    let until = Instant::now() + within;
    while sessions() > 0 {
        if Instant::now() > until {
            return false;
        }
        thread::yield_now();
    }
    true
}

async fn open(driver: &dyn Driver) -> Box<dyn Session> {
    driver.connect(&mut Steps::new(Duration::from_secs(20))).await.expect("a session")
}

#[tokio::test]
async fn no_thread_and_no_descriptor_outlives_its_session() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("app.db");
    let application = Connection::open(&path).expect("a connection");
    application.execute_batch("CREATE TABLE t (x)").expect("a table");
    let dsn = Dsn::parse(&format!("file:{}", path.display())).expect("a DSN");
    let driver: Arc<dyn Driver> = (ENGINE.open)(&dsn).expect("a driver");
    let long = Duration::from_secs(10); // the bound of a poll that ends at once
    let before = descriptors();

    let session = open(driver.as_ref()).await;
    assert_eq!(sessions(), 1);
    session.close().await.expect("closed");
    assert!(none_is_left(long), "after a goodbye");

    drop(open(driver.as_ref()).await);
    assert!(none_is_left(long), "after a drop");

    // In the middle of an endless query.
    let mut session = open(driver.as_ref()).await;
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let query = Query { access: Access::ReadWrite, ..Query::read_only(endless) };
    let asked = tokio::time::timeout(Duration::from_millis(20), session.query(&query)).await;
    assert!(asked.is_err(), "it does not end by itself");
    drop(session);
    assert!(none_is_left(long), "after a drop in the middle of a query");

    // Waiting for a lock that nobody gives back; a session's patience would be a second.
    application.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let mut at_once = false;
    for _ in 0..5 {
        let mut steps = Steps::new(Duration::from_secs(20));
        let opening = tokio::time::timeout(Duration::from_millis(20), driver.connect(&mut steps)).await;
        assert!(opening.is_err(), "it waits for the lock");
        // A busy machine is late now and then; a thread that does not hear the request is late each time.
        at_once |= none_is_left(Duration::from_millis(500));
        assert!(none_is_left(long), "after a drop in the middle of opening");
    }
    assert!(at_once, "the thread waited its patience out");
    application.execute_batch("COMMIT").expect("given back");

    for _ in 0..20 {
        let report = probe(driver.as_ref(), &Plan::default()).await;
        assert_eq!(report.status(), Status::Up, "{:?}", report.failure());
    }
    assert!(none_is_left(long), "after twenty checks");
    assert_eq!(descriptors(), before, "descriptors");
}
