//! A query or transaction under way.

use std::any::Any;
use std::fmt;
use std::time::Instant;

use crate::metrics::Series;
use crate::outcome::Outcome;
use crate::series::{AllSeries, ended};

/// What went down in a panic is called among the codes of errors.
const PANIC: &str = "panic";

/// A query or transaction under way, for work that is no single future. Dropped without a word it counts as cancelled;
/// dropped by a panic, as an error of the code `panic`.
#[must_use = "a guard that is dropped at once counts as cancelled"]
pub struct Guard<'a> {
    all: &'a AllSeries,
    series: &'a dyn Series,
    since: Instant,
    told: bool,
}

impl<'a> Guard<'a> {
    pub(crate) fn new(all: &'a AllSeries, series: &'a dyn Series) -> Self {
        Self { all, series, since: Instant::now(), told: false }
    }

    /// It ended well; a transaction was committed.
    pub fn succeed(mut self) {
        self.end(Outcome::Ok);
    }

    /// It ended with `error`; a transaction was rolled back.
    pub fn fail<E: 'static>(mut self, error: &E) {
        let all = self.all;
        self.end(Outcome::Failed(&all.code(error as &dyn Any)));
    }

    /// It ended as `result` says.
    pub fn finish<T, E: 'static>(self, result: &Result<T, E>) {
        match result {
            Ok(_) => self.succeed(),
            Err(error) => self.fail(error),
        }
    }

    fn end(&mut self, outcome: Outcome<'_>) {
        self.told = true;
        ended(self.series, self.since.elapsed(), outcome);
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.end(if std::thread::panicking() { Outcome::Failed(PANIC) } else { Outcome::Cancelled });
        }
    }
}

impl fmt::Debug for Guard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("since", &self.since).finish_non_exhaustive()
    }
}
