//! What writes leave behind, and what reads find.

use dbprobe_core::{Access, Class, Query, SessionExt, WriteMode, WriteProof};

use crate::scratch::{Scratch, application, class, driver, request, session};

#[tokio::test]
async fn a_thousand_write_checks_leave_one_row_and_a_file_that_does_not_grow() {
    for journal in ["delete", "wal"] {
        let scratch = Scratch::new();
        let application = scratch.database("app.db");
        application.pragma_update(None, "journal_mode", journal).expect("a journal mode");
        application.pragma_update(None, "synchronous", "off").expect("a setting");
        let mut session = session(&scratch.dsn("app.db")).await;
        session.check_read_write(&request(WriteMode::Table)).await.expect("written");
        let pages = |name: &str| application.query_row(name, [], |row| row.get::<_, i64>(0)).expect("a number");
        let before = pages("PRAGMA page_count");
        for _ in 1..1_000 {
            session.check_read_write(&request(WriteMode::Table)).await.expect("written");
        }
        session.close().await.expect("closed");
        assert_eq!(pages("SELECT count(*) FROM _health_check"), 1, "{journal}");
        assert_eq!(pages("SELECT seq FROM _health_check"), 1_000, "{journal}");
        assert_eq!(pages("PRAGMA page_count"), before, "{journal}");
    }
}

#[tokio::test]
async fn a_later_write_of_the_same_name_is_not_stale_but_an_older_one_is() {
    let scratch = Scratch::new();
    let dsn = scratch.dsn("app.db?mode=rwc");
    let (mut one, mut two) = (session(&dsn).await, session(&dsn).await);
    let first = one.write(&request(WriteMode::Table)).await.expect("written");
    let second = two.write(&request(WriteMode::Table)).await.expect("written");
    one.read(Some(&first)).await.expect("somebody with the same name was later");
    let application = application(&scratch.path("app.db"));
    for sequence in [2, 1] {
        application.execute("UPDATE _health_check SET nonce = 'old', seq = ?1", [sequence]).expect("an old copy");
        assert_eq!(class(two.read(Some(&second)).await), Some(Class::StaleRead), "{sequence}");
    }
    application.execute("DELETE FROM _health_check", []).expect("deleted");
    assert_eq!(class(two.read(Some(&second)).await), Some(Class::StaleRead));
    one.write(&request(WriteMode::Table)).await.expect("it comes back by itself");
}

#[tokio::test]
async fn what_was_rolled_back_must_be_gone() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    let mut session = session(&scratch.dsn("app.db")).await;
    let written = session.check_read_write(&request(WriteMode::Rollback)).await.expect("rolled back");
    assert_eq!(written.proof, WriteProof::Rollback);
    application.execute_batch("CREATE TABLE _dbprobe_rollback (nonce TEXT NOT NULL)").expect("as if it had stayed");
    assert_eq!(class(session.read(Some(&written)).await), Some(Class::StaleRead));
}

#[tokio::test]
async fn a_roll_back_works_in_every_journal_mode() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    for mode in ["truncate", "persist", "memory", "wal"] {
        let mut session = session(&scratch.dsn("app.db")).await;
        let set = Query { access: Access::ReadWrite, ..Query::read_only(format!("PRAGMA journal_mode = {mode}")) };
        session.query(&set).await.expect("a journal mode");
        let result = session.check_read_write(&request(WriteMode::Rollback)).await;
        assert_eq!(class(result), None, "{mode}");
        session.close().await.expect("closed");
    }
}

#[tokio::test]
async fn what_is_rolled_back_did_reach_the_write_ahead_log() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    application.pragma_update(None, "journal_mode", "wal").expect("a journal mode");
    drop(application);
    let mut session = session(&scratch.dsn("app.db")).await;
    session.write(&request(WriteMode::Rollback)).await.expect("rolled back");
    let log = std::fs::metadata(scratch.path("app.db-wal")).expect("the log").len();
    assert!(log > 4_096, "{log} bytes are no page");
}

#[tokio::test]
async fn the_setup_can_be_carried_out_twice() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    let dsn = scratch.dsn("app.db");
    let setup = driver(&dsn).setup(&dbprobe_core::SetupOptions::default()).expect("a setup");
    let mut session = session(&dsn).await;
    session.apply(&setup).await.expect("applied");
    session.apply(&setup).await.expect("applied again");
    let auto = dbprobe_core::WriteRequest { create_health_table: false, ..request(WriteMode::Auto) };
    assert_eq!(session.write(&auto).await.map(|written| written.proof).ok(), Some(WriteProof::Table));
}

#[tokio::test]
async fn a_polite_goodbye_leaves_no_log_and_a_large_log_is_left_alone() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    application.pragma_update(None, "journal_mode", "wal").expect("a journal mode");
    drop(application);
    let log = scratch.path("app.db-wal");
    let dsn = scratch.dsn("app.db");
    let mut small = session(&dsn).await;
    small.write(&request(WriteMode::Table)).await.expect("written");
    assert!(log.exists());
    small.close().await.expect("closed");
    assert!(!log.exists(), "the last one to leave tidied up");

    // Behind a reader nothing can be worked off, so the log grows beyond what a goodbye takes on.
    let (reader, writer) = (scratch.path("app.db"), scratch.path("app.db"));
    let (reader, writer) = (crate::scratch::application(&reader), crate::scratch::application(&writer));
    reader.execute_batch("BEGIN; SELECT * FROM orders").expect("a snapshot");
    writer.pragma_update(None, "synchronous", "off").expect("a setting");
    writer.execute_batch("CREATE TABLE big AS SELECT zeroblob(6000000)").expect("a big commit");
    let last = session(&dsn).await;
    drop((reader.execute_batch("COMMIT"), reader, writer.execute_batch("PRAGMA wal_autocheckpoint = 0")));
    // The writer leaves without a checkpoint, as one does that is killed.
    writer.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("a setting");
    drop(writer);
    last.close().await.expect("closed");
    assert!(log.exists(), "the backlog is not ours to work off");
}
