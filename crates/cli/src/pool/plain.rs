//! One line a fact, for programs.

use std::fmt::Write as _;

use dbprobe::tasks::{Pool, PoolConnection, PoolGroup, PoolGroups, PoolHealth};

use crate::choice::Detail;
use crate::pointer::Pointer;
use crate::printable::printable;

/// A group that the server does not name.
const NAMELESS: &str = "(not told)";
/// Longer DSNs are cut round the place that is pointed at.
const WIDTH: usize = 200;

/// Every fact of every target, and where its DSN is wrong; with `-q` one line of those that are not fine.
pub(super) fn render(seen: &[Pool], pointers: &[Option<&Pointer>], detail: Detail) -> String {
    let mut text = String::new();
    for (pool, pointer) in seen.iter().zip(pointers) {
        let is_fine = pool.pool_health.is_some_and(|health| health < PoolHealth::High) && pool.fits() != Some(false);
        if detail == Detail::Quiet && is_fine {
            continue;
        }
        let facts = if detail == Detail::Quiet { vec![first(pool)] } else { facts(pool, *pointer) };
        for fact in facts {
            let _ = writeln!(text, "{}: {}", printable(&pool.database_name), printable(&fact));
        }
    }
    text
}

fn first(pool: &Pool) -> String {
    match (pool.pool_health, pool.checked_out, pool.pool_size, pool.utilization_percent) {
        (Some(health), Some(used), Some(size), Some(percent)) => {
            format!("{} {used} of {size} {percent:.2}%", health.as_str())
        }
        _ => format!("not known: {}", pool.not_known.as_deref().unwrap_or("the server does not tell")),
    }
}

fn facts(pool: &Pool, pointer: Option<&Pointer>) -> Vec<String> {
    let mut facts = vec![first(pool)];
    if let Some(groups) = &pool.connections {
        for (kind, groups) in kinds(groups) {
            facts.extend(groups.iter().map(|group| format!("{kind} {} {}", group.count, name(group))));
        }
    }
    facts.extend(pool.idle_in_transaction.iter().map(|one| format!("idle_in_transaction {}", connection(one))));
    facts.extend(pool.waiting.iter().map(|one| format!("waiting {}", connection(one))));
    let words = [
        ("headroom", pool.overflow_analysis.as_ref().map(|analysis| analysis.summary.clone())),
        ("hidden", pool.hidden.clone()),
        ("error", pool.error.clone()),
    ];
    facts.extend(words.into_iter().filter_map(|(word, text)| Some(format!("{word}: {}", text?))));
    facts.extend(pointer.into_iter().flat_map(|pointer| pointer.lines(WIDTH)));
    facts.extend(pool.recommendation.as_ref().map(|advice| format!("advice: {advice}")));
    facts
}

/// The groups, each kind with its word.
pub(super) fn kinds(groups: &PoolGroups) -> [(&'static str, &[PoolGroup]); 6] {
    [
        ("user", &groups.user),
        ("application", &groups.application),
        ("database", &groups.database),
        ("address", &groups.address),
        ("state", &groups.state),
        ("age", &groups.age),
    ]
}

pub(super) fn name(group: &PoolGroup) -> &str {
    group.name.as_deref().unwrap_or(NAMELESS)
}

fn connection(one: &PoolConnection) -> String {
    let mut text = one.id.clone();
    if let Some(duration) = one.duration_ms {
        let _ = write!(text, " {:.1}s", duration / 1000.0);
    }
    let named = [
        ("user", &one.user),
        ("application", &one.application),
        ("database", &one.database),
        ("address", &one.address),
    ];
    for (word, value) in named {
        if let Some(value) = value {
            let _ = write!(text, " {word}={value}");
        }
    }
    if !one.blocked_by.is_empty() {
        let _ = write!(text, " blocked_by={}", one.blocked_by.join(","));
    }
    if let Some(what) = &one.waits_for {
        let _ = write!(text, " for: {what}");
    }
    text
}
