//! Text for pipes and files: one line a fact, each with its target in front, as grep prints file names.
//!
//! ```text
//! db:5432/orders: degraded postgres 15.20 primary 7.312ms
//! db:5432/orders: tcp passed 0.090ms
//! db:5432/orders: write failed 2.100ms permission 42501: permission denied for table _health_check
//! db:5432/orders: advice: run `dbprobe init` as the table's owner
//! db:5432/orders: read passed 0.300ms
//! ```

use std::time::Duration;

use dbprobe::{Failure, Outcome, Phase, Report, Status, Step, milliseconds};

use super::facts::facts;
use crate::answer::Answer;
use crate::choice::Detail;
use crate::pointer::Pointer;
use crate::printable::printable;

/// Longer DSNs are cut round the place that is pointed at.
const WIDTH: usize = 200;

pub(super) fn render(answers: &[Answer], detail: Detail) -> String {
    answers.iter().flat_map(|answer| lines(answer, detail)).collect()
}

fn lines(answer: &Answer, detail: Detail) -> Vec<String> {
    let report = &answer.report;
    let name = printable(&report.target);
    if detail == Detail::Quiet {
        return quiet(report).map(|line| format!("{name}: {line}\n")).into_iter().collect();
    }
    let mut lines = vec![headline(report)];
    for step in &report.steps {
        lines.extend(step_lines(step, answer.pointer.as_ref(), detail));
    }
    if detail == Detail::Verbose || report.status() != Status::Up {
        lines.extend(report.attempts.iter().map(|attempt| {
            format!("attempt {} failed {} {}", attempt.endpoint, ms(attempt.duration), reason(&attempt.failure))
        }));
    }
    if detail == Detail::Verbose {
        lines.extend(facts(report).into_iter().map(|(fact, value)| format!("{fact} {value}")));
    }
    lines.into_iter().map(|line| format!("{name}: {}\n", printable(&line))).collect()
}

/// The one line of a target that is not up.
fn quiet(report: &Report) -> Option<String> {
    let status = report.status();
    let failure = report.failure().filter(|_| status != Status::Up)?;
    Some(format!("{status} {}", printable(&failure.to_string())))
}

fn headline(report: &Report) -> String {
    let version = report.inspection.version.as_deref();
    let role = report.role().map(|role| role.as_str());
    let total = (!report.duration.is_zero()).then(|| ms(report.duration));
    let words = [Some(report.status().as_str()), report.engine.as_deref(), version, role, total.as_deref()];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn step_lines(step: &Step, pointer: Option<&Pointer>, detail: Detail) -> Vec<String> {
    let took = step
        .duration
        .filter(|_| step.phase != Phase::Configure)
        .map(|duration| format!(" {}", ms(duration)))
        .unwrap_or_default();
    let start = format!("{} {}{took}", step.phase, step.outcome_word());
    match &step.outcome {
        Outcome::Passed => vec![format!("{start}{}", step.proof.map(|proof| format!(" {proof}")).unwrap_or_default())],
        Outcome::Skipped(why) => vec![format!("{start}: {why}")],
        Outcome::Failed(failure) => {
            let mut lines = vec![format!("{start} {}", reason(failure))];
            lines.extend(pointer.into_iter().flat_map(|pointer| pointer.lines(WIDTH)));
            lines.extend(failure.advice.as_ref().map(|advice| format!("advice: {advice}")));
            if detail == Detail::Verbose {
                lines.extend(causes(failure).into_iter().map(|cause| format!("cause: {cause}")));
            }
            lines
        }
    }
}

/// `CLASS [CODE]: MESSAGE`.
fn reason(failure: &Failure) -> String {
    let code = failure.code.as_ref().map(|code| format!(" {code}")).unwrap_or_default();
    format!("{}{code}: {}", failure.class, failure.message)
}

/// The chain of causes below a failure, without those that only repeat what was said.
pub(super) fn causes(failure: &Failure) -> Vec<String> {
    let mut said = failure.message.clone();
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.contains(&text) {
            said = text.clone();
            causes.push(text);
        }
        cause = error.source();
    }
    causes
}

/// Milliseconds with three digits: always the same unit, so that it can be sorted.
fn ms(duration: Duration) -> String {
    format!("{:.3}ms", milliseconds(duration))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{answer, degraded, down, hostile, is_harmless, unknown, up};
    use super::*;

    #[test]
    fn each_line_is_one_fact_of_one_target() {
        assert_eq!(
            render(&[answer(up("orders"))], Detail::Usual),
            "orders: up postgres 15.20 primary 7.312ms\n\
             orders: tcp passed 0.090ms\n\
             orders: auth passed 3.900ms\n\
             orders: ping passed 0.210ms\n\
             orders: write passed 2.100ms table\n\
             orders: read passed 0.300ms\n"
        );
        assert_eq!(
            render(&[answer(degraded("b"))], Detail::Usual),
            "b: degraded postgres 15.20 primary 7.312ms\n\
             b: tcp passed 0.090ms\n\
             b: auth passed 3.900ms\n\
             b: ping passed 0.210ms\n\
             b: write failed 2.100ms permission 42501: permission denied for table _health_check\n\
             b: advice: run `dbprobe init`\n\
             b: read skipped: not connected\n"
        );
    }

    #[test]
    fn a_target_that_was_never_asked_took_no_time() {
        assert_eq!(
            render(&[answer(unknown("argument 1"))], Detail::Usual),
            "argument 1: unknown\nargument 1: configure failed config: this is not a DSN\n"
        );
    }

    #[test]
    fn quiet_says_only_what_is_not_up_in_a_line_each() {
        let answers = [up("a"), down("b"), degraded("c"), unknown("d")].map(answer);
        assert_eq!(
            render(&answers, Detail::Quiet),
            "b: down tcp: nobody listens on the port\n\
             c: degraded write: permission denied for table _health_check (42501)\n\
             d: unknown configure: this is not a DSN\n"
        );
    }

    #[test]
    fn verbose_adds_facts_and_causes() {
        let mut report = degraded("b");
        report.address = Some("192.0.2.1:5432".to_owned());
        if let Outcome::Failed(failure) = &mut report.steps[3].outcome {
            *failure = failure.clone().caused_by(std::io::Error::other("what the driver said"));
        }
        let text = render(&[answer(report)], Detail::Verbose);
        for line in ["b: address 192.0.2.1:5432", "b: connections 4 of 97", "b: cause: what the driver said"] {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn a_hostile_text_adds_no_line() {
        let text = render(&[answer(hostile())], Detail::Verbose);
        assert!(is_harmless(&text), "{text:?}");
        assert!(text.lines().all(|line| line.starts_with("no\\u{1b}[2J")), "{text}");
    }
}
