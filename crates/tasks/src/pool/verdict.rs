//! From numbers to a word and to advice.

use std::time::Duration;

use dbprobe_core::milliseconds;
use serde::Serialize;

use super::Pool;
use super::groups::PoolGroup;
use super::names::PoolConnection;

/// How full a pool is.
// Exhaustive on purpose: users read these three. `Ord` goes from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PoolHealth {
    /// There is room.
    Optimal,
    /// There is room, but not for twice as many.
    Moderate,
    /// The next burst may not get in.
    High,
}

impl PoolHealth {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Optimal => "optimal",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// From which share on a pool is called what, in percent.
///
/// The usual ones are a judgement: from 60 % on, the loss of one of three application servers' pools to the other two
/// fills it; from 80 % on, a rolling deploy, during which old and new pools are open side by side, may not fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoolThresholds {
    /// From here on it is moderate; usually 60.
    pub moderate: f64,
    /// From here on it is high; usually 80.
    pub high: f64,
}

impl Default for PoolThresholds {
    fn default() -> Self {
        Self { moderate: 60.0, high: 80.0 }
    }
}

impl PoolThresholds {
    /// The word for a utilization in percent. Whatever reaches `high` is high, also where that is below `moderate`.
    pub fn health(&self, utilization: f64) -> PoolHealth {
        match utilization {
            percent if percent >= self.high => PoolHealth::High,
            percent if percent >= self.moderate => PoolHealth::Moderate,
            _ => PoolHealth::Optimal,
        }
    }
}

/// `used` of `all` in percent, to two digits behind the point. Of nothing, anything is all of it.
#[expect(clippy::cast_precision_loss, reason = "connections are counted in thousands")]
pub(crate) fn percent(used: u64, all: u64) -> f64 {
    if all == 0 {
        return if used == 0 { 0.0 } else { 100.0 };
    }
    (used as f64 / all as f64 * 10_000.0).round() / 100.0
}

/// What to do next: a sentence for each thing that is worth it.
pub(super) fn recommend(pool: &Pool, health: PoolHealth) -> String {
    let mut advice = Vec::new();
    let holder = pool.connections.as_ref().and_then(|groups| largest(groups.application.first(), groups.user.first()));
    let holder = holder.map(|holder| format!("; {holder}")).unwrap_or_default();
    match health {
        PoolHealth::Optimal => {}
        PoolHealth::Moderate => advice.push(format!("watch it grow before the next application is added{holder}")),
        PoolHealth::High => advice.push(format!("make pools smaller or put a pooler before the server{holder}")),
    }
    if let Some(longest) = pool.idle_in_transaction.first().filter(|one| lasts(one, LONG_TRANSACTION)) {
        advice.push(format!("find out why {longest} keeps its transaction open"));
    }
    advice.extend(waits_for_locks(&pool.waiting));
    if pool.fits() == Some(false)
        && let Some(analysis) = &pool.overflow_analysis
    {
        advice.push(analysis.summary.clone());
    }
    if advice.is_empty() { "nothing to do".to_owned() } else { advice.join("; ") }
}

/// An idle transaction that is younger is likely to be between two statements, and a wait that is shorter is no news.
const LONG_TRANSACTION: Duration = Duration::from_secs(60);
const LONG_WAIT: Duration = Duration::from_secs(1);

fn waits_for_locks(waiting: &[PoolConnection]) -> Option<String> {
    let long = || waiting.iter().filter(|one| lasts(one, LONG_WAIT));
    let blocker = long().find_map(|one| one.blocked_by.first());
    let holder = blocker.map(|blocker| format!("look at {blocker}, which others wait for"));
    holder.or_else(|| {
        let longest = long().find(|one| is_for_a_lock(one))?;
        Some(format!("find out who holds the lock that {longest} waits for"))
    })
}

/// Some servers say that a lock is waited for, and not who has it. One of PostgreSQL's inner locks is no session's, and
/// a job that waits for work, as Redis' `BLPOP` does, waits for none.
fn is_for_a_lock(one: &PoolConnection) -> bool {
    const OTHERS: [&str; 2] = ["LWLock", "blocking command"];
    let is_other = |what: &str| OTHERS.iter().any(|other| what.starts_with(other));
    let is_lock = |what: &str| what.to_lowercase().contains("lock") || what.starts_with("LCK_");
    one.waits_for.as_ref().is_some_and(|what| is_lock(what) && !is_other(what))
}

fn lasts(one: &PoolConnection, least: Duration) -> bool {
    one.duration_ms.is_some_and(|duration| duration >= milliseconds(least))
}

/// Who holds the most, by application where that is known.
fn largest(application: Option<&PoolGroup>, user: Option<&PoolGroup>) -> Option<String> {
    let named = |kind: &str, group: &PoolGroup| {
        group.name.as_ref().map(|name| format!("{kind} {name} holds {} connections", group.count))
    };
    let application = application.and_then(|group| named("application", group));
    application.or_else(|| user.and_then(|group| named("user", group)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_begin_where_the_documentation_says() {
        let word = |percent: f64| PoolThresholds::default().health(percent);
        assert_eq!([0.0, 59.99].map(word), [PoolHealth::Optimal; 2]);
        assert_eq!([60.0, 79.99].map(word), [PoolHealth::Moderate; 2]);
        assert_eq!([80.0, 100.0, 120.0].map(word), [PoolHealth::High; 3]);
        assert_eq!(PoolThresholds { moderate: 90.0, high: 10.0 }.health(10.0), PoolHealth::High);
    }

    #[test]
    fn a_lock_whose_holder_is_not_told_is_worth_a_sentence() {
        let waits = |what: &str| PoolConnection {
            id: "17".to_owned(),
            user: None,
            application: None,
            database: None,
            address: None,
            duration_ms: Some(2_000.0),
            waits_for: Some(what.to_owned()),
            blocked_by: Vec::new(),
        };
        let of_locks = ["Waiting for table metadata lock", "LCK_M_X", "Lock: relation", "LWLock: WALWrite"];
        assert_eq!(of_locks.map(|what| is_for_a_lock(&waits(what))), [true, true, true, false]);
        assert_eq!(["blocking command: blpop", "IO: DataFileRead"].map(|what| is_for_a_lock(&waits(what))), [false; 2]);
        let advice = waits_for_locks(&[waits("IO: DataFileRead"), waits("Waiting for table metadata lock")]);
        assert_eq!(advice.as_deref(), Some("find out who holds the lock that 17 waits for"));
        let blocked = PoolConnection { blocked_by: vec!["4".to_owned()], ..waits("Lock: relation") };
        assert_eq!(
            waits_for_locks(&[waits("Lock: tuple"), blocked]).as_deref(),
            Some("look at 4, which others wait for")
        );
        assert_eq!(waits_for_locks(&[PoolConnection { duration_ms: Some(10.0), ..waits("Lock: relation") }]), None);
    }

    #[test]
    fn shares_have_two_digits() {
        assert_eq!([percent(2, 15), percent(2, 10), percent(0, 0), percent(1, 0)], [13.33, 20.0, 0.0, 100.0]);
    }
}
