//! What a case expects of a report.

use dbprobe_core::{Class, Outcome, Phase, Report, Status};

use super::outcome::{Stop, demand};

/// The report on one line, for the message of a case that failed.
pub(crate) fn shown(report: &Report) -> String {
    let steps: Vec<String> = report
        .steps
        .iter()
        .map(|step| match &step.outcome {
            Outcome::Passed => format!("{} passed", step.phase),
            Outcome::Failed(failure) => format!("{} failed: {failure} [{}]", step.phase, failure.class),
            Outcome::Skipped(reason) => format!("{} skipped: {reason}", step.phase),
        })
        .collect();
    format!("{} ({})", report.status(), steps.join("; "))
}

/// Every step asked for passed.
pub(crate) fn is_up(report: &Report) -> Result<(), Stop> {
    demand!(report.status() == Status::Up, "not up: {}", shown(report));
    Ok(())
}

/// The report is `status` because of `class` in `phase`.
pub(crate) fn is_failure(report: &Report, phase: Phase, class: Class, status: Status) -> Result<(), Stop> {
    let seen = report.failure().map(|failure| (failure.phase, failure.class, report.status()));
    let wanted = (Some(phase), class, status);
    demand!(seen == Some(wanted), "expected {class} in {phase} and {status}, seen {}", shown(report));
    Ok(())
}

/// The step of `phase` was skipped.
pub(crate) fn is_skipped(report: &Report, phase: Phase) -> Result<String, Stop> {
    match report.step(phase).map(|step| &step.outcome) {
        Some(Outcome::Skipped(reason)) => Ok(reason.clone()),
        _ => super::outcome::broken(format!("{phase} is not skipped: {}", shown(report))),
    }
}
