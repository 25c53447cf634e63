//! Text for pipes and files: one line a fact, each with its target in front.

use dbprobe::Status;
use dbprobe::tasks::{ConnectionTest, Health, QueryTest};

use super::Found;
use crate::choice::Detail;
use crate::printable::printable;

/// Longer DSNs are cut round the place that is pointed at.
const WIDTH: usize = 200;

pub(super) fn render(found: &[Found], detail: Detail) -> String {
    found.iter().flat_map(|one| lines(one, detail)).collect()
}

fn lines(found: &Found, detail: Detail) -> Vec<String> {
    let health = &found.health;
    let mut lines = Vec::new();
    if detail == Detail::Quiet {
        lines.extend(health.error.as_ref().map(|error| format!("{} {error}", health.status.as_str())));
    } else {
        lines.push(headline(health));
        lines.push(connection(health));
        lines.push(queries(health));
        lines.push(format!("migration_status {}", health.migration_status.as_str()));
        if health.attempts > 1 {
            lines.push(format!("attempts {}", health.attempts));
        }
        lines.extend(health.error.as_ref().map(|error| format!("error: {error}")));
        lines.extend(found.pointer.iter().flat_map(|pointer| pointer.lines(WIDTH)));
        let advice = health.failure.as_ref().and_then(|failure| failure.advice.as_ref());
        lines.extend(advice.map(|advice| format!("advice: {advice}")));
    }
    let name = printable(&health.database_name);
    lines.into_iter().map(|line| format!("{name}: {}\n", printable(&line))).collect()
}

fn headline(health: &Health) -> String {
    let version = health.connection_details.as_ref().and_then(|details| details.server_version.as_deref());
    let role = health.role.map(|role| role.as_str());
    let total = (health.exit_status() != Status::Unknown).then(|| ms(health.response_time_ms));
    let words = [Some(health.status.as_str()), health.engine, version, role, total.as_deref()];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn connection(health: &Health) -> String {
    let details = health.connection_details.as_ref();
    let time = details.and_then(|details| details.connect_ms).map(ms);
    let address = details.and_then(|details| details.address.clone());
    let words = [Some("connection".to_owned()), Some(connectivity(health.connection).to_owned()), time, address];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn queries(health: &Health) -> String {
    let mut words = vec!["query_test".to_owned(), query_test(health.query_test).to_owned()];
    if let Some(details) = &health.query_details {
        let times = [("ping", details.ping_ms), ("write", details.write_ms), ("read", details.read_ms)];
        for (name, time) in times.into_iter().filter_map(|(name, time)| Some((name, time?))) {
            words.push(format!("{name} {}", ms(time)));
            words.extend(details.write_mode.filter(|_| name == "write").map(|mode| mode.to_string()));
        }
    }
    words.join(" ")
}

pub(super) fn connectivity(connection: ConnectionTest) -> &'static str {
    match connection {
        ConnectionTest::Ok => "ok",
        ConnectionTest::Failed => "failed",
    }
}

pub(super) fn query_test(test: QueryTest) -> &'static str {
    match test {
        QueryTest::Ok => "ok",
        QueryTest::Failed => "failed",
        QueryTest::NotRun => "not_run",
    }
}

/// Milliseconds with three digits: always the same unit, so that it can be sorted.
fn ms(milliseconds: f64) -> String {
    format!("{milliseconds:.3}ms")
}
