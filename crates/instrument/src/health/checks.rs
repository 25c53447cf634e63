//! All that is looked at in one go.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::check::{Asked, Check, bounded};
use super::failure::Failure;
use super::resource::Resource;
use crate::pool_status::{PoolState, PoolStatus};
use crate::series::guarded;

/// Finds out the figures of the database.
pub(super) type Resources = Box<dyn Fn() -> BoxFuture<'static, Result<Vec<Resource>, Failure>> + Send + Sync>;

/// What is looked at.
pub(super) struct Checks {
    pub(super) service: String,
    pub(super) connectivity: Check,
    pub(super) pool: Option<Box<dyn PoolState>>,
    /// How much of the pool may be in use, in percent.
    pub(super) pool_threshold: f64,
    pub(super) performance: Option<(Duration, Check)>,
    pub(super) resources: Option<Resources>,
}

/// What was seen. What was not looked at is `None`.
pub(super) struct Seen {
    pub(super) connectivity: Asked,
    pub(super) pool: Option<PoolStatus>,
    pub(super) performance: Option<Asked>,
    pub(super) resources: Option<Result<Vec<Resource>, Failure>>,
}

impl Checks {
    /// Looks at everything, one after the other so that it needs one connection only, until `deadline` at the most.
    /// Where nobody answers nothing more is asked.
    pub(super) async fn look(&self, deadline: Instant) -> Seen {
        // Before the check itself takes a connection.
        let pool = self.pool.as_ref().and_then(|pool| guarded(|| pool.status()));
        let connectivity = self.connectivity.ask(deadline).await;
        if connectivity.failure.is_some() {
            return Seen { connectivity, pool, performance: None, resources: None };
        }
        let performance = match &self.performance {
            Some((_, check)) => Some(check.ask(deadline).await),
            None => None,
        };
        let resources = match &self.resources {
            Some(resources) => Some(bounded(deadline, resources).await),
            None => None,
        };
        Seen { connectivity, pool, performance, resources }
    }
}
