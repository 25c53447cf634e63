//! How a case ends.

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It held.
    Passed,
    /// It did not, and what was seen instead.
    Failed(String),
    /// It was not run, and why.
    Skipped(String),
}

/// What ends a case before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A rule is broken.
    Broken(String),
    /// This server cannot be asked.
    NotHere(String),
}

/// How a case says that it holds.
pub(crate) type Verdict = Result<(), Stop>;

/// Ends a case when a rule does not hold.
macro_rules! demand {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err($crate::conformance::outcome::Stop::Broken(format!($($message)+)));
        }
    };
}
pub(crate) use demand;

/// The end of a case that this server cannot be asked to run.
pub(crate) fn not_here<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::NotHere(why.into()))
}

/// The end of a case because of `why`.
pub(crate) fn broken<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Broken(why.into()))
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Ok(()) => Self::Passed,
            Err(Stop::Broken(why)) => Self::Failed(why),
            Err(Stop::NotHere(why)) => Self::Skipped(why),
        }
    }
}
