//! What a run of `dbprobe check --output json` has to say.

use dbprobe_testkit::binary::{Finished, dbprobe, run};
use serde_json::Value;

/// Status, exit code, and of the failure phase, class, code and whether it is permanent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict<'a> {
    pub(crate) status: &'a str,
    pub(crate) exit: i32,
    pub(crate) failure: Option<(&'a str, &'a str, Option<&'a str>, bool)>,
}

pub(crate) const UP: Verdict<'static> = Verdict { status: "up", exit: 0, failure: None };

/// A verdict whose exit code follows from its status, as the contract has it.
pub(crate) fn failed<'a>(status: &'a str, phase: &'a str, class: &'a str, code: Option<&'a str>) -> Verdict<'a> {
    let exit = match status {
        "degraded" => 1,
        "down" => 2,
        _ => 3,
    };
    let permanent = matches!(class, "auth" | "not_found" | "certificate" | "config" | "unsupported" | "permission");
    Verdict { status, exit, failure: Some((phase, class, code, permanent)) }
}

/// Runs `dbprobe check DSN --output json` with more arguments.
pub(crate) fn check(dsn: &str, arguments: &[&str]) -> Finished {
    run(dbprobe().args(["check", "--output", "json", dsn]).args(arguments))
}

/// Runs a check and compares what it says.
#[track_caller]
pub(crate) fn expect(dsn: &str, arguments: &[&str], expected: &Verdict<'_>) -> Value {
    let finished = check(dsn, arguments);
    let report = finished.json();
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let failure = report.get("failure").map(|failure| {
        let code = text(failure, "code");
        (text(failure, "phase"), text(failure, "class"), code, failure["permanent"].as_bool())
    });
    let wanted = expected.failure.map(|(phase, class, code, permanent)| {
        (Some(phase.to_owned()), Some(class.to_owned()), code.map(str::to_owned), Some(permanent))
    });
    assert_eq!(
        (report["status"].as_str(), finished.code, failure),
        (Some(expected.status), Some(expected.exit), wanted),
        "{report:#}\n{}",
        finished.stderr
    );
    report
}

/// The outcome of one phase.
pub(crate) fn outcome(report: &Value, phase: &str) -> Option<String> {
    let step = report["steps"].as_array()?.iter().find(|step| step["phase"] == phase)?;
    let reason = step["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(format!("{}{reason}", step["outcome"].as_str()?))
}
