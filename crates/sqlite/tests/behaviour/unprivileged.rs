//! Permissions. They do not bind root, so each test runs itself again as an ordinary user where it must.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use dbprobe_core::{Class, Phase, Status};

use crate::scratch::{Scratch, advice, check, decisive, passed, plan};

/// `nobody`, on every Linux.
const NOBODY: u32 = 65_534;

/// Whether the test `name` is done because it ran as another user.
fn done_as_nobody(name: &str) -> bool {
    let scratch = Scratch::new();
    let probe = scratch.path("probe");
    fs::write(&probe, "").expect("a file");
    fs::set_permissions(&probe, Permissions::from_mode(0o000)).expect("a mode");
    if fs::read(&probe).is_err() {
        return false; // permissions bind this user already
    }
    // The place of the test program itself may be closed to other users.
    let program = scratch.path("program");
    fs::copy(std::env::current_exe().expect("a program"), &program).expect("a copy");
    fs::set_permissions(scratch.path(""), Permissions::from_mode(0o755)).expect("a mode");
    fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("a mode");
    let mut command = Command::new(&program);
    command.args([&format!("unprivileged::{name}"), "--exact", "--nocapture"]).uid(NOBODY).gid(NOBODY);
    command.current_dir("/");
    // Another test's child may hold the copy open for writing from its fork to its exec: the kernel then calls it busy.
    let output = loop {
        match command.output() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            output => break output.expect("the test as nobody"),
        }
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
    true
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_degrades() {
    if done_as_nobody("a_file_that_cannot_be_written_degrades") {
        return;
    }
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    set_mode(&scratch.path("app.db"), 0o444);
    for query in ["", "?mode=rw", "?mode=rwc"] {
        let report = check(&scratch.dsn(&format!("app.db{query}")), &plan()).await;
        assert_eq!(report.status(), Status::Degraded, "{query}");
        assert_eq!(decisive(&report), (Some(Phase::Write), Some(Class::ReadOnly), Some("8")), "{query}");
        assert!(passed(&report).contains(&Phase::Read), "{query}");
        assert_eq!((report.role(), report.inspection.read_only), (None, Some(true)), "{query}");
    }
    assert_eq!(check(&scratch.dsn("app.db?mode=ro"), &plan()).await.status(), Status::Up);
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_has_no_room_for_a_journal() {
    if done_as_nobody("a_directory_that_cannot_be_written_has_no_room_for_a_journal") {
        return;
    }
    let scratch = Scratch::new();
    drop(scratch.database("app.db"));
    set_mode(&scratch.path(""), 0o555);
    let report = check(&scratch.dsn("app.db"), &plan()).await;
    let created = check(&scratch.dsn("new.db?mode=rwc"), &plan()).await;
    set_mode(&scratch.path(""), 0o755);
    assert_eq!(report.status(), Status::Degraded);
    assert_eq!(decisive(&report), (Some(Phase::Write), Some(Class::ReadOnly), Some("1544")));
    assert!(advice(&report).contains("directory"), "{}", advice(&report));
    assert_eq!(decisive(&created), (Some(Phase::Auth), Some(Class::Permission), Some("14")));
}

#[tokio::test]
async fn a_file_or_directory_that_may_not_be_opened_is_a_matter_of_permission() {
    if done_as_nobody("a_file_or_directory_that_may_not_be_opened_is_a_matter_of_permission") {
        return;
    }
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("closed")).expect("a directory");
    drop(scratch.database("closed/app.db"));
    set_mode(&scratch.path("closed/app.db"), 0o000);
    let report = check(&scratch.dsn("closed/app.db"), &plan()).await;
    assert_eq!(decisive(&report), (Some(Phase::Auth), Some(Class::Permission), Some("14")));
    set_mode(&scratch.path("closed"), 0o000);
    let report = check(&scratch.dsn("closed/app.db"), &plan()).await;
    set_mode(&scratch.path("closed"), 0o755);
    assert_eq!(decisive(&report), (Some(Phase::Auth), Some(Class::Permission), Some("14")));
    assert!(advice(&report).contains("directory"), "{}", advice(&report));
}

#[tokio::test]
async fn a_write_ahead_log_that_cannot_be_made_is_explained() {
    if done_as_nobody("a_write_ahead_log_that_cannot_be_made_is_explained") {
        return;
    }
    let scratch = Scratch::new();
    scratch.database("app.db").pragma_update(None, "journal_mode", "wal").expect("a journal mode");
    set_mode(&scratch.path(""), 0o555);
    let report = check(&scratch.dsn("app.db?mode=ro"), &plan()).await;
    let immutable = check(&scratch.dsn("app.db?immutable=1"), &plan()).await;
    set_mode(&scratch.path(""), 0o755);
    assert_eq!(report.status(), Status::Down);
    assert_eq!(decisive(&report), (Some(Phase::Auth), Some(Class::ReadOnly), Some("1544")));
    assert!(advice(&report).contains("immutable=1"), "{}", advice(&report));
    assert_eq!(immutable.status(), Status::Up, "the advice works");
}
