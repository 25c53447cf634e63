//! The phases of a probe as bars on one time axis.

use std::time::Duration;

use anstyle::Style;
use dbprobe::{Failure, Outcome, Phase, Report, Step};

use super::span::span;
use super::wrap::wrap;
use crate::console::{BAD, CONNECTING, FAINT, GOOD, Screen, WARNING};
use crate::printable::printable;

/// Columns beside the bars: margin, the longest phase, the time, and the gaps between them.
const BESIDE: usize = 2 + 9 + 2 + 2 + 8;
/// Columns kept for a word behind the time.
const NOTE: usize = 13;
/// Longer bars are no easier to compare.
const LONGEST: usize = 72;

/// One line a step: name, bar, time and what there is to say. Steps that were left out for one reason share a line.
pub(super) fn waterfall(report: &Report, screen: Screen) -> Vec<String> {
    let columns = screen.width.unwrap_or_default().saturating_sub(BESIDE + NOTE).clamp(8, LONGEST);
    let ends = report.steps.iter().filter_map(|step| Some(step.start? + step.duration?));
    let total = ends.max().unwrap_or_default().max(Duration::from_micros(1));
    let runs = report.steps.chunk_by(|one, next| reason(one).is_some() && reason(one) == reason(next));
    runs.map(|run| match run {
        [step, ..] if reason(step).is_some() => skipped(run, screen),
        run => run.iter().map(|step| line(step, columns, total, screen)).collect(),
    })
    .collect()
}

/// Why a step was not even begun. One that was begun and turned out to be needless has taken time and has a bar.
fn reason(step: &Step) -> Option<&str> {
    match &step.outcome {
        Outcome::Skipped(reason) if step.duration.is_none() => Some(reason),
        _ => None,
    }
}

fn skipped(run: &[Step], screen: Screen) -> String {
    let phases = run.iter().map(|step| step.phase.as_str()).collect::<Vec<_>>().join(", ");
    let reason = run.first().and_then(reason).unwrap_or_default();
    let reason = printable(reason);
    let text = match run {
        // A single one stands in the columns of its neighbours.
        [_] => format!("  {phases:<9}  skipped: {reason}"),
        _ => wrap(&format!("  {phases} skipped: {reason}"), screen.width.unwrap_or(usize::MAX), 4),
    };
    text.lines().map(|line| screen.paint(FAINT, line)).collect::<Vec<_>>().join("\n")
}

fn line(step: &Step, columns: usize, total: Duration, screen: Screen) -> String {
    let name = format!("  {:<9}", step.phase.as_str());
    let colour = colour(step);
    let name = if step.failure().is_some() { screen.paint(colour, &name) } else { name };
    let (offset, bar) = match (step.start, step.duration) {
        (Some(start), Some(duration)) => bar(start, duration, total, columns, screen),
        _ => (0, String::new()),
    };
    let gap = " ".repeat(columns.saturating_sub(offset + bar.chars().count()));
    let time = step.duration.map(span).unwrap_or_default();
    let note = note(step, screen);
    let note = if note.is_empty() { note } else { format!("  {note}") };
    let line = format!("{name}  {}{}{gap}  {time:>8}{note}", " ".repeat(offset), screen.paint(colour, &bar));
    match &step.outcome {
        Outcome::Skipped(reason) => {
            format!("{line}\n{}", screen.paint(FAINT, &format!("{:13}skipped: {}", "", printable(reason))))
        }
        Outcome::Passed | Outcome::Failed(_) => line,
    }
}

/// Where the bar begins and what it looks like: to an eighth of a column, and never nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "shares of at most LONGEST columns"
)]
fn bar(start: Duration, duration: Duration, total: Duration, columns: usize, screen: Screen) -> (usize, String) {
    let share = |time: Duration| (time.as_secs_f64() / total.as_secs_f64()).clamp(0.0, 1.0) * columns as f64;
    let offset = (share(start) as usize).min(columns - 1);
    let eighths = ((share(duration) * 8.0).round() as usize).clamp(1, (columns - offset) * 8);
    if screen.ascii {
        return (offset, "#".repeat(eighths.div_ceil(8)));
    }
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    (offset, format!("{}{rest}", "█".repeat(eighths / 8)))
}

fn colour(step: &Step) -> Style {
    match step.failure() {
        Some(failure) => failure_colour(failure),
        None if !step.passed() => FAINT,
        None if step.phase < Phase::Ping => CONNECTING,
        None => GOOD,
    }
}

/// Yellow for what works but not as wished, red for the rest.
pub(super) fn failure_colour(failure: &Failure) -> Style {
    if failure.class.is_expectation() { WARNING } else { BAD }
}

fn note(step: &Step, screen: Screen) -> String {
    match (step.failure(), step.proof) {
        (Some(failure), _) => screen.paint(failure_colour(failure), failure.class.as_str()),
        (None, Some(proof)) => screen.paint(FAINT, proof.as_str()),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Screen = Screen { width: Some(80), colour: false, ascii: false };

    fn drawn(start: u64, duration: u64, total: u64, columns: usize) -> (usize, String) {
        let [start, duration, total] = [start, duration, total].map(Duration::from_millis);
        bar(start, duration, total, columns, PLAIN)
    }

    #[test]
    fn bars_are_to_scale_and_begin_where_the_step_began() {
        assert_eq!(drawn(0, 10, 10, 8), (0, "████████".to_owned()));
        assert_eq!(drawn(5, 5, 10, 8), (4, "████".to_owned()));
        assert_eq!(drawn(2, 1, 16, 8), (1, "▌".to_owned()));
    }

    #[test]
    fn a_bar_is_never_nothing_and_never_beyond_the_edge() {
        assert_eq!(drawn(10, 0, 10, 8), (7, "▏".to_owned()));
        assert_eq!(drawn(9, 100, 10, 8), (7, "█".to_owned()));
    }
}
