//! What was seen, as it is shown. What is not known is absent.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::check::Asked;
use super::checks::{Checks, Seen};
use super::failure::Failure;
use super::resource::Resource;
use super::status::Status;
use crate::pool_status::PoolStatus;

/// The four checks.
#[derive(Serialize)]
pub(super) struct View {
    pub(super) connectivity: Connectivity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection_pool: Option<ConnectionPool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) query_performance: Option<QueryPerformance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) database_resources: Option<DatabaseResources>,
}

/// Whether the database answers.
#[derive(Serialize)]
pub(super) struct Connectivity {
    pub(super) status: Status,
    #[serde(flatten)]
    pub(super) times: Times,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// How much of the pool is in use.
#[derive(Serialize)]
pub(super) struct ConnectionPool {
    pub(super) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) active: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overflow: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) utilization_percent: Option<f64>,
    threshold_percent: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// Whether a query that stands for the service's work is fast.
#[derive(Serialize)]
pub(super) struct QueryPerformance {
    status: Status,
    #[serde(flatten)]
    times: Times,
    threshold_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// Figures of the database.
#[derive(Serialize)]
pub(super) struct DatabaseResources {
    status: Status,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    figures: BTreeMap<String, Figure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

#[derive(Serialize)]
struct Figure {
    status: Status,
    #[serde(serialize_with = "shortest")]
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shortest_known")]
    limit: Option<f64>,
}

/// What a question's time went to.
#[derive(Serialize)]
pub(super) struct Times {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response_time_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acquire_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_seconds: Option<f64>,
}

impl View {
    pub(super) fn of(checks: &Checks, seen: Seen) -> Self {
        let threshold = checks.performance.as_ref().map(|(threshold, _)| *threshold);
        Self {
            connectivity: Connectivity::of(seen.connectivity),
            connection_pool: seen.pool.and_then(|pool| ConnectionPool::of(pool, checks.pool_threshold)),
            query_performance: seen.performance.zip(threshold).map(|(asked, most)| QueryPerformance::of(asked, most)),
            database_resources: seen.resources.map(DatabaseResources::of),
        }
    }

    /// The view where nothing could be looked at.
    pub(super) fn unanswered(failure: Failure) -> Self {
        let asked = Asked { acquire: None, query: None, whole: None, failure: Some(failure) };
        Self {
            connectivity: Connectivity::of(asked),
            connection_pool: None,
            query_performance: None,
            database_resources: None,
        }
    }

    /// The worst of all.
    pub(super) fn status(&self) -> Status {
        let pool = self.connection_pool.as_ref().map(|pool| pool.status);
        let performance = self.query_performance.as_ref().map(|performance| performance.status);
        let resources = self.database_resources.as_ref().map(|resources| resources.status);
        [pool, performance, resources].into_iter().flatten().fold(self.connectivity.status, Status::max)
    }
}

impl Connectivity {
    fn of(asked: Asked) -> Self {
        let status = if asked.failure.is_some() { Status::Unhealthy } else { Status::Healthy };
        Self { status, times: Times::of(&asked), failure: asked.failure }
    }
}

impl ConnectionPool {
    /// `None` where the pool tells nothing of itself.
    fn of(pool: PoolStatus, threshold: f64) -> Option<Self> {
        if pool == PoolStatus::default() {
            return None;
        }
        let utilization = pool.utilization().map(|share| (share * 10_000.0).round() / 100.0);
        let exceeded = utilization.is_some_and(|utilization| utilization > threshold);
        Some(Self {
            status: if exceeded { Status::Degraded } else { Status::Healthy },
            active: pool.active,
            idle: pool.idle,
            total: pool.total,
            overflow: pool.overflow(),
            waiting: pool.waiting,
            max: pool.max,
            utilization_percent: utilization,
            threshold_percent: threshold,
            failure: exceeded.then(Failure::threshold),
        })
    }
}

impl QueryPerformance {
    /// A query that does not work stands for work that does not; one that is slow is degraded.
    fn of(asked: Asked, threshold: Duration) -> Self {
        let slow = asked.whole.is_some_and(|took| took > threshold);
        let status = match (&asked.failure, slow) {
            (Some(_), _) => Status::Unhealthy,
            (None, true) => Status::Degraded,
            (None, false) => Status::Healthy,
        };
        let failure = asked.failure.clone().or_else(|| slow.then(Failure::threshold));
        Self { status, times: Times::of(&asked), threshold_seconds: threshold.as_secs_f64(), failure }
    }
}

impl DatabaseResources {
    /// Figures that cannot be had keep nobody from working: degraded.
    fn of(resources: Result<Vec<Resource>, Failure>) -> Self {
        let resources = match resources {
            Ok(resources) => resources,
            Err(failure) => {
                return Self { status: Status::Degraded, figures: BTreeMap::new(), failure: Some(failure) };
            }
        };
        let known = resources.into_iter().filter(|resource| resource.value.is_finite());
        let figures: BTreeMap<String, Figure> = known.map(Figure::of).collect();
        let status = figures.values().map(|figure| figure.status).max().unwrap_or(Status::Healthy);
        Self { status, figures, failure: (status > Status::Healthy).then(Failure::threshold) }
    }
}

impl Figure {
    fn of(resource: Resource) -> (String, Self) {
        let status = if resource.exceeds() { Status::Degraded } else { Status::Healthy };
        let limit = resource.limit.filter(|limit| limit.is_finite());
        (resource.name.into_owned(), Self { status, value: resource.value, limit })
    }
}

impl Times {
    fn of(asked: &Asked) -> Self {
        Self {
            response_time_seconds: asked.whole.map(|whole| whole.as_secs_f64()),
            acquire_seconds: asked.acquire.map(|acquire| acquire.as_secs_f64()),
            query_seconds: asked.query.map(|query| query.as_secs_f64()),
        }
    }
}

/// A count as a count: 12 and not 12.0.
fn shortest<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    // Every whole number up to 2^53 is itself as a float.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= WHOLE {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

fn shortest_known<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => shortest(value, serializer),
        None => serializer.serialize_none(),
    }
}
