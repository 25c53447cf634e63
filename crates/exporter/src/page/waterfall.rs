//! The phases of one probe on one time axis.

use std::time::Duration;

use dbprobe_core::{Outcome, Report, Step};
use maud::{Markup, html};

use super::chart::number;
use super::quantity::span;

/// The width of the time axis.
const WIDTH: f64 = 1000.0;
/// A bar is never nothing.
const LEAST: f64 = 3.0;

/// A table with a row for each phase: its bar to scale, its time, and how it ended.
pub(super) fn waterfall(report: &Report) -> Markup {
    let ends = report.steps.iter().filter_map(|step| Some(step.start? + step.duration?));
    let total = ends.max().unwrap_or_default().max(Duration::from_micros(1));
    html! {
        table.waterfall {
            caption.hidden { "Phases of the last probe" }
            thead.hidden { tr { th scope="col" { "Phase" } th scope="col" { "When" } th scope="col" { "Time" } } }
            tbody {
                @for run in report.steps.chunk_by(|one, next| reason(one).is_some() && reason(one) == reason(next)) {
                    @match run {
                        [first, _, ..] => (skipped(run, reason(first).unwrap_or_default())),
                        run => @for step in run { (row(step, total)) },
                    }
                }
            }
        }
    }
}

/// Why a step was not even begun. One that was begun and turned out to be needless has taken time and has a bar.
fn reason(step: &Step) -> Option<&str> {
    match &step.outcome {
        Outcome::Skipped(reason) if step.duration.is_none() => Some(reason),
        _ => None,
    }
}

/// Steps that were left out for one reason share a row.
fn skipped(run: &[Step], reason: &str) -> Markup {
    let phases: Vec<&str> = run.iter().map(|step| step.phase.as_str()).collect();
    html! {
        tr.skipped {
            th scope="row" colspan="3" { (phases.join(", ")) span.note { " skipped: " (reason.replace('_', " ")) } }
        }
    }
}

fn row(step: &Step, total: Duration) -> Markup {
    html! {
        tr.(class(step)) {
            th scope="row" { (step.phase.as_str()) }
            td.axis {
                @if let (Some(start), Some(duration)) = (step.start, step.duration) {
                    (bar(start, duration, total))
                }
                (note(step))
            }
            td.number { @if let Some(duration) = step.duration { (span(duration)) } }
        }
    }
}

fn bar(start: Duration, duration: Duration, total: Duration) -> Markup {
    let share = |time: Duration| time.as_secs_f64() / total.as_secs_f64() * WIDTH;
    let width = share(duration).clamp(LEAST, WIDTH);
    let left = share(start).clamp(0.0, WIDTH - width);
    html! {
        svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            rect.track x="0" y="0" width="1000" height="10" {}
            rect.took x=(number(left)) y="0" width=(number(width)) height="10" {
                title { "from " (span(start)) " to " (span(start + duration)) }
            }
        }
    }
}

fn note(step: &Step) -> Markup {
    html! {
        @match (&step.outcome, step.proof) {
            (Outcome::Failed(failure), _) => p.note { strong { (failure.class.as_str()) } ": " (failure.message) },
            (Outcome::Skipped(reason), _) => p.note { "skipped: " (reason.replace('_', " ")) },
            (Outcome::Passed, Some(proof)) => p.note { "proven by " (proof.as_str()) },
            (Outcome::Passed, None) => {},
        }
    }
}

fn class(step: &Step) -> &'static str {
    match &step.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed(failure) if failure.class.is_expectation() => "failed missed",
        Outcome::Failed(_) => "failed",
        Outcome::Skipped(_) => "skipped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(start: u64, duration: u64, total: u64) -> String {
        let [start, duration, total] = [start, duration, total].map(Duration::from_millis);
        bar(start, duration, total).into_string()
    }

    #[test]
    fn bars_are_to_scale_and_begin_where_the_step_began() {
        assert!(drawn(0, 10, 10).contains(r#"x="0" y="0" width="1000" height="10"><title>from 0 µs to 10.0 ms"#));
        assert!(drawn(5, 2, 16).contains(r#"x="312.5" y="0" width="125""#));
    }

    #[test]
    fn a_bar_is_never_nothing_and_never_beyond_the_edge() {
        assert!(drawn(10, 0, 10).contains(r#"x="997" y="0" width="3""#));
        assert!(drawn(9, 100, 10).contains(r#"x="0" y="0" width="1000" height="10"><title>"#));
    }
}
