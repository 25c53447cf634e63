//! `dbprobe summary` with the fake engine, SQLite files and ports where nobody answers.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test may fail as the test itself does")]

mod fake;

use std::path::Path;

use dbprobe_cli::Screen;
use fake::{PASSWORD, Ran, dbprobe, dbprobe_on};

fn json(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn each_fact_is_a_line_and_the_worst_decides() {
    let ran = dbprobe(&["summary", "fake://up", "fake://denied", "fake://refused"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert_eq!(lines[0], "summary: unhealthy 3 databases: 1 healthy, 1 degraded, 1 unhealthy");
    assert!(lines[1].starts_with("up:1: healthy fake 15.20 ") && lines[1].ends_with("ms 4/97"), "{}", lines[1]);
    assert!(lines[2].contains("ms 4/97: write: permission denied for table _health_check (42501)"), "{}", lines[2]);
    assert_eq!(lines[3], "refused:1: unhealthy fake: tcp: nobody listens on the port (ECONNREFUSED)");
    assert_eq!(
        lines[4..],
        [
            "alert: critical connection_failure refused:1: tcp: nobody listens on the port (ECONNREFUSED)",
            "alert: warning failure denied:1: write: permission denied for table _health_check (42501)",
            "advice: denied:1: run `dbprobe init` as the owner of the table",
            "advice: up:1, denied:1: the server's certificate expires in 29 days: renew it and make the server load it",
        ]
    );
    assert_eq!(dbprobe(&["summary", "fake://up", "fake://denied"]).code, 1);
    assert_eq!(dbprobe(&["summary", "fake://up", "nowhere"]).code, 3);
    assert_eq!(dbprobe(&["summary", "fake://up"]).code, 0);
}

#[test]
fn quiet_says_only_what_is_not_up() {
    let ran = dbprobe(&["summary", "fake://up", "fake://refused", "-q"]);
    assert_eq!(ran.out, "refused:1: unhealthy fake: tcp: nobody listens on the port (ECONNREFUSED)\n");
    let ran = dbprobe(&["summary", "fake://up", "-q"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
}

#[test]
fn one_cause_is_one_group_and_one_alert() {
    let ran = dbprobe(&["summary", "fake://a:x@refused", "fake://b:x@refused", "fake://refused", "-o", "json"]);
    let json = json(&ran);
    assert_eq!(json["groups"][0]["cause"], "nobody listens on refused (port 1)", "{json}");
    assert_eq!(json["groups"][0]["members"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["alerts"].as_array().map(Vec::len), Some(1), "{json}");
    let ran = dbprobe(&["summary", "fake://a:x@refused", "fake://b:x@refused"]);
    assert!(
        ran.out.contains("\ngroup: host: nobody listens on refused (port 1): refused:1, refused:1\n"),
        "{}",
        ran.out
    );
}

#[test]
fn one_that_hangs_is_a_partial_result() {
    let ran = dbprobe(&["summary", "fake://up", "fake://hangs", "fake://replica", "-t", "200ms", "-o", "json"]);
    let json = json(&ran);
    let found: Vec<&str> =
        json["databases"].as_array().into_iter().flatten().filter_map(|one| one["status"].as_str()).collect();
    assert_eq!((ran.code, found), (2, vec!["healthy", "unhealthy", "healthy"]), "{json}");
    assert_eq!(json["databases"][1]["failure"]["class"], "timeout");
}

#[test]
fn limits_can_be_given() {
    let ran = dbprobe(&["summary", "fake://up", "--pool-utilization", "4%", "-o", "json"]);
    let found = json(&ran);
    assert_eq!((ran.code, &found["alerts"][0]["kind"]), (1, &"pool_utilization".into()), "{found}");
    assert_eq!(found["thresholds"]["pool_utilization_percent"], 4.0);
    let ran = dbprobe(&["summary", "fake://up", "--response-time", "1us", "-o", "json"]);
    assert_eq!((ran.code, &json(&ran)["alerts"][0]["kind"]), (1, &"response_time".into()));
    let again = ["summary", "fake://refused", "--connection-failures", "3", "--retry-interval", "1ms", "-o", "json"];
    let found = json(&dbprobe(&again));
    assert_eq!((&found["databases"][0]["attempts"], &found["alerts"][0]["value"]), (&3.into(), &3.0.into()));
    for wrong in [["--pool-utilization", "800%"], ["--connection-failures", "0"], ["--response-time", "0s"]] {
        assert_eq!(dbprobe(&[&["summary", "fake://up"][..], &wrong].concat()).code, 3, "{wrong:?}");
    }
}

#[test]
fn all_of_the_configuration_is_summarised_where_nobody_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("dbprobe.yaml");
    let file = |text: &str| {
        std::fs::write(&file, text).expect("written");
        file.display().to_string()
    };
    let config = file(
        "targets:\n  orders: fake://up\n  billing: {dsn: \"fake://up\", thresholds: {connections: 4%}}\n  gone: fake://refused\n",
    );
    let ran = dbprobe(&["summary", "-c", &config]);
    let first = ran.out.lines().next().unwrap_or_default();
    assert_eq!(first, "summary: unhealthy 3 databases: 1 healthy, 1 degraded, 1 unhealthy", "{}", ran.out);
    assert!(ran.out.contains("\nbilling: degraded fake "), "its own threshold counts: {}", ran.out);
    let ran = dbprobe(&["summary", "orders", "-c", &config]);
    assert!(ran.code == 0 && ran.out.contains("\norders: healthy ") && !ran.out.contains("billing"), "{}", ran.out);
    let ran = dbprobe(&["summary", "-c", &file("listen: [\"127.0.0.1:0\"]\n")]);
    assert!(ran.code == 3 && ran.err.contains("the configuration has no targets"), "{ran:?}");
    assert!(!Path::new("dbprobe.yaml").exists(), "the next one needs a directory without it");
    let ran = dbprobe(&["summary"]);
    assert!(ran.code == 3 && ran.err.contains("name DSNs or targets, or a configuration"), "{ran:?}");
    assert_eq!(dbprobe(&["summary", "fake://up", "-o", "junit"]).code, 3);
}

#[test]
fn a_terminal_shows_the_worst_first_and_what_to_do() {
    let screen = Screen { width: Some(80), colour: false, ascii: true };
    let ran = dbprobe_on(screen, &["summary", "fake://up", "fake://denied", "fake://refused"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("x unhealthy  3 databases: 1 healthy, 1 degraded, 1 unhealthy in "), "{}", ran.out);
    assert!(lines[2].starts_with("x unhealthy  refused:1") && lines[2].contains("tcp: refused"), "{}", ran.out);
    assert!(lines[3].starts_with("! degraded   denied:1") && lines[3].contains("write: permission"), "{}", ran.out);
    assert!(
        lines[4].starts_with("+ healthy    up:1") && lines[4].ends_with("fake 15.20 4/97 connections"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("\nalerts:\n  critical refused:1: tcp: nobody listens"), "{}", ran.out);
    assert!(ran.out.contains("\nwhat to do:\n  denied:1: run `dbprobe init`"), "{}", ran.out);
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{}", ran.out);
}

#[test]
fn no_secret_and_no_escape_sequence_is_printed() {
    let dsns = ["password", "refused", "denied", "hostile", "hostile-version"]
        .map(|mode| format!("fake://u:{PASSWORD}@{mode}"));
    let targets: Vec<&str> = dsns.iter().map(String::as_str).collect();
    let screen = Screen { width: Some(80), colour: false, ascii: false };
    for arguments in [&["-o", "json"][..], &[], &["-q"]] {
        for screen in [Screen::PLAIN, screen] {
            let ran = dbprobe_on(screen, &[&["summary"][..], &targets, arguments].concat());
            let all = format!("{}{}", ran.out, ran.err);
            assert!(!all.contains(PASSWORD) && !all.contains('\u{1b}') && !all.contains('\u{9b}'), "{all}");
        }
    }
}

#[cfg(feature = "all")]
#[test]
fn real_engines_and_a_listener_that_says_nothing_stand_side_by_side() {
    let directory = tempfile::tempdir().expect("a directory");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let hangs = format!("postgres://u@{}/d?sslmode=disable", silent.local_addr().expect("an address"));
    let file = format!("file:{}/orders.db?mode=rwc", directory.path().display());
    let gone = [format!("redis://{closed}"), format!("tcp://{closed}")];
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dbprobe"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DBPROBE_")) {
        command.env_remove(name);
    }
    let output =
        command.args(["summary", "-t", "1s", "-o", "json", &file, &hangs]).args(&gone).output().expect("starts");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(2), "{json}");
    assert_eq!(json["status_breakdown"], serde_json::json!({"healthy": 1, "degraded": 0, "unhealthy": 3}));
    assert_eq!(json["groups"].as_array().map(Vec::len), Some(1), "{json}");
    assert_eq!(json["groups"][0]["kind"], "host");
    assert_eq!(json["databases"][1]["failure"]["class"], "timeout", "{json}");
}

#[test]
fn a_dsn_that_cannot_be_read_is_pointed_at() {
    let ran = dbprobe(&["summary", "fake://up", "fake://x!y"]);
    assert!(ran.out.contains("\nfake:***: fake://···\nfake:***:         ^\n"), "{}", ran.out);
    let screen = Screen { width: Some(80), ..Screen::PLAIN };
    let ran = dbprobe_on(screen, &["summary", "fake://up", "fake://x!y"]);
    assert!(ran.out.contains("\n    fake://···\n            ^\n"), "{}", ran.out);
    let ran = dbprobe(&["summary", "fake://x!y", "-q"]);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
}
