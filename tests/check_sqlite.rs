//! `dbprobe check` as a process on SQLite files: what its report says and how it exits.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod verdict;

use std::path::Path;

use dbprobe_testkit::binary::{dbprobe, run};
use tempfile::TempDir;

use crate::verdict::{UP, expect, failed, outcome};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn dsn(path: &Path, parameters: &str) -> String {
    format!("file:{}{parameters}", path.display())
}

#[test]
fn the_readme_s_first_command_is_up_on_a_file_that_is_not_there_yet() {
    let folder = folder();
    let arguments = ["check", "file:demo.db?mode=rwc", "--create-health-table"];
    for _ in 0..2 {
        let finished = run(dbprobe().args(arguments).current_dir(folder.path()));
        assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
        assert!(
            finished.stdout.contains(": write passed ") && finished.stdout.contains(" table"),
            "{}",
            finished.stdout
        );
    }
}

#[test]
fn a_missing_file_is_never_created_unless_asked_for() {
    let path = folder().path().join("missing.db");
    for parameters in ["", "?mode=rw", "?mode=ro"] {
        expect(&dsn(&path, parameters), &["--create-health-table"], &failed("down", "auth", "not_found", Some("14")));
        assert!(!path.exists(), "{parameters}");
    }
}

#[test]
fn what_is_not_a_database_is_said_so() {
    let folder = folder();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear reader, this is not a database. ".repeat(50)).expect("a file");
    expect(&dsn(&path, ""), &[], &failed("down", "auth", "corrupt", Some("26")));
}

#[test]
fn a_file_opened_read_only_is_up_and_not_written_to() {
    let folder = folder();
    let path = folder.path().join("demo.db");
    expect(&dsn(&path, "?mode=rwc"), &["--create-health-table"], &UP);
    let before = std::fs::read(&path).expect("a file");
    let report = expect(&dsn(&path, "?mode=ro"), &[], &UP);
    assert_eq!(outcome(&report, "write").as_deref(), Some("skipped: read_only"));
    assert_eq!(std::fs::read(&path).expect("a file"), before);
}

#[test]
fn several_targets_make_an_array_and_the_worst_decides() {
    let folder = folder();
    let good = dsn(&folder.path().join("good.db"), "?mode=rwc");
    let bad = dsn(&folder.path().join("bad.db"), "");
    let finished = run(dbprobe().args(["check", "--output", "json", &good, &bad, "nonsense"]));
    let reports = finished.json();
    let statuses: Vec<_> =
        reports.as_array().expect("an array").iter().map(|report| report["status"].as_str()).collect();
    assert_eq!((finished.code, statuses), (Some(2), vec![Some("up"), Some("down"), Some("unknown")]));
}
