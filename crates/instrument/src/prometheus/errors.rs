//! Errors of one query, transaction or pool, by their codes.

use std::sync::{Arc, OnceLock};

use prometheus::IntCounter;

use super::families::Families;
use crate::code::OTHER;
use crate::table::Table;

/// Codes that one query keeps apart: with the tracker's limits alone there could be a series for each pair of a query
/// and a code.
const CODES: usize = 16;

/// The errors of what `operation`, `table` and `query` stand for.
pub(super) struct Errors {
    families: Arc<Families>,
    labels: [Box<str>; 3],
    /// Most queries never fail, so none of them has a table from the start.
    by_code: OnceLock<Table<IntCounter, 1>>,
    other: OnceLock<IntCounter>,
}

impl Errors {
    pub(super) fn new(families: &Arc<Families>, labels: [&str; 3]) -> Self {
        let families = Arc::clone(families);
        Self { families, labels: labels.map(Box::from), by_code: OnceLock::new(), other: OnceLock::new() }
    }

    /// Counts an error of this code.
    pub(super) fn count(&self, code: &str) {
        let by_code = self.by_code.get_or_init(|| Table::new(CODES));
        let own = by_code.entry([code], || self.counter(code));
        own.unwrap_or_else(|| self.other.get_or_init(|| self.counter(OTHER))).inc();
    }

    fn counter(&self, code: &str) -> IntCounter {
        let [operation, table, query] = &self.labels;
        self.families.errors.child([operation, table, query, code])
    }
}
