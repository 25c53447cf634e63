//! Settings of Prometheus metrics.

use std::collections::HashMap;

use prometheus::Registry;

use super::PrometheusMetrics;
use super::error::PrometheusError;
use super::families::{Families, LABELS, Shared};
use super::{buckets, name};

/// The label that holds the service, where it is no prefix.
const SERVICE: &str = "service";

/// Settings of [`PrometheusMetrics`].
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until they are built"]
pub struct PrometheusMetricsBuilder {
    service: String,
    place: Place,
    default_registry: fn() -> &'static Registry,
    registry: Option<Registry>,
    buckets: Vec<f64>,
    const_labels: Vec<(String, String)>,
}

/// Where the service's name stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    Prefix,
    Label,
}

impl PrometheusMetricsBuilder {
    pub(super) fn new(service: &str, default_registry: fn() -> &'static Registry) -> Self {
        Self {
            service: service.into(),
            place: Place::Prefix,
            default_registry,
            registry: None,
            buckets: buckets::DEFAULT.into(),
            const_labels: Vec::new(),
        }
    }

    /// With the service as label rather than as prefix: `database_…{service="content-service"}`. The label holds the name
    /// as it is given.
    pub fn service_as_label(mut self) -> Self {
        self.place = Place::Label;
        self
    }

    /// In `registry` rather than in the default one of the process.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// With these upper bounds of all histograms' buckets, in seconds; without them, from 50 µs to 10 s in 17 steps.
    pub fn buckets(mut self, buckets: impl Into<Vec<f64>>) -> Self {
        self.buckets = buckets.into();
        self
    }

    /// With a further label on every series, the same on all of them.
    pub fn const_label(mut self, name: &str, value: &str) -> Self {
        self.const_labels.push((name.into(), value.into()));
        self
    }

    /// Registers the families.
    ///
    /// # Errors
    /// A service whose name cannot be made legal, buckets that do not ascend, a label that is illegal or in use, families
    /// that are registered already. Nothing is registered then.
    pub fn build(self) -> Result<PrometheusMetrics, PrometheusError> {
        if !buckets::are_ascending(&self.buckets) {
            return Err(PrometheusError::Buckets);
        }
        let mut labels = self.const_labels;
        let prefix = match self.place {
            Place::Prefix => format!("{}_database_", name::legal(&self.service)?),
            Place::Label if self.service.is_empty() => return Err(PrometheusError::Service(self.service)),
            Place::Label => {
                labels.push((SERVICE.into(), self.service));
                "database_".into()
            }
        };
        let shared = Shared { prefix, const_labels: distinct(labels)?, buckets: self.buckets };
        let families = Families::new(shared).map_err(PrometheusError::Registry)?;
        PrometheusMetrics::register(families, &self.registry.unwrap_or_else(|| (self.default_registry)().clone()))
    }
}

/// The labels by their names, each of which is legal, nobody else's and there once.
fn distinct(labels: Vec<(String, String)>) -> Result<HashMap<String, String>, PrometheusError> {
    let mut distinct = HashMap::new();
    for (name, value) in labels {
        let taken = LABELS.contains(&name.as_str()) || distinct.contains_key(&name);
        if taken || !name::is_label(&name) {
            return Err(PrometheusError::Label(name));
        }
        distinct.insert(name, value);
    }
    Ok(distinct)
}
