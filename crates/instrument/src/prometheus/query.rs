//! The figures of one query.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus::Histogram;

use super::errors::Errors;
use super::families::Families;
use crate::metrics::Series;
use crate::outcome::Outcome;
use crate::query::Query;

/// The figures of one query. Those of failures are made at the first failure, as most queries have none.
pub(super) struct QueryFigures {
    families: Arc<Families>,
    labels: [Box<str>; 3],
    ok: Histogram,
    failed: OnceLock<Histogram>,
    cancelled: OnceLock<Histogram>,
    errors: Errors,
}

impl QueryFigures {
    pub(super) fn new(families: &Arc<Families>, query: &Query<'_>) -> Self {
        let labels = [query.operation, query.table, query.name];
        Self {
            families: Arc::clone(families),
            ok: families.queries.child([query.operation, query.table, query.name, "ok"]),
            failed: OnceLock::new(),
            cancelled: OnceLock::new(),
            errors: Errors::new(families, labels),
            labels: labels.map(Box::from),
        }
    }

    fn histogram(&self, outcome: &str) -> Histogram {
        let [operation, table, query] = &self.labels;
        self.families.queries.child([operation, table, query, outcome])
    }
}

impl Series for QueryFigures {
    fn ended(&self, after: Duration, outcome: Outcome<'_>) {
        let seconds = after.as_secs_f64();
        match outcome {
            Outcome::Ok => self.ok.observe(seconds),
            Outcome::Failed(code) => {
                self.failed.get_or_init(|| self.histogram("error")).observe(seconds);
                self.errors.count(code);
            }
            Outcome::Cancelled => self.cancelled.get_or_init(|| self.histogram("cancelled")).observe(seconds),
        }
    }
}
