//! The figures of one transaction.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus::{Histogram, IntCounter};

use super::errors::Errors;
use super::families::Families;
use crate::metrics::Series;
use crate::outcome::Outcome;

/// What a transaction is called among the operations of `errors_total`.
const OPERATION: &str = "transaction";

/// The figures of one transaction. Those of failures are made at the first failure.
pub(super) struct TransactionFigures {
    families: Arc<Families>,
    name: Box<str>,
    committed: Ended,
    rolled_back: OnceLock<Ended>,
    cancelled: OnceLock<Ended>,
    errors: Errors,
}

/// The figures of one outcome.
struct Ended {
    durations: Histogram,
    count: IntCounter,
}

impl TransactionFigures {
    pub(super) fn new(families: &Arc<Families>, name: &str) -> Self {
        Self {
            families: Arc::clone(families),
            name: name.into(),
            committed: Ended::new(families, name, "committed"),
            rolled_back: OnceLock::new(),
            cancelled: OnceLock::new(),
            errors: Errors::new(families, [OPERATION, "", name]),
        }
    }

    fn outcome(&self, word: &str) -> Ended {
        Ended::new(&self.families, &self.name, word)
    }
}

impl Series for TransactionFigures {
    fn ended(&self, after: Duration, outcome: Outcome<'_>) {
        match outcome {
            Outcome::Ok => self.committed.record(after),
            Outcome::Failed(code) => {
                self.rolled_back.get_or_init(|| self.outcome("rolled_back")).record(after);
                self.errors.count(code);
            }
            Outcome::Cancelled => self.cancelled.get_or_init(|| self.outcome("cancelled")).record(after),
        }
    }
}

impl Ended {
    fn new(families: &Families, name: &str, outcome: &str) -> Self {
        Self {
            durations: families.transaction_durations.child([name, outcome]),
            count: families.transactions.child([name, outcome]),
        }
    }

    fn record(&self, after: Duration) {
        self.durations.observe(after.as_secs_f64());
        self.count.inc();
    }
}
