//! Who holds the connections, against the server's limit.

mod given;
mod groups;
mod names;

mod headroom;

mod verdict;

use dbprobe_core::{Activities, Class, Connection, Failure, Inspection, Phase, milliseconds, now};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

pub use given::{PoolGiven, PoolOverflow, PoolUsage};
pub use groups::{PoolGroup, PoolGroups};
pub use headroom::{OverflowAnalysis, PoolWanted};
pub use names::PoolConnection;
pub(crate) use verdict::percent;
pub use verdict::{PoolHealth, PoolThresholds};

use crate::database::Database;

/// What [`pool`] is asked.
#[derive(Clone, Debug, Default)]
pub struct PoolOptions {
    /// From which share of the limit on it is moderate, and high.
    pub thresholds: PoolThresholds,
    /// Pools that are to fit beside the connections of others.
    pub wanted: Option<PoolWanted>,
}

/// The connections of one server, against its limit.
///
/// What the server did not tell is absent. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pool {
    /// `dbprobe.pool/v1`.
    pub schema: &'static str,
    /// The target's name.
    pub database_name: String,
    /// The engine's name; absent where the DSN chose none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<&'static str>,
    /// When it was asked, RFC 3339 in UTC.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub timestamp: Timestamp,
    /// The connections that an ordinary role can have at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool_size: Option<u64>,
    /// The connections that are open now, this one included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_out: Option<u64>,
    /// `checked_out` of `pool_size` in percent, to two digits behind the point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization_percent: Option<f64>,
    /// What that means, by [`PoolThresholds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool_health: Option<PoolHealth>,
    /// Why there is no `pool_health`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_known: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommendation: Option<String>,
    /// How many more connections fit, and whether wanted pools do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overflow_analysis: Option<OverflowAnalysis>,
    /// The connections by what they have in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<PoolGroups>,
    /// Those that have been idle in a transaction the longest, at most [`PoolConnection::MOST`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub idle_in_transaction: Vec<PoolConnection>,
    /// Those that have waited for something the longest, at most [`PoolConnection::MOST`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<PoolConnection>,
    /// What the role may not see, so that `connections` is not whole, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<String>,
    /// Why the database did not answer, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The same with its class, code and advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// How long asking took.
    pub duration_ms: f64,
}

impl Pool {
    /// The name of this form of a result.
    pub const SCHEMA: &'static str = "dbprobe.pool/v1";

    /// Whether the pools that were asked for fit; `None` where none was, or where it is not known.
    pub fn fits(&self) -> Option<bool> {
        self.overflow_analysis.as_ref()?.fits
    }
}

/// Counts the connections of `database`'s server against its limit, and says who holds them.
///
/// One session: the login, the inspection, the list of connections and the goodbye, within the plan's time-out. It is
/// tried again as the target's policy says after a failure that may pass. Nothing is written. The text of a statement is
/// never asked for.
///
/// ```
/// use dbprobe_core::Dsn;
/// use dbprobe_tasks::{Database, PoolOptions, pool};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let driver = (dbprobe_sqlite::ENGINE.open)(&Dsn::parse("file::memory:")?)?;
/// let result = pool(&Database::new(driver), &PoolOptions::default()).await;
/// // A file has no connections to count, and that is said; nothing is made up.
/// assert_eq!((result.pool_size, result.pool_health), (None, None));
/// assert_eq!(result.not_known.as_deref(), Some("sqlite has no connections to count"));
/// # Ok(())
/// # }
/// ```
pub async fn pool(database: &Database, options: &PoolOptions) -> Pool {
    let (timestamp, started) = (now(), Instant::now());
    let mut seen = look(database).await;
    for _ in 0..database.policy.retries {
        let passes = seen.as_ref().err().is_some_and(|failure| !failure.is_permanent());
        if !passes || database.plan.interrupt.has_fired() {
            break;
        }
        tokio::select! {
            () = database.plan.interrupt.fired() => break,
            () = tokio::time::sleep(database.policy.retry_interval) => seen = look(database).await,
        }
    }
    let mut pool = empty(database, timestamp);
    match seen {
        Ok(seen) => fill(&mut pool, seen, options),
        Err(failure) => {
            pool.not_known = Some("the database did not answer".to_owned());
            pool.recommendation.clone_from(&failure.advice);
            pool.error = Some(failure.to_string());
            pool.failure = Some(failure);
        }
    }
    pool.duration_ms = milliseconds(started.elapsed());
    pool
}

/// What one session learned.
struct Seen {
    inspection: Inspection,
    activities: Result<Activities, Failure>,
}

async fn look(database: &Database) -> Result<Seen, Failure> {
    let plan = &database.plan;
    let mut connection = Connection::open(database.driver.as_ref(), plan.timeout, &plan.interrupt).await?;
    let inspection = connection.inspect().await;
    let activities = match &inspection {
        Ok(_) => connection.activity().await,
        Err(_) => Err(Failure::new(Class::Unsupported, "not asked").in_phase(Phase::Inspect)),
    };
    connection.close().await;
    Ok(Seen { inspection: inspection?, activities })
}

fn empty(database: &Database, timestamp: Timestamp) -> Pool {
    Pool {
        schema: Pool::SCHEMA,
        database_name: database.name.clone(),
        engine: database.known_engine(),
        timestamp,
        pool_size: None,
        checked_out: None,
        utilization_percent: None,
        pool_health: None,
        not_known: None,
        recommendation: None,
        overflow_analysis: None,
        connections: None,
        idle_in_transaction: Vec::new(),
        waiting: Vec::new(),
        hidden: None,
        error: None,
        failure: None,
        duration_ms: 0.0,
    }
}

fn fill(pool: &mut Pool, seen: Seen, options: &PoolOptions) {
    let Seen { inspection, activities } = seen;
    let lists = !matches!(&activities, Err(failure) if failure.class == Class::Unsupported);
    let activities = activities.unwrap_or_else(|failure| Activities {
        hidden: lists.then(|| format!("the connections could not be listed: {failure}")),
        ..Activities::default()
    });
    pool.pool_size = inspection.connections_max;
    // A list that is whole counts as well as the server does.
    let counted = activities.list.len() as u64;
    let whole = activities.hidden.is_none() && (1..Activities::MOST as u64).contains(&counted);
    pool.checked_out = inspection.connections.or(whole.then_some(counted));
    if !activities.list.is_empty() {
        pool.connections = Some(PoolGroups::of(&activities.list));
        pool.idle_in_transaction = names::idle_in_transaction(&activities.list);
        pool.waiting = names::waiting(&activities.list);
    }
    pool.hidden = activities.hidden;
    let (Some(size), Some(used)) = (pool.pool_size, pool.checked_out) else {
        pool.not_known = Some(match (pool.pool_size, pool.checked_out) {
            (None, None) if !lists => format!("{} has no connections to count", pool.engine.unwrap_or("this target")),
            (None, _) => "the server does not tell this role its limit of connections".to_owned(),
            _ => "the server does not tell this role how many connections are open".to_owned(),
        });
        return;
    };
    let utilization = percent(used, size);
    let health = options.thresholds.health(utilization);
    pool.utilization_percent = Some(utilization);
    pool.pool_health = Some(health);
    pool.overflow_analysis = Some(headroom::analyse(size, used, &activities.list, options.wanted.as_ref()));
    pool.recommendation = Some(verdict::recommend(pool, health));
}

#[cfg(test)]
mod tests;
