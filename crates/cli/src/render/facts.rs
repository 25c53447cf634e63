//! What is known about a server, as pairs for verbose output.

use dbprobe::{Report, Tls};

use super::span::{rough, size};
use crate::printable::printable;

/// Every fact of `report` with its name, in the order in which people ask for them. What is not known is absent.
pub(super) fn facts(report: &Report) -> Vec<(String, String)> {
    let inspection = &report.inspection;
    let connections = inspection.connections.map(|used| match inspection.connections_max {
        Some(most) => format!("{used} of {most}"),
        None => used.to_string(),
    });
    let started = inspection.started_at.map(|at| format!("{at} ({} ago)", ago(report, at)));
    let known = [
        ("address", report.address.clone()),
        ("tls", report.tls.as_ref().map(tls)),
        ("certificate", report.tls.as_ref().and_then(certificate)),
        ("issuer", report.tls.as_ref().and_then(|tls| tls.issuer.clone())),
        ("started", started),
        ("read_only", inspection.read_only.map(|read_only| if read_only { "yes" } else { "no" }.to_owned())),
        ("connections", connections),
        ("size", inspection.size_bytes.map(size)),
        ("lag", inspection.replication_lag.map(super::span::span)),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let own = inspection.facts.iter().map(|(name, value)| (name.clone(), value.clone()));
    known.chain(own).map(|(name, value)| (printable(&name).into_owned(), printable(&value).into_owned())).collect()
}

/// The few facts that are worth a line when all is well.
pub(super) fn summary(report: &Report) -> Vec<String> {
    let inspection = &report.inspection;
    let tls = report.tls.as_ref();
    let days = tls.and_then(|tls| tls.days_left).map(|days| format!("certificate {}", validity(days)));
    let known = [
        inspection
            .connections
            .zip(inspection.connections_max)
            .map(|(used, most)| format!("{used} of {most} connections")),
        inspection.size_bytes.map(size),
        inspection.replication_lag.map(|lag| format!("{} behind", super::span::span(lag))),
        (inspection.read_only == Some(true)).then(|| "read-only".to_owned()),
        tls.and_then(|tls| tls.version.clone()),
        days,
    ];
    known.into_iter().flatten().map(|fact| printable(&fact).into_owned()).collect()
}

fn tls(tls: &Tls) -> String {
    let verified = tls.verified.as_ref().map(|how| format!("verified {how}"));
    let parts = [tls.version.clone(), tls.cipher.clone(), verified];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn certificate(tls: &Tls) -> Option<String> {
    let validity = tls.not_after.map(|at| match tls.days_left {
        Some(days) => format!("until {at} ({})", validity(days)),
        None => format!("until {at}"),
    });
    let parts: Vec<String> = [tls.subject.clone(), validity].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn validity(days: i64) -> String {
    match days {
        days if days < 0 => "expired".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    }
}

fn ago(report: &Report, at: jiff::Timestamp) -> String {
    rough(report.checked_at.duration_since(at).try_into().unwrap_or_default())
}
