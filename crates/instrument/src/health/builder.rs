//! Settings of a health service.

use std::fmt;
use std::time::Duration;

use futures_util::FutureExt;
use http::request::Parts;

use super::check::Check;
use super::checks::Checks;
use super::details::Details;
use super::failure::Failure;
use super::flight::Flight;
use super::resource::Resource;
use super::service::Health;
use crate::pool::{Pool, TrackedConnection, TrackedPool};
use crate::pool_status::PoolState;

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long an answer is kept.
const KEEP: Duration = Duration::from_secs(1);
/// How much of a pool may be in use, in percent.
const POOL_THRESHOLD: f64 = 80.0;

/// Settings of a [`Health`].
#[must_use = "it does nothing before `build`"]
pub struct HealthBuilder {
    checks: Checks,
    deadline: Duration,
    keep: Duration,
    details: Details,
}

impl HealthBuilder {
    pub(super) fn checking<F, Fut, T, E>(service: String, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: 'static,
        E: 'static,
    {
        Self::new(service, Check::whole(check))
    }

    pub(super) fn asking<P, F, Fut, T, E>(service: String, pool: &TrackedPool<P>, question: F) -> Self
    where
        P: Pool,
        F: Fn(TrackedConnection<P::Connection>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: 'static,
        E: 'static,
    {
        Self::new(service, Check::on(pool, question)).pool(pool.clone())
    }

    fn new(service: String, connectivity: Check) -> Self {
        let checks = Checks {
            service,
            connectivity,
            pool: None,
            pool_threshold: POOL_THRESHOLD,
            performance: None,
            resources: None,
        };
        Self { checks, deadline: DEADLINE, keep: KEEP, details: Details::Never }
    }

    /// With a look at `pool`: how many of its connections are in use, and how many of those that it may hold that is. It
    /// is degraded above [`HealthBuilder::pool_threshold_percent`].
    pub fn pool(mut self, pool: impl PoolState) -> Self {
        self.checks.pool = Some(Box::new(pool));
        self
    }

    /// With another share of the pool that may be in use, in percent of the connections that it may hold; 80 by default.
    /// The check's own connection does not count.
    pub fn pool_threshold_percent(mut self, percent: f64) -> Self {
        self.checks.pool_threshold = percent;
        self
    }

    /// With a query that stands for the service's work. It is degraded where that takes longer than `threshold`, and
    /// unhealthy where it fails or has not ended when the deadline comes.
    pub fn performance<F, Fut, T, E>(mut self, threshold: Duration, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: 'static,
        E: 'static,
    {
        self.checks.performance = Some((threshold, Check::whole(check)));
        self
    }

    /// The same on a connection of `pool`, with the wait for it told apart. Both together are held against `threshold`.
    pub fn performance_on<P, F, Fut, T, E>(mut self, threshold: Duration, pool: &TrackedPool<P>, question: F) -> Self
    where
        P: Pool,
        F: Fn(TrackedConnection<P::Connection>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: 'static,
        E: 'static,
    {
        self.checks.performance = Some((threshold, Check::on(pool, question)));
        self
    }

    /// With figures of the database. It is degraded where one exceeds its limit, or where they cannot be had.
    pub fn resources<F, Fut, R, E>(mut self, resources: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, E>> + Send + 'static,
        R: IntoIterator<Item = Resource> + 'static,
        E: 'static,
    {
        self.checks.resources = Some(Box::new(move || {
            let told = |result: Result<R, E>| match result {
                Ok(resources) => Ok(resources.into_iter().collect()),
                Err(error) => Err(Failure::of(&error)),
            };
            resources().map(told).boxed()
        }));
        self
    }

    /// With another deadline for all checks together; 2 s by default. What has not ended then is dropped.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// With another time for which an answer is kept, from the end of its check on; 1 s by default. This is the bound of
    /// the load: there is at most one check in this time.
    pub fn keep(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// With details for requests whose head `allows` them: by a header, or by an extension such as axum's `ConnectInfo`.
    /// The others see a 403.
    pub fn details_where(mut self, allows: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.details = Details::Where(Box::new(allows));
        self
    }

    /// With details for everybody: for a port that only operators reach.
    pub fn details_for_all(mut self) -> Self {
        self.details = Details::Always;
        self
    }

    /// The service.
    pub fn build(self) -> Health {
        Health::new(Flight::new(self.checks, self.deadline, self.keep), self.details)
    }
}

impl fmt::Debug for HealthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthBuilder")
            .field("service", &self.checks.service)
            .field("deadline", &self.deadline)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}
