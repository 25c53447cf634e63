//! `dbprobe perf`: exit codes, outputs and baselines, on SQLite and with an engine that behaves as its DSN says.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test may fail as the test itself does")]

mod fake;

use std::path::PathBuf;
use std::process::{Command, Output};

use dbprobe_cli::Screen;
use fake::{dbprobe, dbprobe_on};
use serde_json::Value;
use tempfile::TempDir;

/// A directory with a database, in which the binary runs.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn perf(&self, options: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dbprobe"));
        command.current_dir(self.directory.path()).args(["perf", "file:x.db?mode=rwc", "--warmup", "2", "-n", "20"]);
        command.args(options).output().expect("the binary runs")
    }

    fn json(&self, options: &[&str]) -> (Option<i32>, Value) {
        let ran = self.perf(&[&["-o", "json"], options].concat());
        let json = serde_json::from_slice(&ran.stdout);
        (ran.status.code(), json.unwrap_or_else(|error| panic!("{error}: {ran:?}")))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn operations_are_measured_apart_and_absent_percentiles_are_explained() {
    let place = Place::new();
    let (code, json) = place.json(&["--query", "answer=SELECT 42", "--query", "SELECT 1 = 1"]);
    assert_eq!((code, &json["schema"]), (Some(0), &"dbprobe.perf/v1".into()));
    let queries = &json["query_performance"];
    for measured in [&queries["write"], &queries["read"], &queries["answer"], &queries["query_2"]] {
        assert_eq!((&measured["n"], &measured["errors"]), (&20.into(), &0.into()), "{json:#}");
        assert!(measured["p95_ms"].is_f64() && measured.get("p99_ms").is_none(), "{measured:#}");
    }
    assert_eq!(json["connection_metrics"]["connect"]["n"], 20);
    assert_eq!(json["overall_assessment"]["rated_by"], serde_json::json!(["answer", "query_2"]));
    assert!(json["overall_assessment"]["overhead_us"].as_f64().is_some_and(|overhead| overhead > 0.0));
    let notes = json["notes"].as_array().expect("notes");
    assert!(notes.contains(&"answer: 20 samples are too few for p99 (100)".into()), "{notes:?}");
    let (code, json) = place.json(&["--no-write"]);
    assert_eq!((code, json["query_performance"].get("write")), (Some(0), None));
}

#[test]
fn a_query_that_writes_is_refused_unless_it_is_allowed() {
    let place = Place::new();
    let create = ["--query", "create=CREATE TABLE IF NOT EXISTS t (a)"];
    let (code, json) = place.json(&create);
    assert_eq!((code, &json["query_performance"]["create"]["failure"]["class"]), (Some(1), &"read_only".into()));
    assert_eq!(json["query_performance"]["create"]["errors"], 1);
    let (code, json) = place.json(&[&create[..], &["--allow-writes"]].concat());
    assert_eq!((code, &json["query_performance"]["create"]["n"]), (Some(0), &20.into()));
    std::fs::write(place.path("count.sql"), "SELECT count(*) FROM t;\n").expect("a file");
    let (code, json) = place.json(&["--query", "count=@file:count.sql", "--max-rows", "1"]);
    assert_eq!((code, &json["query_performance"]["count"]["rows"]), (Some(0), &1.into()));
}

#[test]
fn exit_codes_tell_no_answer_from_a_usage_error() {
    let perf = |words: &[&str]| dbprobe(&[&["perf"], words].concat());
    assert_eq!(perf(&["fake://u:hunter2@refused"]).code, 2);
    assert_eq!(perf(&["fake://password"]).code, 2);
    assert_eq!(perf(&["fake://x!y"]).code, 3);
    assert_eq!(perf(&["nobody"]).code, 3);
    assert_eq!(perf(&["fake://orders", "-n", "2"]).code, 0);
    assert_eq!(perf(&["fake://denied", "-n", "2"]).code, 1, "the write was asked for");
    assert_eq!(perf(&["fake://denied", "-n", "2", "--no-write"]).code, 0);
    // Four connections of 97 are open.
    let crowd = perf(&["fake://orders", "-n", "2", "--concurrency", "47"]);
    assert!(crowd.code == 3 && crowd.out.contains("at most 46"), "{crowd:?}");
    for words in [["--query", "ping=SELECT 1"], ["--query", "a=@file:missing"], ["--rating", "hunter2"]] {
        let ran = perf(&[&["fake://orders"], &words[..]].concat());
        assert!(ran.code == 3 && ran.out.is_empty() && !ran.err.contains("hunter2"), "{words:?}: {ran:?}");
    }
}

#[test]
fn a_baseline_is_saved_compared_with_and_kept_from_harm() {
    let place = Place::new();
    assert_eq!(place.perf(&["--save", "base.json"]).status.code(), Some(0));
    let saved = std::fs::read_to_string(place.path("base.json")).expect("it is there");
    let base: Value = serde_json::from_str(&saved).expect("JSON");
    let change = |factor: f64| {
        let mut base = base.clone();
        for name in ["connect", "ping"] {
            scale(&mut base["connection_metrics"][name], factor);
        }
        for name in ["write", "read"] {
            scale(&mut base["query_performance"][name], factor);
        }
        std::fs::write(place.path("made.json"), base.to_string()).expect("a file");
    };
    change(1000.0);
    let (code, json) = place.json(&["--baseline", "made.json"]);
    assert_eq!((code, &json["comparison"]["regression"]), (Some(0), &false.into()), "{json:#}");
    // Connecting and a write take more than the 0.2 ms of noise in any case only where the limit is below: 0 ms before.
    change(0.0);
    let slow =
        "slow=WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000) SELECT max(x) FROM c";
    let mut made: Value =
        serde_json::from_str(&std::fs::read_to_string(place.path("made.json")).expect("text")).expect("JSON");
    made["query_performance"]["slow"] = serde_json::json!({"n": 20, "p50_ms": 0.001, "p90_ms": 0.001, "p95_ms": 0.001});
    made["server_version"] = "1.0".into();
    std::fs::write(place.path("made.json"), made.to_string()).expect("a file");
    let (code, json) = place.json(&["--query", slow, "--baseline", "made.json", "--save", "made.json"]);
    assert_eq!((code, &json["comparison"]["regression"]), (Some(1), &true.into()), "{json:#}");
    assert!(json["comparison"]["warnings"][0].as_str().is_some_and(|it| it.contains("another server version: 1.0")));
    let kept = std::fs::read_to_string(place.path("made.json")).expect("text");
    assert_eq!(kept, made.to_string(), "a regression is not saved over what it was compared with");
}

fn scale(measurement: &mut Value, factor: f64) {
    for name in ["p50_ms", "p90_ms", "p95_ms"] {
        let time = measurement[name].as_f64().expect("a time");
        measurement[name] = (time * factor).into();
    }
}

#[test]
fn nothing_else_is_read_as_a_baseline_or_replaced() {
    let place = Place::new();
    for (content, why) in [
        ("{}", "no `schema`"),
        ("precious", "not JSON"),
        (r#"{"schema":"dbprobe.report/v1"}"#, "its schema is not dbprobe.perf/v1"),
    ] {
        std::fs::write(place.path("notes.txt"), content).expect("a file");
        let ran = place.perf(&["--baseline", "notes.txt"]);
        let error = text(&ran.stderr);
        assert!(ran.status.code() == Some(3) && error.contains("notes.txt") && error.contains(why), "{error}");
        let ran = place.perf(&["--save", "notes.txt"]);
        let error = text(&ran.stderr);
        assert!(ran.status.code() == Some(3) && error.contains("notes.txt: it is not replaced"), "{error}");
        assert_eq!(std::fs::read_to_string(place.path("notes.txt")).expect("text"), content);
    }
    assert!(!place.path("x.db").exists(), "the database was not asked");
    assert_eq!(place.perf(&["--save", "missing/base.json"]).status.code(), Some(3));
    assert_eq!(place.perf(&["--save", "."]).status.code(), Some(3));
    let left: Vec<_> =
        std::fs::read_dir(place.directory.path()).expect("it").flatten().map(|it| it.file_name()).collect();
    assert_eq!(left, ["notes.txt"], "no temporary file is left");
}

#[test]
fn a_terminal_shows_a_table_with_histograms() {
    let screen = Screen { width: Some(80), colour: false, ascii: true };
    let ran = dbprobe_on(screen, &["perf", "fake://orders", "--warmup", "0", "-n", "200"]);
    assert!(ran.out.starts_with("* excellent  orders:1  fake 15.20"), "{}", ran.out);
    let row = ran.out.lines().find(|line| line.starts_with("  ping")).unwrap_or_default();
    assert!(row.contains("     200      0") && row.contains('@'), "{}", ran.out);
    assert!(ran.out.contains("  overhead: "), "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80 && line.is_ascii()), "{}", ran.out);
}

#[test]
fn a_narrow_terminal_wraps_what_is_text_and_quiet_says_nothing_of_what_is_in_order() {
    let screen = Screen { width: Some(40), colour: false, ascii: true };
    let ran = dbprobe_on(screen, &["perf", "fake://orders", "--warmup", "0", "-n", "5"]);
    let text = ran.out.lines().skip_while(|line| !line.trim_start().starts_with("pool: "));
    let lines: Vec<&str> = text.collect();
    assert!(lines.iter().any(|line| line.contains("note: ping")), "{}", ran.out);
    assert!(lines.iter().all(|line| line.chars().count() <= 40), "{}", ran.out);
    let quiet = |options: &[&str]| dbprobe_on(Screen::PLAIN, &[&["perf", "-q", "-n", "2"][..], options].concat());
    let (good, json, bad) =
        (quiet(&["fake://orders"]), quiet(&["fake://orders", "-o", "json"]), quiet(&["fake://refused"]));
    assert_eq!((good.code, good.out.as_str()), (0, ""));
    assert!(json.out.starts_with('{') && bad.code == 2 && bad.out.contains("nobody listens"), "{}", bad.out);
}
