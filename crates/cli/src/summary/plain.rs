//! A summary for pipes and files: one line a fact.

use dbprobe::tasks::{Alert, DatabaseSummary, Summary, Word};

use crate::pointer::Pointer;
use crate::printable::printable;

/// Longer DSNs are cut round the place that is pointed at.
const WIDTH: usize = 200;

pub(super) fn render(found: &Summary, pointers: &[Option<&Pointer>], quiet: bool) -> String {
    let mut lines = Vec::new();
    if !quiet {
        lines.push(format!("summary: {} {}", found.overall_status.as_str(), counts(found)));
    }
    for (one, pointer) in found.databases.iter().zip(pointers) {
        if !quiet || one.status != Word::Healthy {
            lines.push(database(one));
        }
        let pointed = pointer.filter(|_| !quiet).map(|pointer| pointer.lines(WIDTH));
        lines.extend(pointed.into_iter().flatten().map(|line| format!("{}: {line}", one.database_name)));
    }
    if !quiet {
        lines.extend(
            found
                .groups
                .iter()
                .map(|group| format!("group: {}: {}: {}", group.kind.as_str(), group.cause, group.members.join(", "))),
        );
        lines.extend(found.alerts.iter().map(alert));
        lines.extend(found.recommendations.iter().map(|advice| format!("advice: {advice}")));
    }
    lines.into_iter().map(|line| format!("{}\n", printable(&line))).collect()
}

/// `3 databases: 1 healthy, 1 degraded, 1 unhealthy`.
pub(super) fn counts(found: &Summary) -> String {
    let counts = found.status_breakdown;
    let all = found.databases.len();
    let plural = if all == 1 { "" } else { "s" };
    let (healthy, degraded, unhealthy) = (counts.healthy, counts.degraded, counts.unhealthy);
    format!("{all} database{plural}: {healthy} healthy, {degraded} degraded, {unhealthy} unhealthy")
}

fn database(database: &DatabaseSummary) -> String {
    let took = database.response_time_ms.map(|took| format!("{took:.3}ms"));
    let pool = database.pool.map(|pool| format!("{}/{}", pool.in_use, pool.limit));
    let engine = database.engine;
    let words = [Some(database.status.as_str()), engine, database.version.as_deref(), took.as_deref(), pool.as_deref()];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let why = database.failure.as_ref().map(|failure| format!(": {failure}")).unwrap_or_default();
    format!("{}: {words}{why}", database.database_name)
}

fn alert(alert: &Alert) -> String {
    let (severity, kind) = (alert.severity.as_str(), alert.kind.as_str());
    format!("alert: {severity} {kind} {}: {}", alert.databases.join(", "), alert.message)
}
