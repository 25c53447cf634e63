//! What one report says, in lines for a terminal.

use anstyle::Style;
use dbprobe::{Failure, Phase, Report, Status};

use super::Context;
use super::facts::facts;
use super::plain::causes;
use super::span::span;
use super::waterfall::failure_colour;
use super::wrap::wrap;
use crate::answer::Answer;
use crate::choice::Detail;
use crate::console::{BAD, BOLD, FAINT, GOOD, ODD, Screen, WARNING};
use crate::pointer::Pointer;
use crate::printable::printable;

/// `● up`, padded to `width`.
pub(crate) fn word(status: Status, screen: Screen, width: usize) -> String {
    let text = format!("{} {status:<width$}", screen.glyph("●", "*"));
    screen.paint(colour(status).bold(), &text)
}

/// The engine and its version.
pub(super) fn product(report: &Report) -> String {
    let words = [report.engine.as_deref(), report.inspection.version.as_deref()];
    printable(&words.into_iter().flatten().collect::<Vec<_>>().join(" ")).into_owned()
}

/// The colour of a status.
pub(super) fn colour(status: Status) -> Style {
    match status {
        Status::Up => GOOD,
        Status::Degraded => WARNING,
        Status::Unknown => ODD,
        Status::Down => BAD,
    }
}

/// Whether anything was sent: a DSN that could not be read took no time.
pub(super) fn asked(report: &Report) -> bool {
    report.steps.iter().any(|step| step.phase != Phase::Configure)
}

/// What went wrong, and with `-v` everything else that is known.
pub(super) fn details(answer: &Answer, context: Context) -> Vec<String> {
    let (report, screen) = (&answer.report, context.screen);
    let verbose = context.detail == Detail::Verbose;
    let mut lines = Vec::new();
    for step in &report.steps {
        if let Some(failure) = step.failure().filter(|_| step.phase != Phase::Close || verbose) {
            lines.extend(explain(failure, answer.pointer.as_ref(), context));
        }
    }
    if verbose || report.status() != Status::Up {
        for attempt in &report.attempts {
            let text = format!("  before: {} after {}: {}", attempt.endpoint, span(attempt.duration), attempt.failure);
            lines.push(fit(&text, 4, screen));
        }
    }
    if verbose {
        let facts = facts(report);
        let widest = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let line = |(name, value): &(String, String)| {
            let name = screen.paint(FAINT, &format!("{name:<widest$}"));
            format!("  {name}  {value}")
        };
        if !facts.is_empty() && !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(facts.iter().map(line));
    }
    lines
}

/// The failure in its colour, the place in the DSN, the advice, and with `-v` the causes.
fn explain(failure: &Failure, pointer: Option<&Pointer>, context: Context) -> Vec<String> {
    let (screen, colour) = (context.screen, failure_colour(failure));
    let mut lines: Vec<String> =
        fit(&format!("  {failure}"), 4, screen).lines().map(|line| screen.paint(colour, line)).collect();
    if let Some(pointer) = pointer {
        let [dsn, carets] = pointer.lines(screen.width.unwrap_or_default().saturating_sub(4));
        lines.extend([format!("    {dsn}"), format!("    {}", screen.paint(colour, &carets))]);
    }
    if let Some(advice) = &failure.advice {
        lines.push(fit(&format!("    advice: {advice}"), 12, screen).replacen(
            "advice:",
            &screen.paint(BOLD, "advice:"),
            1,
        ));
    }
    if context.detail == Detail::Verbose {
        lines.extend(causes(failure).iter().map(|cause| fit(&format!("    cause: {cause}"), 11, screen)));
    }
    lines
}

fn fit(text: &str, indent: usize, screen: Screen) -> String {
    wrap(&printable(text), screen.width.unwrap_or(usize::MAX).max(40), indent)
}
