//! A summary for people: the overall word, a table with the worst first, the alerts, and what to do next.

use std::time::Duration;

use anstyle::Style;
use dbprobe::tasks::{DatabaseSummary, Severity, Summary, Word};

use super::plain::counts;
use crate::console::{BAD, BOLD, FAINT, GOOD, Screen, WARNING};
use crate::pointer::Pointer;
use crate::printable::printable;
use crate::render::{span, wrap};

/// Columns of a time.
const TIME: usize = 8;
/// The longest that a name is shown, where others are shorter.
const NAME: usize = 40;

pub(super) fn render(found: &Summary, pointers: &[Option<&Pointer>], screen: Screen, width: usize) -> String {
    let took = span(Duration::from_secs_f64(found.duration_ms.max(0.0) / 1000.0));
    let mut lines = vec![format!("{}  {} in {took}", mark(found.overall_status, screen), counts(found)), String::new()];
    let mut databases: Vec<_> = found.databases.iter().zip(pointers).collect();
    // The sort keeps the order given where two are as bad.
    databases.sort_by_key(|(database, _)| std::cmp::Reverse(database.check_status));
    let names = databases.iter().map(|(database, _)| printable(&database.database_name).chars().count()).max();
    let names = names.unwrap_or_default().min(NAME);
    for (database, pointer) in databases {
        lines.push(row(database, names, screen));
        let pointed = pointer.map(|pointer| pointer.lines(width.saturating_sub(4)));
        lines.extend(pointed.into_iter().flatten().map(|line| format!("    {line}")));
    }
    lines.extend(section("alerts", alerts(found, screen), width));
    lines.extend(section("what to do", advice(found), width));
    lines.push(String::new());
    lines.join("\n")
}

fn row(database: &DatabaseSummary, names: usize, screen: Screen) -> String {
    let name = printable(&database.database_name).into_owned();
    let gap = " ".repeat(names.saturating_sub(name.chars().count()));
    let took = database.response_time_ms.map(|took| span(Duration::from_secs_f64(took.max(0.0) / 1000.0)));
    let engine = database.engine;
    let pool = database.pool.map(|pool| format!("{}/{} connections", pool.in_use, pool.limit));
    let product = [engine, database.version.as_deref(), pool.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    let product = printable(&product.join(" ")).into_owned();
    let why = database.failure.as_ref().map(|failure| {
        failure.phase.map_or_else(|| failure.class.to_string(), |phase| format!("{phase}: {}", failure.class))
    });
    let about = match why {
        Some(why) => format!("{}  {}", screen.paint(style(database.status), &why), screen.paint(FAINT, &product)),
        None => product,
    };
    let took = took.unwrap_or_default();
    let line = format!("{}  {}{gap}  {took:>TIME$}  {about}", mark(database.status, screen), screen.paint(BOLD, &name));
    line.trim_end().to_owned()
}

/// The word with its mark, in as many columns as the longest one.
fn mark(word: Word, screen: Screen) -> String {
    let mark = match word {
        Word::Healthy => screen.glyph("✔", "+"),
        Word::Degraded => screen.glyph("!", "!"),
        Word::Unhealthy => screen.glyph("✘", "x"),
    };
    screen.paint(style(word), &format!("{mark} {:<9}", word.as_str()))
}

fn style(word: Word) -> Style {
    match word {
        Word::Healthy => GOOD,
        Word::Degraded => WARNING,
        Word::Unhealthy => BAD,
    }
}

fn section(title: &str, lines: Vec<String>, width: usize) -> Vec<String> {
    if lines.is_empty() {
        return Vec::new();
    }
    let heading = [String::new(), format!("{title}:")];
    heading.into_iter().chain(lines.into_iter().map(|line| wrap(&format!("  {line}"), width, 4))).collect()
}

fn alerts(found: &Summary, screen: Screen) -> Vec<String> {
    let line = |alert: &dbprobe::tasks::Alert| {
        let style = if alert.severity == Severity::Critical { BAD } else { WARNING };
        let names = alert.databases.join(", ");
        let count =
            if alert.databases.len() > 1 { format!(" ({} databases)", alert.databases.len()) } else { String::new() };
        format!(
            "{} {}{count}: {}",
            screen.paint(style, alert.severity.as_str()),
            screen.paint(BOLD, &printable(&names)),
            printable(&alert.message)
        )
    };
    found.alerts.iter().map(line).collect()
}

fn advice(found: &Summary) -> Vec<String> {
    found.recommendations.iter().map(|advice| printable(advice).into_owned()).collect()
}
