//! How a wait ended, in lines.
//!
//! ```text
//! db:5432/orders: ready after 3.21 s (7 attempts)
//! cache:6379: not ready after 60.0 s (15 attempts): tcp: nobody listens on the port (ECONNREFUSED)
//! cache:6379: advice: check that the server runs
//! ```

use std::time::Duration;

use anstyle::Style;
use dbprobe::tasks::{Wait, WaitOutcome, WaitState, WaitUntil, Waited};

use crate::choice::Detail;
use crate::console::{BAD, BOLD, GOOD, Screen, WARNING};
use crate::printable::printable;
use crate::render::{span, wrap};

/// A line or more for each target.
pub(super) fn lines(ended: &Wait, detail: Detail, screen: Screen) -> String {
    ended.targets.iter().flat_map(|target| target_lines(ended, target, detail, screen)).collect()
}

fn target_lines(ended: &Wait, target: &Waited, detail: Detail, screen: Screen) -> Vec<String> {
    let name = printable(&target.target);
    let (word, style) = word(ended, target);
    let attempts = format!("({} attempt{})", target.attempts, if target.attempts == 1 { "" } else { "s" });
    let took = span(Duration::from_secs_f64(target.elapsed_ms.max(0.0) / 1000.0));
    let why = why(ended, target).map(|why| format!(": {}", printable(&why))).unwrap_or_default();
    let mut lines = vec![format!("{} {took} {attempts}{why}", screen.paint(style, &format!("{word} after")))];
    if let Some(advice) = target.failure.as_ref().and_then(|failure| failure.advice.as_deref()) {
        lines.push(format!("{} {}", screen.paint(BOLD, "advice:"), printable(advice)));
    }
    if let Some(server) = target.server.as_ref().filter(|_| detail == Detail::Verbose) {
        let address = server.address.as_ref().map(|address| format!("address {address}"));
        let version = server.version.as_ref().map(|version| format!("version {version}"));
        let started = server.started_at.map(|at| format!("started {at}"));
        lines.extend([address, version, started].into_iter().flatten().map(|line| printable(&line).into_owned()));
    }
    let width = screen.width.unwrap_or(usize::MAX);
    let line = |line: String| format!("{}\n", wrap(&format!("{}: {line}", screen.paint(BOLD, &name)), width, 2));
    lines.into_iter().map(line).collect()
}

fn word(ended: &Wait, target: &Waited) -> (&'static str, Style) {
    match (target.state, ended.until) {
        (WaitState::Ready, WaitUntil::Usable) => ("ready", GOOD),
        (WaitState::Ready, WaitUntil::Down) => ("down", GOOD),
        (WaitState::Failed, _) => ("failed", BAD),
        // It was not needed any more.
        (WaitState::Waiting, _) if ended.outcome == WaitOutcome::Ready => ("given up", WARNING),
        (WaitState::Waiting, WaitUntil::Usable) => ("not ready", BAD),
        (WaitState::Waiting, WaitUntil::Down) => ("not down", BAD),
    }
}

fn why(ended: &Wait, target: &Waited) -> Option<String> {
    if target.state == WaitState::Ready {
        return None;
    }
    if let Some(failure) = &target.failure {
        return Some(failure.to_string());
    }
    match (ended.until, target.in_a_row) {
        _ if target.attempts == 0 => Some("no attempt came to its end".to_owned()),
        (WaitUntil::Usable, count) => Some(format!("usable {count} of {} times in a row", ended.stable)),
        (WaitUntil::Down, 0) => Some("it still answers".to_owned()),
        (WaitUntil::Down, count) => Some(format!("down {count} of {} times in a row", ended.stable)),
    }
}
