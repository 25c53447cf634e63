//! Text for people at a terminal: a headline a target, and its parts below.

use std::time::Duration;

use dbprobe::Status;
use dbprobe::tasks::{ConnectionTest, Health, QueryTest};

use super::Found;
use super::plain::{connectivity, query_test};
use crate::choice::Detail;
use crate::console::{BAD, BOLD, FAINT, GOOD, ODD, Screen, WARNING};
use crate::printable::printable;
use crate::render::{span, wrap};

/// Columns of a part's name.
const NAME: usize = 12;

pub(super) fn render(found: &[Found], screen: Screen, detail: Detail) -> String {
    let shown = found.iter().filter(|one| detail != Detail::Quiet || one.health.error.is_some());
    let blocks: Vec<String> = shown.map(|one| block(one, screen, detail).join("\n") + "\n").collect();
    if detail == Detail::Quiet { blocks.concat() } else { blocks.join("\n") }
}

fn block(found: &Found, screen: Screen, detail: Detail) -> Vec<String> {
    let health = &found.health;
    let mark = mark(health, screen);
    let name = screen.paint(BOLD, &printable(&health.database_name));
    if detail == Detail::Quiet {
        return vec![format!("{mark} {name}: {}", printable(health.error.as_deref().unwrap_or_default()))];
    }
    let version = health.connection_details.as_ref().and_then(|details| details.server_version.as_deref());
    let product = [health.engine, version].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let product = Some(printable(&product).into_owned()).filter(|product| !product.is_empty());
    let role = health.role.map(|role| role.as_str().to_owned());
    let time = (health.exit_status() != Status::Unknown).then(|| shown(health.response_time_ms));
    let headline = [Some(mark), Some(name), product, role, time];
    let mut lines = vec![headline.into_iter().flatten().collect::<Vec<_>>().join("  "), connection(health, screen)];
    lines.push(queries(health, screen));
    lines.push(part("migrations", None, health.migration_status.as_str(), "", screen));
    if health.attempts > 1 {
        lines.push(part("attempts", None, &health.attempts.to_string(), "", screen));
    }
    lines.extend(wrong(found, screen));
    lines
}

fn mark(health: &Health, screen: Screen) -> String {
    let colour = match health.exit_status() {
        Status::Up => GOOD,
        Status::Degraded => WARNING,
        Status::Unknown => ODD,
        Status::Down => BAD,
    };
    screen.paint(colour.bold(), &format!("{} {}", screen.glyph("●", "*"), health.status.as_str()))
}

fn connection(health: &Health, screen: Screen) -> String {
    let details = health.connection_details.as_ref();
    let time = details.and_then(|details| details.connect_ms).map(shown);
    let rest = [time, details.and_then(|details| details.address.clone())];
    let rest = rest.into_iter().flatten().collect::<Vec<_>>().join("  ");
    let good = Some(health.connection == ConnectionTest::Ok);
    part("connection", good, connectivity(health.connection), &rest, screen)
}

fn queries(health: &Health, screen: Screen) -> String {
    let queries = health.query_details.clone().unwrap_or_default();
    let mode = queries.write_mode.map(|mode| format!(" ({mode})")).unwrap_or_default();
    let times = [("ping", queries.ping_ms, ""), ("write", queries.write_ms, &mode), ("read", queries.read_ms, "")];
    let times = times.into_iter().filter_map(|(name, time, more)| Some(format!("{name} {}{more}", shown(time?))));
    let good = (health.query_test != QueryTest::NotRun).then_some(health.query_test == QueryTest::Ok);
    part("query test", good, query_test(health.query_test), &times.collect::<Vec<_>>().join("  "), screen)
}

/// A part's name, its word in the colour of what it means, and the rest.
fn part(name: &str, good: Option<bool>, word: &str, rest: &str, screen: Screen) -> String {
    let word = word.replace('_', " ");
    let colour = good.map_or(FAINT, |good| if good { GOOD } else { BAD });
    let name = screen.paint(FAINT, &format!("{name:<NAME$}"));
    format!("  {name}  {}  {}", screen.paint(colour, &word), printable(rest)).trim_end().to_owned()
}

/// What is wrong, where in the DSN, and what to do about it.
fn wrong(found: &Found, screen: Screen) -> Vec<String> {
    let width = screen.width.unwrap_or(usize::MAX);
    let fit = |text: &str| wrap(&printable(text), width, 4);
    let mut lines = Vec::new();
    if let Some(error) = &found.health.error {
        lines.extend(wrap(&format!("  {}", printable(error)), width, 4).lines().map(|line| screen.paint(BAD, line)));
    }
    if let Some(pointer) = &found.pointer {
        lines.extend(pointer.lines(width.saturating_sub(4)).into_iter().map(|line| format!("    {line}")));
    }
    if let Some(advice) = found.health.failure.as_ref().and_then(|failure| failure.advice.as_ref()) {
        lines.push(format!("  {}", fit(&format!("advice: {advice}"))));
    }
    lines
}

fn shown(milliseconds: f64) -> String {
    Duration::try_from_secs_f64(milliseconds / 1000.0).map(span).unwrap_or_default()
}
