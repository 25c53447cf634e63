//! `dbprobe check`: exit codes and outputs, with an engine that behaves as its DSN says.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

mod fake;

use fake::{HOSTILE, dbprobe};
use serde_json::Value;

fn check(dsns: &[&str], options: &[&str]) -> fake::Ran {
    dbprobe(&[&["check"], dsns, options].concat())
}

fn json(dsn: &str, options: &[&str]) -> Value {
    let ran = check(&[dsn], &[&["-o", "json"], options].concat());
    serde_json::from_str(&ran.out).expect("JSON")
}

#[test]
fn the_exit_code_is_the_status_and_the_worst_target_decides() {
    let (up, degraded, down, unknown) = ("fake://orders", "fake://denied", "fake://refused", "fake://x!y");
    for (dsns, code) in [
        (vec![up], 0),
        (vec![degraded], 1),
        (vec![down], 2),
        (vec![unknown], 3),
        (vec!["fake://panics"], 2),
        (vec!["fake://rude"], 0),
        (vec![up, degraded], 1),
        (vec![degraded, unknown, up], 3),
        (vec![unknown, down, degraded, up], 2),
    ] {
        for format in ["text", "json", "ndjson", "nagios", "junit", "prometheus"] {
            let ran = check(&dsns, &["-o", format]);
            assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{dsns:?} as {format}: {}", ran.out);
            assert!(!ran.out.is_empty(), "{dsns:?} as {format}");
        }
    }
}

#[test]
fn one_target_is_an_object_and_several_are_an_array_in_their_order() {
    assert_eq!(json("fake://orders", &[])["target"], "orders:1");
    let ran = check(&["fake://refused", "fake://orders", "fake://orders"], &["-o", "json"]);
    let reports: Vec<Value> = serde_json::from_str(&ran.out).expect("an array");
    assert_eq!(reports.iter().map(|report| &report["status"]).collect::<Vec<_>>(), ["down", "up", "up"]);
}

#[test]
fn a_target_that_hangs_delays_no_other_line() {
    let ran = check(&["fake://hangs", "fake://orders", "fake://refused"], &["-o", "ndjson", "-t", "200ms"]);
    let targets: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let targets: Vec<&Value> = targets.iter().map(|report| &report["target"]).collect();
    assert_eq!(targets, ["orders:1", "refused:1", "hangs:1"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn a_dsn_that_cannot_be_read_is_a_report_among_the_others() {
    let ran = check(&["fake://u:hunter2@x!y", "fake://orders", "nothing", "oracle://u:hunter2@h"], &["-o", "json"]);
    let reports: Vec<Value> = serde_json::from_str(&ran.out).expect("an array");
    let facts: Vec<_> = reports.iter().map(|it| (it["target"].as_str(), it["failure"]["class"].as_str())).collect();
    assert_eq!(
        facts,
        [
            (Some("fake:***"), Some("config")),
            (Some("orders:1"), None),
            (Some("argument 3"), Some("config")),
            (Some("oracle:***"), Some("unsupported"))
        ]
    );
    assert_eq!(reports[0]["steps"][0]["phase"], "configure");
    assert!(reports[3]["failure"]["message"].as_str().is_some_and(|it| it.contains("feature `oracle`")), "{}", ran.out);
}

#[test]
fn the_error_points_at_the_character_and_shows_no_other() {
    let ran = check(&["fake://u:hunter2@x!y"], &[]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines.contains(&"fake:***: fake://·············"), "{}", ran.out);
    assert!(lines.contains(&"fake:***:                   ^"), "{}", ran.out);
}

#[test]
fn options_reach_the_plan() {
    assert_eq!(json("fake://denied", &["--level", "ping"])["status"], "up");
    assert_eq!(json("fake://denied", &["--write", "none"])["status"], "up");
    assert_eq!(json("fake://replica", &[])["status"], "up");
    assert_eq!(json("fake://replica", &["--expect-role", "primary"])["failure"]["class"], "role_mismatch");
    assert_eq!(json("fake://orders", &["--warn-latency", "1us"])["failure"]["class"], "threshold");
    let certificate = json("fake://orders", &["--cert-warn", "30d"]);
    assert_eq!((&certificate["failure"]["phase"], &certificate["status"]), (&"tls".into(), &"degraded".into()));
    assert_eq!(json("fake://orders", &["--cert-warn", "29d"])["status"], "up");
    assert_eq!(json("fake://hangs", &["--level", "tcp"])["status"], "up");
}

#[test]
fn a_timeout_is_critical() {
    let ran = check(&["fake://hangs"], &["-o", "nagios", "-t", "50ms"]);
    assert!(ran.out.starts_with("DBPROBE CRITICAL - hangs:1 down: tcp: "), "{}", ran.out);
    assert_eq!(ran.code, 2);
}

#[test]
fn a_driver_that_panics_is_a_line_of_the_report() {
    let report = json("fake://panics", &[]);
    assert_eq!((&report["failure"]["class"], &report["failure"]["phase"]), (&"internal".into(), &"tcp".into()));
    let ran = check(&["fake://u:hunter2@panics-while-reading"], &[]);
    assert!(ran.code == 3 && ran.out.contains("the driver panicked while it read the DSN"), "{}", ran.out);
    assert!(!ran.out.contains("hunter2"), "{}", ran.out);
}

#[test]
fn a_thousand_targets_are_probed() {
    let dsns = vec!["fake://orders"; 1_000];
    let ran = check(&dsns, &["-o", "ndjson"]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 1_000));
}

#[test]
fn quiet_prints_nothing_for_what_is_up() {
    assert_eq!(check(&["fake://orders"], &["-q"]).out, "");
    let ran = check(&["fake://orders", "fake://refused"], &["-q"]);
    assert_eq!(ran.out, "refused:1: down tcp: nobody listens on the port (ECONNREFUSED)\n");
}

#[test]
fn what_a_hostile_server_says_is_harmless_in_every_format() {
    assert!(HOSTILE.contains('\u{1b}'));
    for dsn in ["fake://hostile", "fake://hostile-version"] {
        for format in ["text", "json", "ndjson", "nagios", "junit", "prometheus"] {
            let ran = check(&[dsn], &["-v", "-o", format]);
            let harmless = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
            // Prometheus takes any text in a label; only what a terminal acts on is replaced.
            let harmless = |c: char| harmless(c) || (format == "prometheus" && c == '\u{202e}');
            assert!(ran.out.chars().all(harmless), "{dsn} as {format}: {:?}", ran.out);
        }
    }
}

#[test]
fn metrics_tell_two_targets_of_one_name_apart() {
    let ran = check(&["fake://orders", "fake://orders"], &["-o", "prometheus"]);
    for name in ["orders:1", "orders:1#2"] {
        let series = format!(r#"db_up{{target="{name}",db_name="fake",db_role="primary"}} 1"#);
        assert_eq!(ran.out.lines().filter(|line| **line == series).count(), 1, "{series} in\n{}", ran.out);
    }
}
