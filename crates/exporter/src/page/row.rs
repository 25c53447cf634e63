//! One target in the list.

use dbprobe_core::{Failure, Phase, Report, Status};
use maud::{Markup, html};

use super::chart::{bar, sparkline, strip};
use super::quantity::{count, elapsed, rough, span, time};
use super::scene::{Links, Scene, telling_phase, version};
use super::state::State;
use crate::record::Record;

/// The height of the line of latencies.
const LINE: usize = 20;

/// The rows of one target: its figures, and below them what is wrong with it.
pub(super) fn rows(record: &Record, scene: &Scene, links: Links) -> Markup {
    let state = State::of(record);
    html! {
        tbody.target.(state.as_str()) {
            tr {
                td.state { (state.shape()) span.word { (state.as_str()) } (since(record, scene)) }
                th.name scope="row" {
                    a href=(links.target(record.name())) { (record.name()) }
                    (kind(record))
                }
                td.past { (past(record)) }
                td.latency { (latency(record)) }
                td.connections { @if let Some(report) = &record.report { (connections(report, record)) } }
                td.certificate { (certificate(record)) }
            }
            @let words = trouble(record, scene);
            @if !words.is_empty() {
                tr.trouble { td colspan="6" { @for word in words { (word) } } }
            }
        }
    }
}

/// For how long it has been in its state.
pub(super) fn since(record: &Record, scene: &Scene) -> Markup {
    html! {
        @if let Some(since) = record.since {
            span.since { (time(since, &format!("for {}", rough(elapsed(since, scene.now))))) }
        }
    }
}

/// Engine, version, role and labels.
pub(super) fn kind(record: &Record) -> Markup {
    // What it is comes before what it should be; a difference is a failure, which says so.
    let role = record.report.as_ref().and_then(|report| report.role()).map_or(record.role(), |role| role.as_str());
    html! {
        span.kind {
            @if let Some(engine) = record.engine() {
                span.engine { (engine) @if let Some(version) = version(record) { " " (version) } }
            }
            @if role != "unknown" { span.chip.role { (role) } }
            @for (name, value) in &record.settings.labels { span.chip { i { (name) } " " (value) } }
        }
    }
}

fn past(record: &Record) -> Markup {
    html! {
        @if record.history.is_empty() {
            span.nothing { "waiting for the first probe" }
        } @else {
            @if let Some(phase) = telling_phase(record) { (sparkline(record, phase, LINE, None)) }
            (strip(record))
        }
    }
}

/// The latest latency, and below it how long the whole probe took.
fn latency(record: &Record) -> Markup {
    let Some(report) = &record.report else { return html! {} };
    let telling = telling_phase(record).and_then(|phase| Some((phase, report.latency(phase)?)));
    html! {
        @if let Some((phase, latency)) = telling {
            span.figure { (span(latency)) }
            span.of { (phase.as_str()) }
        }
        // One that was never asked took no time worth telling.
        @if !report.duration.is_zero() { span.of { "probe " (span(report.duration)) } }
    }
}

/// Connections in use, with a bar where their limit is known.
pub(super) fn connections(report: &Report, record: &Record) -> Markup {
    let (used, most) = (report.inspection.connections, report.inspection.connections_max);
    html! {
        @match (used, most) {
            (Some(used), Some(most)) => {
                span.figure { (count(used)) span.of { " / " (count(most)) } span.unit { " connections" } }
                (bar(share(used, most), fullness(record, share(used, most))))
            },
            (Some(used), None) => span.figure { (count(used)) span.unit { " connections" } },
            (None, _) => {},
        }
    }
}

/// The share of `most` that `used` is.
#[expect(clippy::cast_precision_loss, reason = "counts of connections are far below 2^53")]
fn share(used: u64, most: u64) -> f64 {
    used as f64 / most.max(1) as f64
}

/// What the share means: a limit of the user's counts, else nine tenths are nearly full.
fn fullness(record: &Record, share: f64) -> &'static str {
    let limit = record.settings.plan.thresholds.connections.unwrap_or(0.9);
    match share {
        share if share >= 1.0 => "full",
        share if share > limit => "tight",
        _ => "roomy",
    }
}

/// How many days the server's certificate is still valid.
pub(super) fn certificate(record: &Record) -> Markup {
    let days = record.report.as_ref().and_then(|report| report.tls.as_ref()?.days_left);
    html! {
        @match days {
            Some(days) if days < 0 => span.figure.bad { (State::Down.shape()) "expired" },
            Some(days) if days < 7 => span.figure.bad { (State::Down.shape()) (days_left(days)) },
            Some(days) if days < 30 => span.figure.warn { (State::Degraded.shape()) (days_left(days)) },
            Some(days) => span.figure { (days_left(days)) },
            None => {},
        }
        @if days.is_some() { span.unit { " certificate" } }
    }
}

fn days_left(days: i64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// What is wrong, or what somebody should know before they trust the state.
pub(super) fn trouble(record: &Record, scene: &Scene) -> Vec<Markup> {
    let mut words = Vec::new();
    if let Some(silence) = scene.silence(record.name()) {
        words.push(html! { p.late { "This is old: no probe has ended for " (rough(silence)) "." } });
    }
    let Some(report) = &record.report else { return words };
    let last = report.status();
    if let Some(failure) = report.failure().filter(|_| last != Status::Up) {
        words.push(explain(failure));
    }
    if record.status.is_some_and(|shown| shown != last) {
        let needed = record.settings.policy.failures_before_down;
        words.push(html! {
            p.calm { "The last probe found it " (last.as_str()) "; it takes " (needed) " in a row to say so." }
        });
    }
    words
}

/// The failure as one sentence, and what to do about it.
pub(super) fn explain(failure: &Failure) -> Markup {
    html! {
        p.failure {
            @if let Some(phase) = failure.phase { span.phase { (phase.as_str()) } ": " }
            (failure.message)
            @if let Some(code) = &failure.code { " " code { "(" (code) ")" } }
        }
        @if let Some(advice) = &failure.advice { (advise(advice)) }
    }
}

/// What to do. What stands between backticks is to be typed.
pub(super) fn advise(advice: &str) -> Markup {
    let paired = advice.matches('`').count().is_multiple_of(2);
    html! {
        p.advice {
            @if paired {
                @for (at, part) in advice.split('`').enumerate() {
                    @if at % 2 == 0 { (part) } @else { code { (part) } }
                }
            } @else {
                (advice)
            }
        }
    }
}

/// The limit that the user set for `phase`.
pub(super) fn limit(record: &Record, phase: Phase) -> Option<std::time::Duration> {
    let limits = &record.settings.plan.thresholds;
    match phase {
        Phase::Ping => limits.ping,
        Phase::Read => limits.read,
        Phase::Write => limits.write,
        _ => None,
    }
}
