//! `dbprobe health`: exit codes and outputs, with an engine that behaves as its DSN says.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

mod fake;

use dbprobe_cli::Screen;
use fake::{dbprobe, dbprobe_on};
use serde_json::Value;

fn health(targets: &[&str], options: &[&str]) -> fake::Ran {
    dbprobe(&[&["health"], targets, options].concat())
}

#[test]
fn exit_codes_are_those_of_check_and_the_worst_target_decides() {
    let (healthy, degraded, down, unknown) = ("fake://orders", "fake://denied", "fake://refused", "fake://x!y");
    for (targets, code) in [
        (vec![healthy], 0),
        (vec![degraded], 1),
        (vec![down], 2),
        (vec![unknown], 3),
        (vec![healthy, degraded], 1),
        (vec![degraded, unknown], 3),
        (vec![unknown, down, healthy], 2),
    ] {
        for format in ["text", "json"] {
            let ran = health(&targets, &["-o", format]);
            assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{targets:?} as {format}: {}", ran.out);
        }
    }
    assert_eq!(health(&[], &[]).code, 3);
    assert_eq!(health(&[healthy], &["-o", "nagios"]).code, 3);
}

#[test]
fn one_target_is_an_object_and_several_are_an_array_in_their_order() {
    let one: Value = serde_json::from_str(&health(&["fake://denied"], &["-o", "json"]).out).expect("JSON");
    assert_eq!((&one["schema"], &one["status"]), (&"dbprobe.health/v1".into(), &"degraded".into()));
    assert_eq!((&one["connection"], &one["query_test"]), (&"ok".into(), &"failed".into()));
    assert_eq!(one["migration_status"], "not_found");
    assert_eq!((&one["role"], &one["failure"]["code"]), (&"primary".into(), &"42501".into()));
    let ran = health(&["fake://hangs", "fake://orders", "fake://refused"], &["-o", "json", "-t", "200ms"]);
    let all: Vec<Value> = serde_json::from_str(&ran.out).expect("an array");
    let words: Vec<_> = all.iter().map(|it| (it["connection"].as_str(), it["query_test"].as_str())).collect();
    let not_run = (Some("failed"), Some("not_run"));
    assert_eq!(words, [not_run, (Some("ok"), Some("ok")), not_run]);
}

#[test]
fn attempts_are_counted_and_a_permanent_failure_is_not_repeated() {
    let attempts = |target| -> Value {
        let ran = health(&[target], &["-o", "json", "--retries", "3", "--retry-interval", "0s"]);
        serde_json::from_str::<Value>(&ran.out).expect("JSON")["attempts"].clone()
    };
    assert_eq!([attempts("fake://orders"), attempts("fake://refused"), attempts("fake://password")], [1, 4, 1]);
}

#[test]
fn piped_text_is_a_line_a_fact() {
    let ran = health(&["fake://u:hunter2@refused", "fake://x!y"], &["--retries", "1", "--retry-interval", "0s"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    for line in [
        "refused:1: connection failed",
        "refused:1: query_test not_run",
        "refused:1: migration_status not_checked",
        "refused:1: attempts 2",
        "refused:1: error: tcp: nobody listens on the port (ECONNREFUSED)",
        "fake:***: unhealthy fake",
        "fake:***:         ^",
        "fake:***: advice: leave it out",
    ] {
        assert!(lines.contains(&line), "{line} in {}", ran.out);
    }
    assert!(!ran.out.contains("hunter2"), "{}", ran.out);
    let quiet = health(&["fake://orders", "fake://refused"], &["-q"]);
    assert_eq!(quiet.out, "refused:1: unhealthy tcp: nobody listens on the port (ECONNREFUSED)\n");
}

#[test]
fn a_terminal_shows_the_parts_and_no_server_commands_it() {
    let screen = Screen { width: Some(80), colour: false, ascii: true };
    let ran = dbprobe_on(screen, &["health", "fake://orders", "fake://hostile"]);
    assert!(ran.out.starts_with("* healthy  orders:1  fake 15.20  primary  "), "{}", ran.out);
    assert!(ran.out.contains("  query test    ok  ping "), "{}", ran.out);
    assert!(ran.out.contains("  migrations    not checked\n"), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}') && !ran.out.contains('\u{9b}'), "{:?}", ran.out);
}
