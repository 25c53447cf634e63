//! What is known of a target, as pairs of a name and a value. What is not known is left out.

use dbprobe_config::QuerySettings;
use dbprobe_core::{ExpectedRole, Report, Thresholds};
use jiff::Timestamp;
use maud::{Markup, html};

use super::quantity::{self, count, elapsed, rough, size, span, time};
use super::row::connections;
use crate::record::Record;

/// One pair.
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: Markup,
    /// How it is set: `long` for what needs the whole width.
    pub(super) class: &'static str,
}

/// The server as it was seen last.
pub(super) fn server(seen: Option<&Report>, record: &Record, now: Timestamp) -> Vec<Fact> {
    let Some(report) = seen else { return Vec::new() };
    let facts = &report.inspection;
    let started = facts.started_at.map(|at| html! { (time(at, &format!("{} ago", rough(elapsed(at, now))))) });
    let used = facts.connections.map(|_| connections(report, record));
    let known = [
        ("engine", report.engine.as_deref().map(text)),
        ("version", facts.version.as_deref().map(text)),
        ("role", facts.role.map(|role| text(role.as_str()))),
        ("read-only", facts.read_only.map(|read_only| text(if read_only { "yes" } else { "no" }))),
        ("address", report.address.as_deref().map(text)),
        ("started", started),
        ("connections", used),
        ("size", facts.size_bytes.map(|bytes| text(&size(bytes)))),
        ("replication lag", facts.replication_lag.map(|lag| text(&span(lag)))),
    ];
    let own = facts.facts.iter().map(|(name, value)| fact(&name.replace('_', " "), text(value)));
    present(known).into_iter().chain(own).collect()
}

/// What the TLS handshake told.
pub(super) fn tls(seen: Option<&Report>) -> Vec<Fact> {
    let Some(tls) = seen.and_then(|report| report.tls.as_ref()) else { return Vec::new() };
    let day = |at: Timestamp| time(at, &at.strftime("%Y-%m-%d").to_string());
    present([
        ("version", tls.version.as_deref().map(text)),
        ("cipher", tls.cipher.as_deref().map(text)),
        ("verified", tls.verified.as_deref().map(text)),
        ("subject", tls.subject.as_deref().map(text)),
        ("issuer", tls.issuer.as_deref().map(text)),
        ("valid from", tls.not_before.map(day)),
        ("valid until", tls.not_after.map(day)),
        ("left", tls.days_left.map(|days| if days < 0 { text("expired") } else { text(&format!("{days} days")) })),
    ])
}

/// What is asked of the target and expected of its answers.
pub(super) fn settings(record: &Record) -> Vec<Fact> {
    let settings = &record.settings;
    let plan = &settings.plan;
    let Thresholds { ping, write, read, response, connections, replication_lag, certificate } = &plan.thresholds;
    let limit = |limit: &Option<std::time::Duration>| limit.map(|limit| text(&quantity::limit(limit)));
    let role = (settings.role != ExpectedRole::Any).then(|| text(settings.role.as_str()));
    let in_a_row = settings.policy.failures_before_down;
    present([
        ("probed every", Some(text(&quantity::limit(settings.interval)))),
        ("time-out", Some(text(&quantity::limit(plan.timeout)))),
        ("repetitions", (settings.policy.retries > 0).then(|| text(&format!("up to {}", settings.policy.retries)))),
        ("down after", (in_a_row > 1).then(|| text(&format!("{in_a_row} failures in a row")))),
        ("role", role),
        ("release", settings.version.as_deref().map(text)),
        ("ping within", limit(ping)),
        ("write within", limit(write)),
        ("read within", limit(read)),
        ("probe within", limit(response)),
        ("connections below", connections.map(|share| text(&format!("{:.0} %", share * 100.0)))),
        ("lag below", limit(replication_lag)),
        ("certificate for", limit(certificate)),
    ])
}

/// What only grows.
pub(super) fn counts(record: &Record, now: Timestamp) -> Vec<Fact> {
    let counts = &record.counts;
    let some = |number: u64| (number > 0).then(|| text(&count(number)));
    let success = record.last_success.map(|at| html! { (time(at, &format!("{} ago", rough(elapsed(at, now))))) });
    let known = [
        ("last success", success),
        ("probes", Some(text(&count(counts.probes)))),
        ("requests", some(counts.requests)),
        ("failed before a session", some(counts.connection_errors)),
        ("left out, one was under way", some(counts.skipped)),
    ];
    let failures = counts.failures.iter().map(|((phase, class), number)| {
        fact(&format!("failed: {} {}", phase.as_str(), class.as_str().replace('_', " ")), text(&count(*number)))
    });
    present(known).into_iter().chain(failures).collect()
}

/// The range in which a query's value should be.
pub(super) fn range(settings: &QuerySettings) -> Markup {
    html! {
        @match (settings.min, settings.max) {
            (None, None) => {},
            (Some(min), None) => span.of { " at least " (min) },
            (None, Some(max)) => span.of { " at most " (max) },
            (Some(min), Some(max)) => span.of { " from " (min) " to " (max) },
        }
    }
}

fn present<const COUNT: usize>(known: [(&str, Option<Markup>); COUNT]) -> Vec<Fact> {
    known.into_iter().filter_map(|(name, value)| Some(fact(name, value?))).collect()
}

fn fact(name: &str, value: Markup) -> Fact {
    let class = if value.0.chars().count() > 48 && !value.0.contains('<') { "long" } else { "short" };
    Fact { name: name.to_owned(), value, class }
}

fn text(value: &str) -> Markup {
    html! { (value) }
}
