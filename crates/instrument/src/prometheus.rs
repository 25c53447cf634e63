//! Metrics that a Prometheus server scrapes.

mod buckets;
mod error;
mod name;

mod family;

mod families;
mod gauges;

mod errors;

mod pool;
mod query;
mod transaction;

mod builder;

use std::sync::{Arc, Weak};

use ::prometheus::core::{Collector, Desc};
use ::prometheus::proto::MetricFamily;
use ::prometheus::{Registry, default_registry};

use crate::metrics::{DatabaseMetrics, PoolSeries, Series};
use crate::pool_status::PoolState;
use crate::query::Query;

pub use builder::PrometheusMetricsBuilder;
pub use error::PrometheusError;

use families::Families;
use gauges::Pools;
use pool::PoolFigures;
use query::QueryFigures;
use transaction::TransactionFigures;

/// Metrics that a Prometheus server scrapes, in a registry of the `prometheus` crate.
///
/// Cheap to clone; clones share everything. A service is registered once in a registry: keep a clone, or the
/// [`Tracker`](crate::Tracker), where the application keeps its state. It is itself a `Collector`.
#[derive(Clone, Debug)]
pub struct PrometheusMetrics {
    families: Arc<Families>,
    pools: Arc<Pools>,
    registry: Registry,
}

impl PrometheusMetrics {
    /// The metrics of `service` in the default registry of the process, all families named `{service}_database_…`.
    ///
    /// In a name, each character that is no ASCII letter, digit or underscore becomes an underscore, and one is put
    /// before a leading digit: `content-service` is `content_service_database_…`.
    ///
    /// # Errors
    /// A name without any ASCII letter or digit, and a service that is registered already.
    pub fn new(service: &str) -> Result<Self, PrometheusError> {
        Self::builder(service).build()
    }

    /// The metrics of `service` with settings of one's own.
    pub fn builder(service: &str) -> PrometheusMetricsBuilder {
        PrometheusMetricsBuilder::new(service, default_registry)
    }

    /// Takes the families out of their registry, so that the service can be registered there anew. What is still
    /// recorded is not seen any more.
    ///
    /// # Errors
    /// They are not registered (any more).
    pub fn unregister(&self) -> Result<(), PrometheusError> {
        self.registry.unregister(Box::new(self.clone())).map_err(PrometheusError::Registry)
    }

    fn register(families: Families, registry: &Registry) -> Result<Self, PrometheusError> {
        let pools = Arc::new(Pools::default());
        let metrics = Self { families: Arc::new(families), pools, registry: registry.clone() };
        match registry.register(Box::new(metrics.clone())) {
            Ok(()) => Ok(metrics),
            Err(::prometheus::Error::AlreadyReg) => Err(PrometheusError::Registered(metrics.families.prefix().into())),
            Err(error) => Err(PrometheusError::Registry(error)),
        }
    }
}

impl DatabaseMetrics for PrometheusMetrics {
    fn query(&self, query: &Query<'_>) -> Box<dyn Series> {
        Box::new(QueryFigures::new(&self.families, query))
    }

    fn transaction(&self, name: &str) -> Box<dyn Series> {
        Box::new(TransactionFigures::new(&self.families, name))
    }

    fn pool(&self, name: &str, state: Weak<dyn PoolState>) -> Arc<dyn PoolSeries> {
        self.pools.add(name, state);
        Arc::new(PoolFigures::new(&self.families, name))
    }
}

impl Collector for PrometheusMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.families.descs()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = self.families.collect();
        families.extend(self.families.gauges.collect(&self.pools));
        families
    }
}
