//! `dbprobe validate`: exit codes, outputs and mistakes, on SQLite.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

mod fake;

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use dbprobe_cli::{Console, Screen, run};
use serde_json::Value;
use tempfile::TempDir;

struct Ran {
    code: u8,
    out: String,
    err: String,
}

fn validate_on(screen: Screen, words: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let console = Console { out: &mut out, err: &mut err, screen, err_screen: Screen::PLAIN };
    let words = ["dbprobe", "validate"].iter().chain(words).map(OsString::from);
    let code = run(&dbprobe::registry(), &[], words, console);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code, out: text(out), err: text(err) }
}

fn validate(words: &[&str]) -> Ran {
    validate_on(Screen::PLAIN, words)
}

/// A directory with these files.
fn files(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, content) in files {
        fs::write(directory.path().join(name), content).expect("a file");
    }
    directory
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_database_that_answers_has_passed() {
    let ran = validate(&["file::memory:", "--server-version", ">=3.8,<4"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].contains(": passed 3 passed"), "{}", ran.out);
    for check in ["reachability passed: ", "latency passed: ", "server_version passed: "] {
        assert!(lines.iter().any(|line| line.contains(check)), "{check} in {}", ran.out);
    }
}

#[test]
fn the_result_carries_the_names_of_the_design() {
    let missing = tempfile::tempdir().expect("a directory").path().join("none.db");
    let missing = format!("file:{}", missing.display());
    let ran = validate(&["file::memory:", &missing, "-o", "json", "--server-version", ">=99"]);
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(ran.code, 2);
    assert_eq!((&result["schema"], &result["overall_status"]), (&"dbprobe.validate/v1".into(), &"failed".into()));
    assert_eq!(result["summary"], serde_json::json!({"total": 2, "passed": 0, "warning": 0, "failed": 2}));
    let issues = result["issues"].as_array().expect("issues");
    let told: Vec<_> = issues.iter().map(|issue| (issue["check"].as_str(), issue["severity"].as_str())).collect();
    assert_eq!(told, [(Some("server_version"), Some("failed")), (Some("reachability"), Some("failed"))]);
    let checks = result["databases"][1]["checks"].as_array().expect("checks");
    // What was not asked has not failed as well.
    assert!(checks[1..].iter().all(|check| check["outcome"] == "skipped"), "{checks:#?}");
    assert_eq!(checks[0]["failure"]["class"], "not_found");
    assert!(result["databases"][0]["response_time_ms"].is_f64() && result["timestamp"].is_string());
}

#[test]
fn a_warning_counts_where_it_is_asked_for() {
    let slow = ["file::memory:", "--max-latency", "1us"];
    assert_eq!(validate(&slow).code, 0);
    let strict = validate(&[&slow[..], &["--fail-on", "warning"]].concat());
    assert_eq!(strict.code, 1, "{}", strict.out);
    assert!(strict.out.contains(": latency warning: "), "{}", strict.out);
}

#[test]
fn a_target_that_cannot_be_asked_is_unknown_and_a_failed_one_outweighs_it() {
    let unknown = validate(&["oracle://u:hunter2@h/x", "file::memory:"]);
    assert_eq!((unknown.code, unknown.out.contains("hunter2")), (3, false), "{}", unknown.out);
    assert_eq!(validate(&["oracle://h/x", "file:no/such/file.db"]).code, 2);
}

#[test]
fn what_is_wrong_with_an_option_is_said_before_anything_is_asked() {
    let empty = files(&[]);
    let strange = files(&[("notes.txt", "x")]);
    let flyway = files(&[("V1__a.sql", "SELECT 1;")]);
    for (options, says) in [
        (vec!["--server-version", ">=14,<x"], "column 7"),
        (vec!["--setting", "wal_level"], "the value is missing"),
        (vec!["--extension", ">=1"], "name is missing"),
        (vec!["--migrations", "no/such/directory"], "there is no such directory"),
        (vec!["--migrations", text(empty.path())], "the directory is empty"),
        (vec!["--migrations", text(strange.path())], "no tool that is known"),
        (vec!["--migrations", text(flyway.path()), "--migration-tool", "alembic"], "no migrations of alembic"),
        (vec!["--migrations", text(flyway.path()), "--migration-tool", "flywy"], "flyway"),
        (vec!["--migration-tool", "flyway"], "--migrations"),
        (vec!["-o", "junit"], "text or json"),
    ] {
        let ran = validate(&[&["file::memory:"], options.as_slice()].concat());
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{options:?}");
        assert!(ran.err.contains(says), "{options:?}: {}", ran.err);
    }
}

#[test]
fn a_new_database_is_behind_where_the_tool_is_certain() {
    let flyway = files(&[("V1__a.sql", "SELECT 1;"), ("V2__b.sql", "SELECT 1;")]);
    let doubtful = validate(&["file::memory:", "--migrations", text(flyway.path())]);
    assert_eq!(doubtful.code, 2);
    assert!(doubtful.out.contains("flyway or refinery"), "{}", doubtful.out);
    assert!(doubtful.out.contains("migrations advice: name the tool with `--migration-tool`"), "{}", doubtful.out);
    let certain = validate(&["file::memory:", "--migrations", text(flyway.path()), "--migration-tool", "flyway"]);
    assert_eq!(certain.code, 2);
    assert!(certain.out.contains("flyway: behind, 2 pending: V1__a.sql, V2__b.sql"), "{}", certain.out);
}

#[test]
fn a_terminal_gets_a_picture() {
    let screen = Screen { width: Some(60), colour: false, ascii: true };
    let ran = validate_on(screen, &["file::memory:", "--server-version", ">=99"]);
    assert!(ran.out.contains("  XX server_version  it is 3."), "{}", ran.out);
    assert!(ran.out.contains("next: upgrade the server"), "{}", ran.out);
    let quiet = validate_on(screen, &["file::memory:", "-q"]);
    assert_eq!((quiet.code, quiet.out.as_str()), (0, ""));
}

#[test]
fn a_dsn_that_cannot_be_read_is_pointed_at() {
    let words = ["postgres://app:hunter2@db/orders?sslmod=disable"];
    let masked = format!("postgres://{}", "·".repeat(36));
    let carets = format!("{}^^^^^^", " ".repeat(33));
    let ran = validate(&words);
    assert!(ran.out.contains(&format!("\npostgres:***: {masked}\npostgres:***: {carets}\n")), "{}", ran.out);
    let ran = validate_on(Screen { width: Some(80), ..Screen::PLAIN }, &words);
    assert!(ran.out.contains(&format!("\n    {masked}\n    {carets}\n")), "{}", ran.out);
    assert_eq!((ran.code, ran.out.contains("hunter2")), (3, false));
}

#[test]
fn one_that_hangs_costs_the_others_nothing() {
    let ran =
        fake::dbprobe(&["validate", "fake://hangs", "fake://orders", "fake://refused", "-t", "300ms", "-o", "json"]);
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(ran.code, 2, "{result:#}");
    let told = |at: usize, name: &str| result["databases"][at][name].clone();
    let names = [0, 1, 2].map(|at| told(at, "database_name"));
    assert_eq!(names, ["hangs:1", "orders:1", "refused:1"]);
    assert_eq!([0, 1, 2].map(|at| told(at, "status")), ["failed", "passed", "failed"]);
    let failure = &result["databases"][0]["checks"][0]["failure"];
    assert_eq!((&failure["class"], &failure["phase"]), (&"timeout".into(), &"tcp".into()), "{result:#}");
    assert_eq!(result["summary"], serde_json::json!({"total": 3, "passed": 1, "warning": 0, "failed": 2}));
}

#[test]
fn a_target_is_asked_again_as_often_as_it_was_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let dsn = format!("postgres://u@{}/d?sslmode=disable", listener.local_addr().expect("an address"));
    // Every client is let go without a word: that may pass.
    let knocks = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&knocks);
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Relaxed);
        }
    });
    let ran = validate(&[&dsn, "--retries", "2", "--retry-interval", "1ms"]);
    assert_eq!((ran.code, knocks.load(Relaxed)), (2, 3), "{}", ran.out);
    assert!(ran.out.contains(": reachability failed: "), "{}", ran.out);
}

#[test]
fn what_a_server_says_commands_no_terminal() {
    for options in [&[][..], &["-v"], &["-q"], &["-o", "json"]] {
        let words = [&["validate", "fake://u:hunter2@hostile", "fake://x!hunter2"][..], options].concat();
        for screen in [Screen::PLAIN, Screen { width: Some(60), colour: false, ascii: false }] {
            let ran = fake::dbprobe_on(screen, &words);
            let all = format!("{}{}", ran.out, ran.err);
            assert!(!all.contains(fake::PASSWORD) && !all.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\0']), "{all}");
            assert_eq!(ran.code, 2, "{all}");
        }
    }
}
