//! What is said, and how soon, while another connection holds a lock.

use std::time::{Duration, Instant};

use dbprobe_core::{Class, Phase, Plan, Status, WriteMode};

use crate::scratch::{
    Scratch, advice, application, check, decisive, hasty, passed, plan, request, session, with_table,
};

/// Far more than what is promised (50 ms), so that a busy machine does not fail the test.
const SLACK: Duration = Duration::from_secs(2);

#[tokio::test]
async fn an_exclusive_lock_is_down_because_nobody_can_read() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    application.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let report = check(&scratch.dsn("app.db"), &hasty()).await;
    assert_eq!(report.status(), Status::Down);
    assert_eq!(decisive(&report), (Some(Phase::Auth), Some(Class::Locked), Some("5")));
    assert!(report.duration >= hasty().timeout / 2 && report.duration < SLACK, "{:?}", report.duration);
    assert!(advice(&report).contains("lsof"), "{}", advice(&report));
}

#[tokio::test]
async fn a_writer_s_lock_degrades_because_reading_goes_on() {
    for (journal, write) in [("delete", WriteMode::Auto), ("wal", WriteMode::Auto), ("delete", WriteMode::Table)] {
        let scratch = Scratch::new();
        let application = scratch.database("app.db");
        application.pragma_update(None, "journal_mode", journal).expect("a journal mode");
        application.execute_batch("BEGIN IMMEDIATE").expect("a lock");
        let report = check(&scratch.dsn("app.db"), &Plan { write, create_health_table: true, ..hasty() }).await;
        assert_eq!(report.status(), Status::Degraded, "{journal} {:?}", report.failure());
        assert_eq!(decisive(&report), (Some(Phase::Write), Some(Class::Locked), Some("5")), "{journal}");
        assert_eq!(passed(&report), [Phase::Auth, Phase::Ping, Phase::Read, Phase::Inspect, Phase::Close]);
    }
}

/// In a rollback journal a commit waits until nobody reads any more.
#[tokio::test]
async fn a_commit_that_a_reader_keeps_waiting_is_not_taken_for_done() {
    let scratch = Scratch::new();
    let dsn = scratch.dsn("app.db?mode=rwc");
    assert_eq!(check(&dsn, &with_table()).await.status(), Status::Up);
    let reader = application(&scratch.path("app.db"));
    reader.execute_batch("BEGIN; SELECT * FROM _health_check").expect("a read lock");
    let report = check(&dsn, &hasty()).await;
    assert_eq!(report.status(), Status::Degraded);
    assert_eq!(decisive(&report), (Some(Phase::Write), Some(Class::Locked), Some("5")));
    reader.execute_batch("COMMIT").expect("the lock is given back");
    let sequence: i64 = reader.query_row("SELECT seq FROM _health_check", [], |row| row.get(0)).expect("a row");
    assert_eq!(sequence, 1, "the write that failed left nothing");
    assert_eq!(check(&dsn, &with_table()).await.status(), Status::Up);
}

#[tokio::test]
async fn a_lock_that_is_given_back_in_time_is_waited_for() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    let mut session = session(&scratch.dsn("app.db")).await;
    application.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let request = request(WriteMode::Table);
    let write = session.write(&request);
    let release = async {
        tokio::time::sleep(Duration::from_millis(30)).await; // the write is under way, or will find no lock at all
        application.execute_batch("COMMIT").expect("given back");
    };
    let (written, ()) = tokio::join!(write, release);
    session.read(Some(&written.expect("written"))).await.expect("read back");
}

#[tokio::test]
async fn the_deadline_ends_a_wait_for_a_lock_and_the_file_is_let_go() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    let mut least = Duration::MAX;
    for _ in 0..5 {
        let mut session = session(&scratch.dsn("app.db")).await; // its patience is a second
        application.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
        let cancel = session.canceller().expect("it can be cancelled");
        let started = Instant::now();
        let (answer, ()) = tokio::join!(session.ping(), async {
            tokio::task::yield_now().await; // the ping is asked
            cancel.cancel().await;
        });
        assert!(answer.is_err());
        least = least.min(started.elapsed());
        application.execute_batch("COMMIT").expect("given back");
    }
    // A busy machine is late now and then; a wait that does not hear the request is late each time.
    assert!(least < Duration::from_millis(900), "{least:?}: it waited its patience out");
}

#[tokio::test]
async fn an_endless_query_ends_when_it_is_cancelled() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    let mut session = session(&scratch.dsn("app.db")).await;
    let cancel = session.canceller().expect("it can be cancelled");
    let endless = dbprobe_core::Query::read_only(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    );
    let (answer, ()) = tokio::join!(session.query(&endless), async {
        tokio::task::yield_now().await;
        cancel.cancel().await;
    });
    assert!(answer.is_err());
}

#[tokio::test]
async fn a_short_deadline_is_kept_under_a_lock() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    application.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let started = Instant::now();
    let report = check(&scratch.dsn("app.db"), &Plan { timeout: Duration::from_millis(100), ..plan() }).await;
    assert_eq!((report.status(), decisive(&report).1), (Status::Down, Some(Class::Locked)));
    assert!(started.elapsed() < SLACK, "{:?}", started.elapsed());
}

#[tokio::test]
async fn tables_of_a_shared_cache_are_waited_for_too() {
    let dsn = "file:tables-of-a-shared-cache?mode=memory&cache=shared";
    let mut holder = session(dsn).await;
    let begin = dbprobe_core::Query {
        access: dbprobe_core::Access::ReadWrite,
        ..dbprobe_core::Query::read_only("BEGIN IMMEDIATE")
    };
    holder.query(&begin).await.expect("a lock");
    let make = dbprobe_core::Query { sql: "CREATE TABLE t (x)".to_owned(), ..begin.clone() };
    holder.query(&make).await.expect("a table");
    let report = check(dsn, &hasty()).await;
    assert_eq!(decisive(&report).1, Some(Class::Locked), "{:?}", report.failure());
    let commit = dbprobe_core::Query { sql: "COMMIT".to_owned(), ..begin };
    let patient = plan();
    let (report, committed) = tokio::join!(check(dsn, &patient), holder.query(&commit));
    committed.expect("committed");
    assert_eq!(report.status(), Status::Up, "{:?}", report.failure());
}
