//! Text for people at a terminal: a table of the operations with a small histogram each.

use std::time::Duration;

use anstyle::Style;
use dbprobe::tasks::{Distribution, Measurement, Perf, Rating};

use super::histogram::histogram;
use super::plain::in_order;
use crate::console::{BAD, BOLD, FAINT, GOOD, Screen, WARNING};
use crate::pointer::Pointer;
use crate::printable::printable;
use crate::render::{span, wrap};

/// Columns of a time.
const TIME: usize = 8;
/// Columns of a count.
const COUNT: usize = 7;
/// Longer names are cut.
const NAME: usize = 24;
/// The fewest and the most columns of a histogram.
const BARS: (usize, usize) = (8, 24);

pub(super) fn render(result: &Perf, pointer: Option<&Pointer>, screen: Screen) -> String {
    let mut lines = vec![headline(result, screen)];
    let operations = in_order(result);
    if !operations.is_empty() {
        lines.push(String::new());
        lines.extend(table(result, &operations, screen));
    }
    for (name, measurement) in &operations {
        lines.extend(trouble(name, measurement, screen));
    }
    let summary = summary(result, screen);
    if !summary.is_empty() {
        lines.push(String::new());
        lines.extend(summary);
    }
    lines.extend(comparison(result, screen));
    lines.extend(result.notes.iter().map(|note| screen.paint(FAINT, &fit(&format!("  note: {note}"), screen))));
    lines.extend(wrong(result, pointer, screen));
    lines.push(String::new());
    lines.join("\n")
}

fn headline(result: &Perf, screen: Screen) -> String {
    let assessment = &result.overall_assessment;
    let mark = match assessment.performance_rating {
        Some(rating) => screen.paint(colour(rating).bold(), &format!("{} {}", screen.glyph("●", "*"), rating.as_str())),
        None => {
            let what = if result.is_measured() { "not rated" } else { "not measured" };
            screen.paint(BAD.bold(), &format!("{} {what}", screen.glyph("●", "*")))
        }
    };
    let product = [result.engine, result.server_version.as_deref(), result.role.map(|role| role.as_str())];
    let product = product.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let average = assessment.avg_query_time_ms.map(|average| format!("  {} on average", shown(average)));
    let by = (!assessment.rated_by.is_empty()).then(|| format!(" ({})", assessment.rated_by.join(", ")));
    let rest = format!("{product}{}{}", average.unwrap_or_default(), by.unwrap_or_default());
    format!("{mark}  {}  {}", screen.paint(BOLD, &printable(&result.database_name)), printable(&rest))
}

fn colour(rating: Rating) -> Style {
    match rating {
        Rating::Excellent | Rating::Good => GOOD,
        Rating::Fair => WARNING,
        Rating::Poor => BAD,
    }
}

fn table(result: &Perf, operations: &[(&str, &Measurement)], screen: Screen) -> Vec<String> {
    let names = operations.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default().clamp(9, NAME);
    let columns = ["p50", "p90", "p95", "p99", "max"].map(|name| format!("{name:>TIME$}")).concat();
    let mut lines = vec![faint(&format!("  {:<names$}{:>COUNT$}{:>COUNT$}{columns}", "", "n", "errors"), screen)];
    let room = screen.width.unwrap_or(usize::MAX).saturating_sub(2 + names + 2 * COUNT + 5 * TIME + 2);
    for (name, measurement) in operations {
        let errors = format!("{:>COUNT$}", measurement.errors);
        let errors = if measurement.errors > 0 { screen.paint(BAD, &errors) } else { errors };
        let name_shown: String = printable(name).chars().take(names).collect();
        let row = match &measurement.skipped {
            Some(why) => faint(&format!("  skipped: {}", why.replace('_', " ")), screen),
            None => {
                let times = &measurement.distribution;
                let bars =
                    if room >= BARS.0 { histogram(&times.histogram, room.min(BARS.1), screen) } else { String::new() };
                format!("{:>COUNT$}{errors}{}  {}", times.n, times_of(times), screen.paint(GOOD, &bars))
            }
        };
        lines.push(format!("  {name_shown:<names$}{row}").trim_end().to_owned());
        if *name == "connect" {
            let phases = result.connection_metrics.phases.iter();
            lines.extend(phases.map(|(phase, times)| {
                let phase = format!("  {phase}");
                faint(&format!("  {phase:<names$}{:>COUNT$}{:>COUNT$}{}", times.n, "", times_of(times)), screen)
            }));
        }
    }
    lines
}

fn times_of(times: &Distribution) -> String {
    let known = [times.p50_ms, times.p90_ms, times.p95_ms, times.p99_ms, times.max_ms];
    known.map(|time| format!("{:>TIME$}", time.map(shown).unwrap_or_else(|| "-".to_owned()))).concat()
}

/// What an operation failed of first, and what to do about it.
fn trouble(name: &str, measurement: &Measurement, screen: Screen) -> Vec<String> {
    let Some(failure) = &measurement.failure else { return Vec::new() };
    let classes: Vec<String> =
        measurement.errors_by_class.iter().map(|(class, count)| format!("{count} {}", class.as_str())).collect();
    let lost = if measurement.reconnects > 0 {
        format!("; opened again {} times", measurement.reconnects)
    } else {
        String::new()
    };
    let mut lines = vec![String::new()];
    lines.push(screen.paint(BAD, &fit(&format!("  {name}: {}{lost}; first {failure}", classes.join(", ")), screen)));
    lines.extend(failure.advice.as_ref().map(|advice| fit(&format!("  advice: {advice}"), screen)));
    lines
}

fn summary(result: &Perf, screen: Screen) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(pool) = &result.pool_efficiency {
        let one = pool.single_per_second.map(|rate| format!("{rate:.0} pings/s on one session"));
        let all = pool
            .per_second
            .zip(pool.scaling_ratio)
            .map(|(rate, ratio)| format!("{rate:.0} pings/s on {} ({ratio:.1} times as many)", pool.concurrency));
        let saving = pool.saving_percent.map(|saving| format!("a kept session saves {saving:.0} % of connecting anew"));
        let parts: Vec<String> = [one, all, saving].into_iter().flatten().collect();
        if !parts.is_empty() {
            lines.push(fit(&format!("  pool: {}", parts.join(", ")), screen));
        }
    }
    if let Some(overhead) = result.overall_assessment.overhead_us {
        lines.push(fit(&format!("  overhead: {overhead:.2} us an operation, not subtracted"), screen));
    }
    lines
}

fn comparison(result: &Perf, screen: Screen) -> Vec<String> {
    let Some(comparison) = &result.comparison else { return Vec::new() };
    let slower: Vec<_> = comparison.changes.iter().filter(|change| change.regression).collect();
    let limit = comparison.limit_percent;
    let mut lines = vec![String::new()];
    if slower.is_empty() {
        let text = format!("  no regression among {} percentiles (limit {limit} %)", comparison.changes.len());
        lines.push(screen.paint(GOOD, &fit(&text, screen)));
    }
    for change in slower {
        let percent = change.change_percent.map(|percent| format!(", {percent:+.0} %")).unwrap_or_default();
        let (before, now) = (shown(change.baseline_ms), shown(change.current_ms));
        let text =
            format!("  regression: {} {} was {before} and is {now}{percent}", change.operation, change.percentile);
        lines.push(screen.paint(BAD, &printable(&text)));
    }
    lines.extend(
        comparison.warnings.iter().map(|warning| screen.paint(WARNING, &fit(&format!("  warning: {warning}"), screen))),
    );
    lines
}

/// Why nothing was measured, where in the DSN, and what to do about it.
fn wrong(result: &Perf, pointer: Option<&Pointer>, screen: Screen) -> Vec<String> {
    let width = screen.width.unwrap_or(usize::MAX);
    let mut lines: Vec<String> =
        result.error.iter().map(|error| screen.paint(BAD, &fit(&format!("  {error}"), screen))).collect();
    if let Some(pointer) = pointer {
        lines.extend(pointer.lines(width.saturating_sub(4)).into_iter().map(|line| format!("    {line}")));
    }
    let advice = result.failure.as_ref().and_then(|failure| failure.advice.as_ref());
    lines.extend(advice.map(|advice| fit(&format!("  advice: {advice}"), screen)));
    lines
}

fn fit(text: &str, screen: Screen) -> String {
    wrap(&printable(text), screen.width.unwrap_or(usize::MAX), 4)
}

fn faint(text: &str, screen: Screen) -> String {
    screen.paint(FAINT, &printable(text))
}

fn shown(milliseconds: f64) -> String {
    Duration::try_from_secs_f64(milliseconds / 1000.0).map(span).unwrap_or_default()
}
