//! `dbprobe dsn`, `engines` and `init`.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

mod fake;

use fake::{Ran, dbprobe};
use serde_json::{Value, json};

fn parse(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).expect("JSON")
}

#[test]
fn a_dsn_is_explained_without_its_password() {
    let ran = dbprobe(&["dsn", "fake://u:hunter2@orders", "-o", "json"]);
    let reading = parse(&ran);
    assert_eq!(ran.code, 0);
    assert_eq!(
        reading,
        json!({"engine": "fake", "host": "orders", "hosts": [{"host": "orders", "port": 1}], "port": 1, "user": "u",
               "password": true, "parameters": {}, "redacted": "fake://u:***@orders"})
    );
    let text = dbprobe(&["dsn", "fake://u:hunter2@orders"]);
    assert!(text.out.lines().any(|line| line == "password  yes, not shown"), "{}", text.out);
}

#[test]
fn a_bad_dsn_is_pointed_at_on_standard_error_or_in_json() {
    let text = dbprobe(&["dsn", "fake://u:hunter2@x!y"]);
    assert_eq!((text.code, text.out.as_str()), (3, ""));
    assert_eq!(
        text.err,
        "configure: unknown parameter at column 19, did you mean `mode`?\n  fake://·············\n                    ^\n  advice: leave it out\n"
    );
    let error = dbprobe(&["dsn", "fake://u:hunter2@x!y", "-o", "json"]);
    assert_eq!((error.code, error.err.as_str()), (3, ""));
    assert_eq!(
        parse(&error),
        json!({"error": {"class": "config", "message": "unknown parameter at column 19, did you mean `mode`?",
                         "advice": "leave it out", "column": 19, "length": 1}})
    );
}

#[test]
fn engines_are_listed_and_absent_ones_name_their_feature() {
    let text = dbprobe(&["engines"]);
    assert_eq!(
        text.out,
        "fake    fake    query, role\noracle  oracle  not in this build: needs the feature `oracle`\n"
    );
    assert_eq!(
        parse(&dbprobe(&["engines", "-o", "json"])),
        json!({"engines": [{"name": "fake", "schemes": ["fake"], "capabilities": ["query", "role"]}],
               "absent": [{"feature": "oracle", "schemes": ["oracle"]}]})
    );
}

#[test]
fn init_prints_a_script_and_sends_nothing() {
    let ran = dbprobe(&["init", "fake://refused", "--print", "--role", "watcher"]);
    assert_eq!(ran.code, 0, "the server would refuse");
    assert_eq!(
        ran.out,
        "-- the health table\nCREATE TABLE _health_check (prober text);\n\n-- the role\nCREATE ROLE watcher;\n\n-- by hand: set its password\n"
    );
    let bare = dbprobe(&["init", "fake://refused", "--print", "--no-role", "-o", "json"]);
    let statements = json!([{"purpose": "the health table", "sql": "CREATE TABLE _health_check (prober text)"}]);
    assert_eq!(parse(&bare), json!({"statements": statements, "by_hand": []}));
}

#[test]
fn init_carries_out_and_fails_like_a_check() {
    for (dsn, code, status, phase) in [
        ("fake://orders", 0, "up", Value::Null),
        ("fake://denied", 1, "degraded", json!("write")),
        ("fake://stuck", 1, "degraded", json!("write")),
        ("fake://refused", 2, "down", json!("tcp")),
        ("fake://hangs", 2, "down", json!("tcp")),
        ("fake://panics", 2, "down", json!("auth")),
        ("fake://x!y", 3, "unknown", json!("configure")),
    ] {
        let ran = dbprobe(&["init", dsn, "-o", "json", "-t", "100ms"]);
        let done = parse(&ran);
        assert_eq!((ran.code, done["status"].as_str()), (code, Some(status)), "{dsn}: {done}");
        assert_eq!(done["failure"]["phase"], phase, "{dsn}: {done}");
        assert_eq!(dbprobe(&["init", dsn, "-t", "100ms"]).code, code, "{dsn}");
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = dbprobe(&["completions", shell]);
        assert!(ran.code == 0 && ran.out.contains("warn-latency") && ran.out.contains("engines"), "{shell}");
    }
    let page = dbprobe(&["man"]);
    assert!(page.code == 0 && page.out.contains(".TH dbprobe 1") && page.out.contains("check"), "{}", page.out);
    let check = dbprobe(&["man", "check"]);
    assert!(check.out.contains(".TH dbprobe-check 1") && check.out.contains("warn\\-latency"), "{}", check.out);
    assert_eq!((dbprobe(&["man", "nothing"]).code, dbprobe(&["completions", "cmd"]).code), (3, 3));
}
