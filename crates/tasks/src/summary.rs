//! How many databases are, at a glance.

mod options;

mod outcome;

mod ask;

mod advice;
mod cause;

mod alarm;

use dbprobe_core::{milliseconds, now};
use futures_util::StreamExt;
use tokio::time::Instant;

use crate::database::Database;
use crate::word::Word;
use ask::Asked;
use outcome::worst;

pub use options::{SummaryOptions, SummaryThresholds};
pub use outcome::{
    Alert, AlertKind, CauseKind, DatabaseSummary, FailureGroup, PoolUse, Severity, StatusBreakdown, Summary,
};

/// Probes all of `databases` at once and says how they are: the worst status, counts, alerts, and what to do next.
///
/// Each has the time-out of its own plan, so one that hangs costs the others nothing. What fails for one reason is one
/// alert: a host that is gone, the name servers, a certificate or its authority, a user's credentials, a server behind
/// several databases, one mistake of the configuration.
///
/// An exceeded limit makes a database `degraded`. Total: it ends when the slowest probe does, and early when the plans'
/// interrupts are fired. Dropping the future closes what is open.
///
/// ```
/// use dbprobe_core::{Dsn, Registry};
/// use dbprobe_tasks::{Database, SummaryOptions, Word, summary};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::new(&[&dbprobe_sqlite::ENGINE]);
/// let open = |dsn: &str| registry.open(&Dsn::parse(dsn)?);
/// let databases = [
///     Database::new(open("file::memory:")?).named("orders"),
///     Database::new(open("file:/does/not/exist.db")?).named("billing"),
/// ];
/// let summary = summary(&databases, &SummaryOptions::default()).await;
/// assert_eq!(summary.overall_status, Word::Unhealthy);
/// assert_eq!((summary.status_breakdown.healthy, summary.status_breakdown.unhealthy), (1, 1));
/// assert_eq!(summary.alerts[0].database.as_deref(), Some("billing"));
/// # Ok(())
/// # }
/// ```
pub async fn summary(databases: &[Database], options: &SummaryOptions) -> Summary {
    let (begun, timestamp) = (Instant::now(), now());
    let probes = databases.iter().enumerate().map(async |(at, database)| (at, Asked::ask(database, options).await));
    let probes: Vec<_> = probes.collect();
    let mut asked: Vec<(usize, Asked<'_>)> =
        futures_util::stream::iter(probes).buffer_unordered(options.concurrency.max(1)).collect().await;
    asked.sort_by_key(|(at, _)| *at);
    let asked: Vec<Asked<'_>> = asked.into_iter().map(|(_, asked)| asked).collect();
    let (groups, alerts) = alarm::judge(&asked, options);
    let databases: Vec<DatabaseSummary> = asked.iter().map(|asked| asked.summary(options)).collect();
    let count = |word| databases.iter().filter(|database| database.status == word).count();
    Summary {
        schema: "dbprobe.summary/v1",
        overall_status: Word::from(worst(&databases)),
        status_breakdown: StatusBreakdown {
            healthy: count(Word::Healthy),
            degraded: count(Word::Degraded),
            unhealthy: count(Word::Unhealthy),
        },
        groups,
        recommendations: advice::recommendations(&alerts, &asked),
        alerts,
        databases,
        thresholds: options.thresholds(options.limits(&dbprobe_core::Plan::default())),
        timestamp,
        duration_ms: milliseconds(begun.elapsed()),
    }
}

#[cfg(test)]
mod tests;
