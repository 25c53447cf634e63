//! `dbprobe config`, and targets by their names.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

mod fake;

use std::path::Path;

use fake::{PASSWORD, Ran, dbprobe};
use serde_json::Value;

/// A configuration that is gone with the test.
struct File {
    directory: tempfile::TempDir,
}

impl File {
    fn new(text: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("dbprobe.yaml"), text).expect("a file");
        Self { directory }
    }

    fn path(&self) -> String {
        self.directory.path().join("dbprobe.yaml").display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        dbprobe(&[&["-c", &self.path()], arguments].concat())
    }

    fn shown(&self, text: &str) -> String {
        text.replace(&format!("{}", Path::new(&self.path()).display()), "dbprobe.yaml")
    }
}

const GOOD: &str = "\
defaults: {retries: 0, role: primary}
targets:
  orders: {dsn: 'fake://u:hunter2@orders', thresholds: {ping: 1m}}
  standby: fake://replica
  far: {dsn: fake://hangs, timeout: 50ms}
";

#[test]
fn a_good_configuration_is_summed_up() {
    let file = File::new(GOOD);
    let ran = file.run(&["config", "check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(file.shown(&ran.out), "dbprobe.yaml: ok: 3 targets, 0 modules\n");
}

#[test]
fn every_mistake_is_said_with_its_place() {
    let file =
        File::new("targets:\n  a: {dsn: 'fake://u:hunter2@x!y', intervall: 5s}\n  b: {dsn: fake://b, interval: 5}\n");
    let ran = file.run(&["config", "check"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    let lines: Vec<String> = file.shown(&ran.err).lines().map(str::to_owned).collect();
    let expected = [
        "dbprobe.yaml:2:31: `dsn`: unknown parameter, did you mean `mode`?",
        "  advice: leave it out",
        "dbprobe.yaml:2:36: unknown key `intervall`, did you mean `interval`?",
        "  intervall",
        "  ^^^^^^^^^",
    ];
    assert_eq!(lines[..5], expected);
    assert_eq!(
        lines[6..],
        [
            "dbprobe.yaml:3:33: `interval`: a unit is missing",
            "  5",
            "  ^",
            "  advice: write for example 500ms, 5s, 1m30s or 30d",
        ]
    );
}

#[test]
fn a_reference_that_leads_nowhere_is_a_mistake_to_the_check_only() {
    let file = File::new("targets: {a: '@env:DBPROBE_TEST_NOT_SET', b: fake://b}");
    let ran = file.run(&["config", "check"]);
    assert_eq!(ran.code, 3);
    assert_eq!(
        file.shown(&ran.err),
        "dbprobe.yaml:1:14: target `a`: @env:DBPROBE_TEST_NOT_SET is not set\n  \
         advice: set the variable in the environment that dbprobe is started in\n"
    );
    assert_eq!(file.run(&["check", "b"]).code, 0);
    assert_eq!(file.run(&["config", "print"]).code, 0);
}

#[test]
fn what_is_in_force_is_printed_without_secrets() {
    let file = File::new(GOOD);
    let text = file.run(&["config", "print"]);
    assert_eq!((text.code, text.err.as_str()), (0, ""));
    assert!(text.out.contains("dsn: 'fake://u:***@orders'") && text.out.contains("interval: '15s'"), "{}", text.out);
    let json: Value = serde_json::from_str(&file.run(&["config", "print", "-o", "json"]).out).expect("JSON");
    assert_eq!(json["targets"]["orders"]["thresholds"]["ping"], "1m");
    assert!(!text.out.contains(PASSWORD) && !json.to_string().contains(PASSWORD));
}

#[test]
fn a_target_is_checked_by_its_name_as_the_configuration_says() {
    let file = File::new(GOOD);
    let report = |arguments: &[&str]| -> Value {
        let ran = file.run(&[&["check", "-o", "json"], arguments].concat());
        serde_json::from_str(&ran.out).expect("JSON")
    };
    let orders = report(&["orders"]);
    assert_eq!((&orders["target"], &orders["status"]), (&Value::from("orders"), &Value::from("up")));
    let standby = report(&["standby"]);
    assert_eq!(standby["failure"]["class"], "role_mismatch");
    assert_eq!(report(&["standby", "--expect-role", "replica"])["status"], "up", "options win");
    assert_eq!(report(&["far"])["failure"]["class"], "timeout");
    let mixed = report(&["orders", "fake://db"]);
    assert_eq!((&mixed[0]["target"], &mixed[1]["target"]), (&Value::from("orders"), &Value::from("db:1")));
    let nagios = file.run(&["check", "orders", "-o", "nagios"]).out;
    assert!(nagios.contains("s;60;;0 write="), "the target's own thresholds: {nagios}");
}

#[test]
fn a_name_that_nobody_knows_is_not_repeated() {
    let file = File::new(GOOD);
    let ran = file.run(&["check", "order"]);
    assert_eq!(ran.code, 3);
    assert!(
        file.shown(&ran.out).contains("dbprobe.yaml has no target of this name, did you mean `orders`?"),
        "{}",
        ran.out
    );
    let ran = file.run(&["check", PASSWORD]);
    assert!(ran.code == 3 && !ran.out.contains(PASSWORD) && !ran.err.contains(PASSWORD), "{ran:?}");
    let ran = dbprobe(&["check", "orders"]);
    assert!(ran.code == 3 && ran.out.contains("give its configuration with `--config FILE`"), "{ran:?}");
}

#[test]
fn a_configuration_that_is_not_there_is_said() {
    let ran = dbprobe(&["-c", "/does/not/exist.yaml", "config", "check"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert_eq!(ran.err, "/does/not/exist.yaml: there is no such file\n  advice: name it with `--config`\n");
    let ran = dbprobe(&["config", "check"]);
    assert_eq!((ran.code, ran.err.contains("there is no dbprobe.yaml here")), (3, true), "{ran:?}");
    for arguments in [vec!["config"], vec!["config", "chek"], vec!["config", "print", "-o", "junit"]] {
        let ran = dbprobe(&arguments);
        assert!(ran.code == 3 && ran.out.is_empty() && !ran.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_mistake_in_the_web_configuration_is_a_mistake_too() {
    let file = File::new(&format!("web_config: web.yml\n{GOOD}"));
    std::fs::write(file.directory.path().join("web.yml"), "basic_auth_user: {a: b}\n").expect("a file");
    let ran = file.run(&["config", "check"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("web.yml:1:1: ") && ran.err.contains("basic_auth_user"), "{}", ran.err);
    std::fs::write(file.directory.path().join("web.yml"), "http_server_config: {http2: false}\n").expect("a file");
    assert_eq!(file.run(&["config", "check"]).code, 0);
}
