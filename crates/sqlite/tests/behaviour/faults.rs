//! The fault table: what is wrong with the file → phase, class, code and status.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{Access, Class, Monitor, Phase, Plan, Policy, Query, Status, WriteMode};

use crate::scratch::{
    Scratch, advice, application, check, class, decisive, driver, passed, plan, request, session, with_table,
};

#[tokio::test]
async fn a_missing_file_is_never_created_unless_rwc_asks_for_it() {
    let scratch = Scratch::new();
    for query in ["", "?mode=rw", "?mode=ro", "?cache=shared", "?immutable=1"] {
        let report = check(&scratch.dsn(&format!("none.db{query}")), &with_table()).await;
        assert_eq!(report.status(), Status::Down, "{query}");
        assert_eq!(decisive(&report), (Some(Phase::Auth), Some(Class::NotFound), Some("14")), "{query}");
        assert!(advice(&report).contains("mode=rwc"), "{query}: {}", advice(&report));
        assert!(!scratch.path("none.db").exists(), "{query}: it was created");
    }
    assert_eq!(check(&scratch.dsn("none.db?mode=rwc"), &plan()).await.status(), Status::Up);
}

#[tokio::test]
async fn a_missing_directory_says_so() {
    let scratch = Scratch::new();
    for query in ["", "?mode=rwc"] {
        let report = check(&scratch.dsn(&format!("no/where/app.db{query}")), &plan()).await;
        assert_eq!(decisive(&report), (Some(Phase::Auth), Some(Class::NotFound), Some("14")), "{query}");
        let message = report.failure().map(|failure| failure.message.clone()).unwrap_or_default();
        assert!(message.contains("the directory does not exist"), "{message}");
    }
}

#[tokio::test]
async fn what_is_no_file_is_not_even_opened() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("directory")).expect("a directory");
    let made = Command::new("mkfifo").arg(scratch.path("pipe")).status().is_ok_and(|status| status.success());
    let mut names = vec!["directory"];
    names.extend(made.then_some("pipe"));
    for name in names {
        for query in ["", "?mode=ro", "?mode=rwc"] {
            let report = check(&scratch.dsn(&format!("{name}{query}")), &plan()).await;
            assert_eq!(decisive(&report).0, Some(Phase::Auth), "{name}{query}");
            assert_eq!(decisive(&report).1, Some(Class::NotFound), "{name}{query}");
        }
    }
    assert_eq!(decisive(&check("file:/dev/zero", &plan()).await).1, Some(Class::NotFound));
}

#[tokio::test]
async fn another_kind_of_file_is_not_a_database() {
    let scratch = Scratch::new();
    fs::write(scratch.path("text.db"), "x".repeat(5_000)).expect("a file");
    let report = check(&scratch.dsn("text.db"), &plan()).await;
    assert_eq!(report.status(), Status::Down);
    assert_eq!(decisive(&report), (Some(Phase::Auth), Some(Class::Corrupt), Some("26")));
    assert!(advice(&report).contains("encrypted"), "{}", advice(&report));
}

#[tokio::test]
async fn a_damaged_page_is_found_by_the_inspection() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    scribble(&scratch.path("app.db"), 4_096);
    let report = check(&scratch.dsn("app.db"), &plan()).await;
    assert_eq!(report.status(), Status::Degraded);
    assert_eq!(decisive(&report), (Some(Phase::Inspect), Some(Class::Corrupt), Some("11")));
}

#[tokio::test]
async fn a_damaged_health_table_fails_the_write() {
    let scratch = Scratch::new();
    assert_eq!(check(&scratch.dsn("app.db?mode=rwc"), &with_table()).await.status(), Status::Up);
    scribble(&scratch.path("app.db"), 4_096);
    let report = check(&scratch.dsn("app.db"), &with_table()).await;
    let write = report.step(Phase::Write).and_then(|step| step.failure());
    assert_eq!(write.map(|failure| (failure.class, failure.code.as_deref())), Some((Class::Corrupt, Some("11"))));
}

#[tokio::test]
async fn a_truncated_file_is_corrupt() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    let file = OpenOptions::new().write(true).open(scratch.path("app.db")).expect("the file");
    file.set_len(4_096).expect("cut");
    let report = check(&scratch.dsn("app.db"), &plan()).await;
    assert_eq!((report.status(), decisive(&report).1), (Status::Down, Some(Class::Corrupt)));
}

#[tokio::test]
async fn a_database_that_may_not_grow_is_full() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    let mut session = session(&scratch.dsn("app.db")).await;
    let limit = Query { access: Access::ReadWrite, ..Query::read_only("PRAGMA max_page_count = 1") };
    session.query(&limit).await.expect("a limit");
    for mode in [WriteMode::Table, WriteMode::Rollback] {
        let failure = session.write(&request(mode)).await.expect_err("it is full");
        assert_eq!((failure.class, failure.code.as_deref()), (Class::DiskFull, Some("13")), "{mode:?}");
        assert_eq!(class(session.ping().await), None, "{mode:?}: the session goes on");
    }
    session.close().await.expect("closed");
}

/// Needs the right to mount, which containers and ordinary users do not have.
#[tokio::test]
async fn a_full_disk_degrades() {
    let scratch = Scratch::new();
    let Some(_mount) = Mount::of_64_kib(scratch.path("")) else {
        eprintln!("SKIPPED a_full_disk_degrades: a tmpfs cannot be mounted here");
        return;
    };
    for journal in ["delete", "wal"] {
        let name = format!("{journal}.db");
        let application = application(&scratch.path(&name));
        application.pragma_update(None, "journal_mode", journal).expect("a journal mode");
        application.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)").expect("a table");
        let filler = scratch.path("filler");
        let full = fs::write(&filler, vec![0; 128 << 10]);
        let report = check(&scratch.dsn(&name), &plan()).await;
        fs::remove_file(&filler).expect("room again");
        assert!(full.is_err(), "the disk is full");
        assert_eq!(report.status(), Status::Degraded, "{journal}: {:?}", report.failure());
        let (phase, class, _) = decisive(&report);
        assert_eq!((phase, class), (Some(Phase::Write), Some(Class::DiskFull)), "{journal}");
        assert!(passed(&report).contains(&Phase::Read), "{journal}");
    }
}

/// A file system that is taken away with the value.
struct Mount(PathBuf);

impl Mount {
    fn of_64_kib(place: PathBuf) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&place).output();
        mounted.is_ok_and(|done| done.status.success()).then_some(Self(place))
    }

    fn remount_read_only(&self) {
        let done = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0).status();
        assert!(done.is_ok_and(|status| status.success()), "remounted");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Needs the right to mount, too.
#[tokio::test]
async fn a_read_only_file_system_degrades() {
    let scratch = Scratch::new();
    let Some(mount) = Mount::of_64_kib(scratch.path("")) else {
        eprintln!("SKIPPED a_read_only_file_system_degrades: a tmpfs cannot be mounted here");
        return;
    };
    drop(application(&scratch.path("app.db")).execute_batch("CREATE TABLE t (x)"));
    mount.remount_read_only();
    let report = check(&scratch.dsn("app.db"), &plan()).await;
    assert_eq!(report.status(), Status::Degraded, "{:?}", report.failure());
    assert_eq!(decisive(&report), (Some(Phase::Write), Some(Class::ReadOnly), Some("8")));
    let report = check(&scratch.dsn("new.db?mode=rwc"), &plan()).await;
    assert_eq!(decisive(&report), (Some(Phase::Auth), Some(Class::Permission), Some("14")));
}

#[tokio::test]
async fn a_table_of_somebody_else_is_told_from_ours() {
    let scratch = Scratch::new();
    let application = scratch.database("app.db");
    application.execute_batch("CREATE TABLE _health_check (id INTEGER PRIMARY KEY, status TEXT)").expect("a table");
    let report = check(&scratch.dsn("app.db"), &plan()).await;
    assert_eq!(report.status(), Status::Degraded);
    assert_eq!(decisive(&report), (Some(Phase::Write), Some(Class::Query), Some("1")));
    assert!(advice(&report).contains("dbprobe init"), "{}", advice(&report));
}

#[tokio::test]
async fn a_health_table_that_is_asked_for_and_missing_is_not_found() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    let report = check(&scratch.dsn("app.db"), &Plan { write: WriteMode::Table, ..plan() }).await;
    assert_eq!(report.status(), Status::Degraded);
    assert_eq!(decisive(&report), (Some(Phase::Write), Some(Class::NotFound), None));
    assert!(advice(&report).contains("--create-health-table"), "{}", advice(&report));
}

#[tokio::test]
async fn a_kept_session_notices_that_the_file_was_replaced() {
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    let policy = Policy { max_connection_age: Duration::from_secs(600), ..Policy::default() };
    let mut monitor = Monitor::new(driver(&scratch.dsn("app.db")), with_table(), policy);
    assert_eq!(monitor.probe().await.status(), Status::Up);
    assert!(monitor.probe().await.step(Phase::Auth).is_none(), "the session was kept");

    drop(scratch.database("new.db"));
    fs::rename(scratch.path("new.db"), scratch.path("app.db")).expect("replaced");
    let report = monitor.probe().await;
    assert_eq!(report.status(), Status::Up);
    assert_eq!(report.attempts.first().map(|attempt| attempt.failure.class), Some(Class::Reset));
    let rows: i64 = application(&scratch.path("app.db"))
        .query_row("SELECT count(*) FROM _health_check", [], |row| row.get(0))
        .expect("the table is in the new file");
    assert_eq!(rows, 1);

    fs::remove_file(scratch.path("app.db")).expect("removed");
    let report = monitor.probe().await;
    assert_eq!(decisive(&report), (Some(Phase::Auth), Some(Class::NotFound), Some("14")));
    monitor.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_kept_session_notices_that_a_link_was_turned() {
    let scratch = Scratch::new();
    drop((scratch.database("one.db"), scratch.database("two.db")));
    let turn = |to: &str| {
        std::os::unix::fs::symlink(scratch.path(to), scratch.path("next")).expect("a link");
        fs::rename(scratch.path("next"), scratch.path("current.db")).expect("turned");
    };
    turn("one.db");
    let policy = Policy { max_connection_age: Duration::from_secs(600), ..Policy::default() };
    let mut monitor = Monitor::new(driver(&scratch.dsn("current.db")), plan(), policy);
    assert_eq!(monitor.probe().await.address.as_deref(), scratch.path("one.db").to_str());
    turn("two.db");
    let report = monitor.probe().await;
    assert_eq!((report.status(), report.address.as_deref()), (Status::Up, scratch.path("two.db").to_str()));
}

#[tokio::test]
async fn a_file_that_is_overwritten_in_place_is_read_anew() {
    let scratch = Scratch::new();
    let driver = driver(&scratch.dsn("app.db"));
    drop(scratch.database("app.db"));
    let policy = Policy { max_connection_age: Duration::from_secs(600), ..Policy::default() };
    let mut monitor = Monitor::new(Arc::clone(&driver), plan(), policy);
    assert_eq!(monitor.probe().await.status(), Status::Up);
    fs::write(scratch.path("app.db"), "x".repeat(8_192)).expect("overwritten");
    assert_eq!(monitor.probe().await.status(), Status::Down);
}

/// Overwrites one page with what is never a page.
fn scribble(path: &Path, at: u64) {
    let mut file = OpenOptions::new().write(true).open(path).expect("the file");
    file.seek(SeekFrom::Start(at)).expect("a place");
    file.write_all(&[0xff; 4_096]).expect("a page");
}
