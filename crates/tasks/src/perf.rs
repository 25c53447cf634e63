//! How fast is it?

mod distribution;
mod nothing;
mod rating;

mod options;

mod measurement;

mod baseline;
mod lane;
mod result;
mod stage;

mod connects;

mod assess;
mod run;

#[cfg(test)]
mod tests;

pub use baseline::{PerfBaseline, PerfChange, PerfComparison};
pub use distribution::{Bin, Distribution};
pub use measurement::Measurement;
pub use options::{PerfOptions, PerfQuery};
pub use rating::{Rating, RatingLimits};
pub use result::{ConnectionMetrics, Perf, PerfAssessment, PerfSettings, PoolEfficiency};
pub use run::PerfProgress;

use crate::database::Database;

/// The name and version of the result's shape.
const SCHEMA: &str = "dbprobe.perf/v1";

/// Measures how long connecting, a ping, the write, the read and the user's queries take.
///
/// # What is measured
///
/// The service time in a closed loop: a session asks again when it has its answer, so a server that stands still delays
/// the next question instead of being asked in the meantime. That is what one client sees, not what clients see that
/// arrive at a rate of their own; for those, a stall counts once here and would count for every one that waits
/// ("coordinated omission").
///
/// One after the other: connecting (at most [`PerfOptions::MOST_CONNECTS`] sessions, one at a time), the ping, the write
/// with its read, each query, and with a concurrency above 1 the ping over all sessions. The write and the read run on
/// one session in any case: the proof of a write is one row a prober, and several sessions would only wait for each
/// other's lock on it. A read that follows a write reads that write back.
///
/// An operation is what a probe does, with the statements that go with it: the ping also learns what the server is, which
/// costs it more than `SELECT 1`, and a query of the user's is measured with the read-only transaction round it, which on
/// PostgreSQL is three round trips. So compare a run with a run, and not with a loop of bare statements.
///
/// A session that is opened is asked once before anything is measured on it, and the first one is inspected. So on a
/// server there are, for each operation, the warm-up and the iterations, and one ping a session.
///
/// # Limits
///
/// Each operation has the plan's time-out, and the run ends with [`PerfOptions::duration`] where that is given, else with
/// the iterations. Five failures in a row end an operation, and so does one that waiting will not mend. A session that
/// is lost is opened again, at most ten times an operation. There are never more sessions than `concurrency` and one that
/// connecting is measured with; the plan's interrupt ends all of it, and what was measured until then is returned.
///
/// # Errors
///
/// None: where nothing could be measured, [`Perf::failure`] says why. Dropping the future closes the sessions.
///
/// # Example
///
/// ```
/// use dbprobe_core::{Dsn, Query};
/// use dbprobe_tasks::{Database, PerfOptions, PerfQuery, perf};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), dbprobe_core::DsnError> {
/// let database = Database::new((dbprobe_sqlite::ENGINE.open)(&Dsn::parse("file::memory:")?)?);
/// let options = PerfOptions {
///     queries: vec![PerfQuery::new("answer", Query::read_only("SELECT 42"))],
///     ..PerfOptions::default()
/// };
/// let result = perf(&database, &options).await;
/// let answer = &result.query_performance["answer"];
/// println!("{:?} ms, {:?}", answer.distribution.p99_ms, result.overall_assessment.performance_rating);
/// assert_eq!((answer.distribution.n, answer.rows, answer.errors), (100, Some(1), 0));
/// # Ok(())
/// # }
/// ```
pub async fn perf(database: &Database, options: &PerfOptions) -> Perf {
    perf_watched(database, options, &|_| {}).await
}

/// As [`perf`], and tells `watch` after every operation how far it is. `watch` is called between two operations, so
/// its time is in no figure but the rates.
pub async fn perf_watched(
    database: &Database,
    options: &PerfOptions,
    watch: &(dyn for<'a> Fn(PerfProgress<'a>) + Sync),
) -> Perf {
    run::Run::new(database, options, watch).perf().await
}
