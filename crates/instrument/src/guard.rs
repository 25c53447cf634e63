//! A query or transaction under way.

use std::any::Any;
use std::fmt;
use std::time::{Duration, Instant};

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
        self.end(self.since.elapsed(), Outcome::Ok);
    }

    /// It ended with `error`; a transaction was rolled back.
    pub fn fail<E: 'static>(mut self, error: &E) {
        let (all, after) = (self.all, self.since.elapsed());
        // After the clock was read: finding the code is no part of the work.
        self.end(after, Outcome::Failed(&all.code(error as &dyn Any)));
    }

    /// It ended as `result` says.
    pub fn finish<T, E: 'static>(self, result: &Result<T, E>) {
        match result {
            Ok(_) => self.succeed(),
            Err(error) => self.fail(error),
        }
    }

    /// It was given up, whatever else happens on this thread.
    pub(crate) fn cancel(mut self) {
        self.end(self.since.elapsed(), Outcome::Cancelled);
    }

    fn end(&mut self, after: Duration, outcome: Outcome<'_>) {
        self.told = true;
        ended(self.series, after, outcome);
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !self.told {
            let outcome = if std::thread::panicking() { Outcome::Failed(PANIC) } else { Outcome::Cancelled };
            self.end(self.since.elapsed(), outcome);
        }
    }
}

impl fmt::Debug for Guard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("since", &self.since).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use super::*;
    use crate::limits::Limits;
    use crate::none::NoMetrics;
    use crate::series::Classify;

    /// Keeps how long it took.
    #[derive(Default)]
    struct Took(OnceLock<Duration>);

    impl Series for Took {
        fn ended(&self, after: Duration, _: Outcome<'_>) {
            self.0.get_or_init(|| after);
        }
    }

    #[test]
    fn naming_an_error_is_no_part_of_the_time() {
        let named = Arc::new(OnceLock::new());
        let begun = Arc::clone(&named);
        let classify: Classify = Box::new(move |_: &dyn Any| {
            let begun = *begun.get_or_init(Instant::now);
            while begun.elapsed() < Duration::from_millis(10) {}
            None
        });
        let all = AllSeries::new(Box::new(NoMetrics), Limits::default(), Some(classify));
        let (took, before) = (Took::default(), Instant::now());
        Guard::new(&all, &took).fail(&1_u8);
        assert!(*took.0.get().unwrap() <= *named.get().unwrap() - before);
    }
}
