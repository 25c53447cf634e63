//! A picture for a terminal: how full it is, then who.

use std::time::Duration;

use anstyle::Style;
use dbprobe::tasks::{Pool, PoolConnection, PoolGroup, PoolHealth};

use super::plain::{kinds, name};
use crate::choice::Detail;
use crate::console::{BAD, BOLD, FAINT, GOOD, ODD, Screen, WARNING};
use crate::pointer::Pointer;
use crate::printable::printable;
use crate::render::{rough, span, wrap};

/// Columns of the bar, where there is room.
const BAR: usize = 40;
/// Columns of a kind's name.
const KIND: usize = 11;
/// So many groups of a kind are shown, with `-v` all.
const GROUPS: usize = 4;

/// Every target, apart from those that are fine with `-q`.
pub(super) fn render(seen: &[Pool], pointers: &[Option<&Pointer>], screen: Screen, detail: Detail) -> String {
    let is_fine = |pool: &Pool| pool.pool_health.is_some_and(|it| it < PoolHealth::High) && pool.fits() != Some(false);
    let shown = seen.iter().zip(pointers).filter(|(pool, _)| detail != Detail::Quiet || !is_fine(pool));
    let targets: Vec<String> = shown
        .map(|(pool, pointer)| match detail {
            Detail::Quiet => format!("{}\n", title(pool, screen)),
            _ => target(pool, *pointer, screen, detail),
        })
        .collect();
    targets.join(if detail == Detail::Quiet { "" } else { "\n" })
}

fn target(pool: &Pool, pointer: Option<&Pointer>, screen: Screen, detail: Detail) -> String {
    let mut lines = vec![title(pool, screen)];
    lines.extend(bar(pool, screen));
    if let Some(groups) = &pool.connections {
        for (kind, groups) in kinds(groups) {
            // One group of which nothing is told says nothing; the database of all is in most DSNs.
            if groups.len() > 1 || detail == Detail::Verbose || matches!(kind, "user" | "state") {
                lines.extend(row(kind, groups, screen, detail));
            }
        }
    }
    lines.extend(section("idle in transaction", &pool.idle_in_transaction, screen));
    lines.extend(section("waiting", &pool.waiting, screen));
    if let Some(hidden) = &pool.hidden {
        lines.push(fit(&format!("  not all is shown: {}", printable(hidden)), screen, WARNING));
    }
    if let Some(error) = &pool.error {
        lines.push(fit(&format!("  {}", printable(&error.to_string())), screen, BAD));
    }
    let width = screen.width.unwrap_or(usize::MAX).saturating_sub(4);
    let pointed = pointer.into_iter().flat_map(|pointer| pointer.lines(width));
    lines.extend(pointed.map(|line| format!("    {line}")));
    if let Some(advice) = pool.recommendation.as_ref().filter(|advice| *advice != "nothing to do") {
        let arrow = screen.glyph("→", "->");
        lines.push(fit(&format!("  {arrow} {}", printable(advice)), screen, BOLD));
    }
    lines.join("\n") + "\n"
}

fn colour(pool: &Pool) -> Style {
    match pool.pool_health {
        Some(PoolHealth::Optimal) => GOOD,
        Some(PoolHealth::Moderate) => WARNING,
        Some(PoolHealth::High) => BAD,
        None if pool.error.is_some() => BAD,
        None => ODD,
    }
}

fn title(pool: &Pool, screen: Screen) -> String {
    let word = pool.pool_health.map_or("not known", PoolHealth::as_str);
    let mark = screen.paint(colour(pool).bold(), &format!("{} {word}", screen.glyph("●", "*")));
    let name = screen.paint(BOLD, &printable(&pool.database_name));
    let rest = match (&pool.not_known, &pool.overflow_analysis) {
        (Some(why), _) => format!("  {}", printable(why)),
        // What to set instead stands in the advice.
        (None, Some(analysis)) if analysis.fits == Some(false) => "  the wanted pools do not fit".to_owned(),
        (None, Some(analysis)) => format!("  {}", printable(&analysis.summary)),
        (None, None) => String::new(),
    };
    format!("{mark}  {name}{}", screen.paint(FAINT, &rest))
}

/// How full it is, and the numbers.
fn bar(pool: &Pool, screen: Screen) -> Option<String> {
    let (used, size, percent) = (pool.checked_out?, pool.pool_size?, pool.utilization_percent?);
    let columns = BAR.min(screen.width.unwrap_or(80) / 2).max(10);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few columns of a terminal")]
    #[expect(clippy::cast_precision_loss, reason = "a few columns of a terminal")]
    let full = ((percent.min(100.0) / 100.0 * columns as f64).ceil() as usize).min(columns);
    let bar = screen.paint(colour(pool), &screen.glyph("█", "#").repeat(full));
    let rest = screen.paint(FAINT, &screen.glyph("░", ".").repeat(columns - full));
    Some(format!("  {bar}{rest}  {used} of {size} connections, {percent:.1} %"))
}

/// `user  app 70, report 10, 3 more with 5`.
fn row(kind: &str, groups: &[PoolGroup], screen: Screen, detail: Detail) -> Option<String> {
    if groups.is_empty() {
        return None;
    }
    let most = if detail == Detail::Verbose { usize::MAX } else { GROUPS };
    let mut words: Vec<String> =
        groups.iter().take(most).map(|group| format!("{} {}", printable(name(group)), group.count)).collect();
    let rest = groups.get(most..).unwrap_or_default();
    if !rest.is_empty() {
        words.push(format!("{} more with {}", rest.len(), rest.iter().map(|group| group.count).sum::<u64>()));
    }
    // The kind is put before the wrapped text: wrapping would take its padding for one blank.
    let indent = KIND + 4;
    let text = wrap(&format!("{}{}", " ".repeat(indent), words.join(", ")), screen.width.unwrap_or(usize::MAX), indent);
    let kind = screen.paint(FAINT, &format!("{kind:<KIND$}"));
    Some(format!("  {kind}  {}", text.trim_start()))
}

fn section(title: &str, connections: &[PoolConnection], screen: Screen) -> Vec<String> {
    if connections.is_empty() {
        return Vec::new();
    }
    let title = if connections.len() == 1 { title.to_owned() } else { format!("{title}, the longest first") };
    let mut lines = vec![format!("  {}", screen.paint(BOLD, &title))];
    lines.extend(connections.iter().map(|one| wrap(&connection(one), screen.width.unwrap_or(usize::MAX), 6)));
    lines
}

/// `    4711  12 minutes  app, shop, 10.0.0.7  Lock: relation, held by 4712`.
fn connection(one: &PoolConnection) -> String {
    let since = one.duration_ms.and_then(|duration| Duration::try_from_secs_f64(duration / 1000.0).ok());
    let since = since.map(|since| if since.as_secs() < 120 { span(since) } else { rough(since) });
    let names = [&one.user, &one.application, &one.database, &one.address];
    let names: Vec<&str> = names.into_iter().filter_map(Option::as_deref).collect();
    let held = (!one.blocked_by.is_empty()).then(|| format!("held by {}", one.blocked_by.join(", ")));
    let waits: Vec<String> = [one.waits_for.clone(), held].into_iter().flatten().collect();
    let parts = [Some(one.id.clone()), since, Some(names.join(" ")), Some(waits.join(", "))];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    // The wrapping would take two blanks for one: a comma tells the parts apart.
    format!("    {}", printable(&parts.join(", ")))
}

fn fit(text: &str, screen: Screen, style: Style) -> String {
    let lines = wrap(text, screen.width.unwrap_or(usize::MAX), 4);
    lines.lines().map(|line| screen.paint(style, line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Screen = Screen { width: Some(40), colour: false, ascii: true };

    fn group(name: Option<&str>, count: u64) -> PoolGroup {
        PoolGroup { name: name.map(str::to_owned), count }
    }

    #[test]
    fn the_largest_groups_stand_in_a_column_and_the_rest_is_counted() {
        let groups = [
            group(Some("shop"), 40),
            group(Some("report\u{1b}[2J"), 9),
            group(None, 3),
            group(Some("a"), 2),
            group(Some("b"), 1),
            group(Some("c"), 1),
        ];
        let line = row("application", &groups, SCREEN, Detail::Usual).expect("a row");
        assert_eq!(
            line,
            "  application  shop 40, report\\u{1b}[2J\n               9, (not told) 3, a 2, 2\n               more with 2"
        );
        assert!(
            row("user", &groups, SCREEN, Detail::Usual).is_some_and(|line| line.starts_with("  user         shop"))
        );
        assert_eq!(row("age", &[], SCREEN, Detail::Usual), None);
    }
}
