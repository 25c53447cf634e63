//! `dbprobe diagnose`: the ladder, its exit codes and its texts, with an engine that behaves as its DSN says.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

mod fake;

use dbprobe_cli::Screen;
use fake::{HOSTILE, PASSWORD, dbprobe, dbprobe_on};
use serde_json::Value;

const TERMINAL: Screen = Screen { width: Some(80), colour: false, ascii: false };

fn diagnose(dsn: &str, options: &[&str]) -> fake::Ran {
    dbprobe(&[&["diagnose", dsn, "-t", "2s"], options].concat())
}

fn json(dsn: &str, options: &[&str]) -> Value {
    serde_json::from_str(&diagnose(dsn, &[&["-o", "json"], options].concat()).out).expect("JSON")
}

#[test]
fn the_exit_code_is_that_of_the_status() {
    for (dsn, code) in [
        ("fake://orders", 0),
        ("fake://denied", 1),
        ("fake://refused", 2),
        ("fake://password", 2),
        ("fake://x!y", 3),
        ("nothing", 3),
        ("oracle://h", 3),
    ] {
        for format in ["text", "json"] {
            let ran = diagnose(dsn, &["-o", format]);
            assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{dsn} as {format}: {}", ran.out);
        }
    }
    assert_eq!(diagnose("fake://orders", &["-o", "nagios"]).code, 3);
}

#[test]
fn the_ladder_has_every_rung_in_order() {
    let diagnosis = json("fake://orders", &[]);
    let rungs: Vec<&str> =
        diagnosis["ladder"].as_array().expect("a ladder").iter().filter_map(|it| it["rung"].as_str()).collect();
    assert_eq!(
        rungs,
        ["configure", "resolve", "tcp", "tls", "auth", "database", "privileges", "read", "write", "role", "capacity"]
    );
    assert!(diagnosis.get("cause").is_none() && diagnosis.get("failure").is_none(), "{diagnosis:#}");
    for section in ["configuration", "connectivity", "performance", "recommendations"] {
        assert!(diagnosis.get(section).is_some(), "{section}");
    }
}

#[test]
fn what_is_missing_is_on_its_rung() {
    for (dsn, rung, class) in [
        ("fake://refused", "tcp", "refused"),
        ("fake://password", "auth", "auth"),
        ("fake://denied", "privileges", "permission"),
        ("fake://x!y", "configure", "config"),
        ("oracle://h", "configure", "unsupported"),
    ] {
        let cause = &json(dsn, &[])["cause"];
        assert_eq!((&cause["rung"], &cause["class"]), (&rung.into(), &class.into()), "{dsn}: {cause:#}");
    }
    let role = &json("fake://replica", &["--expect-role", "primary"])["cause"];
    assert_eq!((&role["rung"], &role["class"]), (&"role".into(), &"role_mismatch".into()));
    let capacity = &json("fake://orders", &["--cert-warn", "30d"])["cause"];
    assert_eq!((&capacity["rung"], &capacity["class"]), (&"capacity".into(), &"threshold".into()));
}

#[test]
fn a_success_close_to_a_limit_says_it_and_exits_with_0() {
    let ran = diagnose("fake://orders", &[]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(ran.code, 0);
    let warning = "orders:1: capacity warning: the server's certificate ends in 29 days, which is less than 30";
    assert!(lines.contains(&warning), "{}", ran.out);
    assert!(
        lines.iter().any(|line| line.starts_with("orders:1: note: capacity the server's certificate")),
        "{}",
        ran.out
    );
    assert!(lines.iter().any(|line| line.starts_with("orders:1: next: openssl s_client ")), "{}", ran.out);
    assert_eq!(json("fake://orders", &["--cert-warn", "1d"])["recommendations"], serde_json::json!([]));
}

#[test]
fn what_is_said_of_a_limit_decides_the_next_command() {
    let said = |host: &str| {
        let diagnosis = json(&format!("fake://{host}"), &["--cert-warn", "1d"]);
        let fact = diagnosis["recommendations"][0]["fact"].as_str().unwrap_or_default().to_owned();
        (fact, diagnosis)
    };
    let (fact, diagnosis) = said("clock-ahead");
    assert!(fact.starts_with("the server's clock is ") && fact.ends_with(" s ahead of this machine's"), "{fact}");
    let ahead = diagnosis["connectivity"]["clock_ahead_seconds"].as_f64().expect("a difference");
    assert!((80.0..=90.0).contains(&ahead), "{ahead}");
    assert_eq!(diagnosis["next_command"], "chronyc tracking");
    let (fact, _) = said("full-memory");
    assert_eq!(fact, "810 of 1000 bytes of `maxmemory` are taken, 81 %, and none may be evicted");
    let (fact, diagnosis) = said("pooled");
    assert_eq!((fact.as_str(), &diagnosis["connectivity"]["proxy"]), ("", &Value::from("PgBouncer")));
}

#[test]
fn piped_it_is_one_line_a_fact_with_the_cause_at_its_end() {
    let ran = diagnose("fake://app:hunter2@refused", &[]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("refused:1: ")), "{}", ran.out);
    assert!(lines[0].starts_with("refused:1: down fake "), "{}", ran.out);
    for line in
        ["refused:1: configure passed", "refused:1: tcp code: ECONNREFUSED", "refused:1: tls skipped: not reached"]
    {
        assert!(lines.contains(&line), "{line} in\n{}", ran.out);
    }
    let last: Vec<&str> = lines.iter().rev().take(4).filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!((last[0], last.last().copied()), ("next:", Some("cause:")), "{}", ran.out);
    let quiet = diagnose("fake://refused", &["-q"]).out;
    assert_eq!(quiet.lines().count(), 1, "{quiet}");
    assert_eq!(diagnose("fake://orders", &["-q"]).out, "");
}

#[test]
fn a_terminal_gets_a_picture_and_one_without_unicode_too() {
    let picture = dbprobe_on(TERMINAL, &["diagnose", "fake://denied", "-t", "2s"]).out;
    for part in ["● degraded  denied:1", "  ✓ configure", "  ✗ privileges", "  cause:  ", "  why:    ", "  next:   "]
    {
        assert!(picture.contains(part), "{part:?} in\n{picture}");
    }
    let down = dbprobe_on(TERMINAL, &["diagnose", "fake://password", "-t", "2s"]).out;
    assert!(down.contains("  – database to capacity: not reached"), "{down}");
    let ascii = dbprobe_on(Screen { ascii: true, ..TERMINAL }, &["diagnose", "fake://denied", "-t", "2s"]).out;
    assert!(ascii.is_ascii() && ascii.contains("  + configure") && ascii.contains("  x privileges"), "{ascii}");
    let widest = picture.lines().filter(|line| !line.contains("next:")).map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{picture}");
}

#[test]
fn the_next_command_repeats_a_name_and_never_a_dsn_with_its_password() {
    let next = |dsn: &str| json(dsn, &[])["next_command"].as_str().map(str::to_owned).unwrap_or_default();
    assert_eq!(next(&format!("fake://app:{PASSWORD}@denied")), "dbprobe init 'fake://app:***@denied' --print");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("my dsn");
    std::fs::write(&file, format!("fake://app:{PASSWORD}@denied")).expect("a file");
    let reference = format!("@file:{}", file.display());
    assert_eq!(next(&reference), format!("dbprobe init '{reference}' --print"));
    let config = directory.path().join("dbprobe.yaml");
    std::fs::write(&config, format!("targets: {{orders: 'fake://app:{PASSWORD}@denied'}}\n")).expect("a file");
    let path = config.display().to_string();
    let named = json("orders", &["--config", &path]);
    assert_eq!(named["next_command"], format!("dbprobe init orders --config {path} --print"), "{named:#}");
    assert_eq!(named["configuration"]["given_by"], "the configuration");
}

#[test]
fn a_password_that_has_to_be_filled_in_is_asked_for() {
    let says = |dsn: &str, options: &[&str]| diagnose(dsn, options).out.contains(": mind: put the password");
    let login = format!("fake://app:{PASSWORD}@replica");
    assert!(says(&login, &["--expect-role", "primary"]));
    assert!(!says("fake://replica", &["--expect-role", "primary"]), "there is none to fill in");
    assert!(!says(&format!("fake://app:{PASSWORD}@denied"), &[]), "what is printed needs no login");
    let picture = dbprobe_on(TERMINAL, &["diagnose", &login, "--expect-role", "primary"]).out;
    assert!(picture.contains("  mind:   put the password"), "{picture}");
}

#[test]
fn no_output_holds_the_password() {
    for place in ["orders", "denied", "refused", "password", "x!y", "panics", "hostile"] {
        let dsn = format!("fake://app:{PASSWORD}@{place}");
        for options in [["-v", "-o", "text"], ["-v", "-o", "json"]] {
            let ran = diagnose(&dsn, &options);
            assert!(!ran.out.contains(PASSWORD) && !ran.err.contains(PASSWORD), "{place} {options:?}");
        }
    }
}

#[test]
fn what_a_hostile_server_says_is_harmless() {
    assert!(HOSTILE.contains('\u{1b}'));
    let is_harmless = |text: &str| text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}'));
    for dsn in ["fake://hostile", "fake://hostile-version"] {
        for format in ["text", "json"] {
            let ran = diagnose(dsn, &["-v", "-o", format]);
            assert!(is_harmless(&ran.out), "{dsn} as {format}: {:?}", ran.out);
        }
        let picture = dbprobe_on(TERMINAL, &["diagnose", dsn, "-v", "-t", "2s"]).out;
        assert!(is_harmless(&picture), "{dsn}: {picture:?}");
    }
}

#[test]
fn a_mistake_in_the_dsn_is_pointed_at() {
    let ran = diagnose("fake://u:hunter2@x!y", &[]);
    assert!(ran.out.lines().any(|line| line == "fake:***:                   ^"), "{}", ran.out);
}
