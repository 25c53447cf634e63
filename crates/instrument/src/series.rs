//! All series of a tracker: found by name, made at the first use, and no more of them than the limits allow.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use crate::code::{OTHER, error_code};
use crate::limits::Limits;
use crate::metrics::{DatabaseMetrics, PoolSeries, Series};
use crate::none::NoMetrics;
use crate::outcome::Outcome;
use crate::pool_status::PoolState;
use crate::query::Query;
use crate::table::Table;

/// How many operations keep their name where queries are over their limit: there are not that many verbs.
const OPERATIONS: usize = 16;

/// Names the errors of a program's own types.
pub(crate) type Classify = Box<dyn for<'e> Fn(&'e dyn Any) -> Option<Cow<'e, str>> + Send + Sync>;

pub(crate) struct AllSeries {
    metrics: Box<dyn DatabaseMetrics>,
    limits: Limits,
    classify: Option<Classify>,
    queries: Table<Box<dyn Series>, 3>,
    other_queries: Table<Box<dyn Series>, 1>,
    transactions: Table<Box<dyn Series>, 1>,
    pools: Table<(), 1>,
    codes: Table<(), 1>,
    /// Where even the operations are too many.
    rest: OnceLock<Box<dyn Series>>,
    other_transactions: OnceLock<Box<dyn Series>>,
}

impl AllSeries {
    pub(crate) fn new(metrics: Box<dyn DatabaseMetrics>, limits: Limits, classify: Option<Classify>) -> Self {
        Self {
            metrics,
            limits,
            classify,
            queries: Table::new(limits.queries),
            other_queries: Table::new(OPERATIONS),
            transactions: Table::new(limits.transactions),
            pools: Table::new(limits.pools),
            codes: Table::new(limits.error_codes),
            rest: OnceLock::new(),
            other_transactions: OnceLock::new(),
        }
    }

    /// The series of a query; beyond the limit, those of its operation on `other`.
    pub(crate) fn query(&self, operation: &str, table: &str, name: &str) -> &dyn Series {
        let (operation, table, name) = (self.cut(operation), self.cut(table), self.cut(name));
        let own = self.queries.entry([operation, table, name], || self.make_query(operation, table, name));
        let other = || self.other_queries.entry([operation], || self.make_query(operation, OTHER, OTHER));
        let rest = || self.rest.get_or_init(|| self.make_query(OTHER, OTHER, OTHER));
        own.or_else(other).unwrap_or_else(rest).as_ref()
    }

    /// The series of a transaction; beyond the limit, those of `other`.
    pub(crate) fn transaction(&self, name: &str) -> &dyn Series {
        let name = self.cut(name);
        let own = self.transactions.entry([name], || self.make_transaction(name));
        own.unwrap_or_else(|| self.other_transactions.get_or_init(|| self.make_transaction(OTHER))).as_ref()
    }

    /// The series of a pool; beyond the limit, those of `other`.
    pub(crate) fn pool(&self, name: &str, state: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        let name = self.cut(name);
        let name = self.pools.entry([name], || ()).map_or(OTHER, |()| name);
        guarded(|| self.metrics.pool(name, state)).unwrap_or_else(|| Arc::new(NoMetrics))
    }

    /// What `error` is called: no more different words than the limits allow.
    pub(crate) fn code<'e>(&self, error: &'e dyn Any) -> Cow<'e, str> {
        let own = self.classify.as_ref().and_then(|classify| guarded(|| classify(error)).flatten());
        // Guarded too: looking for causes runs `source()` of errors that are not ours.
        let code = own.or_else(|| guarded(|| error_code(error)).flatten());
        let Some(code) = code else { return Cow::Borrowed(OTHER) };
        // A long one is a text rather than a code, and the beginning of a text names nothing.
        let is_code = !code.is_empty() && self.cut(&code).len() == code.len();
        let fits = is_code && self.codes.entry([&code], || ()).is_some();
        if fits { code } else { Cow::Borrowed(OTHER) }
    }

    fn make_query(&self, operation: &str, table: &str, name: &str) -> Box<dyn Series> {
        guarded(|| self.metrics.query(&Query::new(operation, table, name))).unwrap_or_else(|| Box::new(NoMetrics))
    }

    fn make_transaction(&self, name: &str) -> Box<dyn Series> {
        guarded(|| self.metrics.transaction(name)).unwrap_or_else(|| Box::new(NoMetrics))
    }

    fn cut<'v>(&self, value: &'v str) -> &'v str {
        cut(value, self.limits.label)
    }
}

// Whatever panics, here nothing is left half done: the tables are consistent at each step, and what metrics or `classify`
// break is theirs. So a tracker may be used on both sides of a `catch_unwind`.
impl RefUnwindSafe for AllSeries {}

impl fmt::Debug for AllSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracker").field("metrics", &self.metrics).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Records the end of a query or a transaction.
pub(crate) fn ended(series: &dyn Series, after: Duration, outcome: Outcome<'_>) {
    guarded(|| series.ended(after, outcome));
}

/// What metrics do may fail, but not the query that is measured.
pub(crate) fn guarded<T>(metrics: impl FnOnce() -> T) -> Option<T> {
    // What a panic left half done belongs to the metrics, which nobody here looks into.
    catch_unwind(AssertUnwindSafe(metrics)).ok()
}

/// The beginning of `value`, `limit` characters of it at most.
fn cut(value: &str, limit: usize) -> &str {
    // No text has more characters than bytes, so most need not be counted.
    if value.len() <= limit {
        return value;
    }
    value.char_indices().nth(limit).map_or(value, |(end, _)| &value[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_between_characters() {
        let names =
            [("", 0, ""), ("abc", 3, "abc"), ("abc", 2, "ab"), ("abc", 0, ""), ("äöü", 3, "äöü"), ("äöü", 2, "äö")];
        for (name, limit, beginning) in names {
            assert_eq!(cut(name, limit), beginning, "{name:?} at {limit}");
        }
    }

    #[test]
    fn what_metrics_do_is_over_when_they_panic() {
        assert_eq!(guarded(|| 1), Some(1));
        assert_eq!(guarded(|| -> u8 { panic!("metrics are broken") }), None);
    }
}
