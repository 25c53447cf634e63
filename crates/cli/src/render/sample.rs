//! Reports with known figures, for the tests of the renderers.

use std::time::Duration;

use dbprobe::{Class, ExpectedRole, Failure, Outcome, Phase, Report, Role, Status, Step, Thresholds, WriteProof};

use crate::answer::Answer;
use crate::printable::is_hostile;

/// What a malicious server may say.
pub(super) const HOSTILE: &str = "no\u{1b}[2J\u{9b}31m | entry\nfor \"<x>\" & 'y'=\\ \u{202e}; end]]>\u{0}";

/// Whether any character of `text` could act on a terminal.
pub(super) fn is_harmless(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !is_hostile(c))
}

pub(super) fn answer(report: Report) -> Answer {
    Answer { report, pointer: None, expected: ExpectedRole::Any, thresholds: Thresholds::default() }
}

/// A report of 7.312 ms; the step at `failing` fails with `failure`, and those behind it are skipped.
pub(super) fn report(target: &str, failing: Option<(Phase, Failure)>) -> Report {
    let mut report = Report::unasked(target, Some("postgres"), Failure::new(Class::Internal, "replaced below"));
    report.duration = Duration::from_micros(7_312);
    report.checked_at = "2026-11-21T07:00:00.123Z".parse().unwrap_or_default();
    report.inspection.version = Some("15.20".to_owned());
    report.inspection.role = Some(Role::Primary);
    report.inspection.connections = Some(4);
    report.inspection.connections_max = Some(97);
    let times =
        [(Phase::Tcp, 0, 90), (Phase::Auth, 100, 3_900), (Phase::Ping, 4_000, 210), (Phase::Write, 4_210, 2_100)];
    report.steps = times
        .into_iter()
        .chain([(Phase::Read, 6_310, 300)])
        .map(|(phase, start, took)| match &failing {
            Some((at, _)) if phase > *at => Step::skipped(phase, "not connected"),
            failing => Step {
                phase,
                outcome: match failing {
                    Some((at, failure)) if *at == phase => Outcome::Failed(failure.clone().in_phase(phase)),
                    _ => Outcome::Passed,
                },
                start: Some(Duration::from_micros(start)),
                duration: Some(Duration::from_micros(took)),
                proof: (phase == Phase::Write && failing.is_none()).then_some(WriteProof::Table),
            },
        })
        .collect();
    report
}

pub(super) fn up(target: &str) -> Report {
    let report = report(target, None);
    assert_eq!(report.status(), Status::Up);
    report
}

pub(super) fn degraded(target: &str) -> Report {
    let failure = Failure::new(Class::Permission, "permission denied for table _health_check").code("42501");
    let report = report(target, Some((Phase::Write, failure.advise("run `dbprobe init`"))));
    assert_eq!(report.status(), Status::Degraded);
    report
}

pub(super) fn down(target: &str) -> Report {
    let failure = Failure::new(Class::Refused, "nobody listens on the port").advise("start the server");
    let report = report(target, Some((Phase::Tcp, failure)));
    assert_eq!(report.status(), Status::Down);
    report
}

pub(super) fn unknown(target: &str) -> Report {
    Report::unasked(target, None, Failure::new(Class::Config, "this is not a DSN"))
}

pub(super) fn hostile() -> Report {
    let failure = Failure::new(Class::Auth, HOSTILE).code(HOSTILE).advise(HOSTILE);
    let mut report = report(HOSTILE, Some((Phase::Auth, failure)));
    report.inspection.version = Some(HOSTILE.to_owned());
    report.inspection.facts.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
    report.address = Some(HOSTILE.to_owned());
    report
}
