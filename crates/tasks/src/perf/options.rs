//! What is measured, how often, and within which limits.

use std::fmt;
use std::time::Duration;

use dbprobe_core::{Access, Class, Failure, Phase, Query, WriteMode};

use super::rating::RatingLimits;

/// What is measured, how often, and within which limits.
#[derive(Clone, Debug)]
pub struct PerfOptions {
    /// How often each operation is carried out before it is measured; the first runs fill caches and plan statements.
    /// With several sessions they share it. Connecting is warmed up by one session.
    pub warm_up: u32,
    /// How often each operation is measured, at most [`PerfOptions::MOST_ITERATIONS`]. Connecting is measured at most
    /// [`PerfOptions::MOST_CONNECTS`] times: a login costs a server more than a query.
    pub iterations: u32,
    /// An end for the whole run: each operation gets an equal share of what time is left. `None` ends by `iterations`
    /// alone, each operation within the plan's time-out.
    pub duration: Option<Duration>,
    /// Over how many sessions the queries and the pool are measured; all else is measured over one. At least one.
    ///
    /// More than one needs room: at most half of the connections that the server has free, and at most
    /// [`PerfOptions::MOST_CONCURRENCY`] where it does not tell.
    pub concurrency: u32,
    /// The user's queries.
    pub queries: Vec<PerfQuery>,
    /// Whether the write is measured, by the plan's [`WriteMode`], and read back.
    pub write: bool,
    /// What makes a run excellent, good or fair.
    pub rating: RatingLimits,
}

impl PerfOptions {
    /// The most measured runs of one operation.
    pub const MOST_ITERATIONS: u32 = 1_000_000;
    /// The most connections that are measured.
    pub const MOST_CONNECTS: u32 = 100;
    /// The most sessions where the server does not tell how many connections it has free.
    pub const MOST_CONCURRENCY: u32 = 16;
    /// An operation ends after so many failures in a row, and at once after one that waiting will not mend.
    pub const FAILURES_IN_A_ROW: u32 = 5;
    /// An operation ends after its session was lost and opened again so often.
    pub const MOST_RECONNECTS: u32 = 10;

    /// # Errors
    /// Class `config`: a name that is reserved or there twice, or nothing to measure.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let wrong = |why: String| Err(Failure::new(Class::Config, why).in_phase(Phase::Configure));
        if self.iterations == 0 || self.iterations > Self::MOST_ITERATIONS || self.concurrency == 0 {
            return wrong(format!("1 to {} iterations over at least one session are expected", Self::MOST_ITERATIONS));
        }
        for (at, query) in self.queries.iter().enumerate() {
            if PerfQuery::RESERVED.contains(&query.name.as_str()) {
                return wrong(format!("a query cannot be called `{}`: that is an operation's name", query.name));
            }
            if self.queries[..at].iter().any(|before| before.name == query.name) {
                return wrong(format!("two queries are called `{}`", query.name));
            }
        }
        Ok(())
    }

    /// Whether a query of the user's may change anything.
    pub(super) fn allows_writes(&self) -> bool {
        self.queries.iter().any(|query| query.query.access == Access::ReadWrite)
    }

    /// Whether a write is asked for at all.
    pub(super) fn writes(&self, mode: WriteMode) -> bool {
        self.write && mode != WriteMode::None
    }
}

impl Default for PerfOptions {
    /// 10 runs to warm up, 100 to measure, one session, no query of the user's, and the write.
    fn default() -> Self {
        Self {
            warm_up: 10,
            iterations: 100,
            duration: None,
            concurrency: 1,
            queries: Vec::new(),
            write: true,
            rating: RatingLimits::default(),
        }
    }
}

/// A query of the user's, under the name that it has in the result. The statement itself is never shown: it may hold
/// secrets.
#[derive(Clone)]
pub struct PerfQuery {
    /// Its name; not one of [`PerfQuery::RESERVED`], and each only once.
    pub name: String,
    /// The statement and its caps.
    pub query: Query,
}

impl PerfQuery {
    /// Names that the result has for operations of its own.
    pub const RESERVED: [&str; 4] = ["connect", "ping", "read", "write"];

    /// A query under `name`.
    pub fn new(name: impl Into<String>, query: Query) -> Self {
        Self { name: name.into(), query }
    }
}

impl fmt::Debug for PerfQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerfQuery").field("name", &self.name).finish_non_exhaustive()
    }
}
