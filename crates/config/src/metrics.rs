//! What is exported, and under which names.

use std::sync::Arc;

use crate::field::Field;
use crate::fields::Fields;
use crate::findings::Findings;

/// Which names a fact is exported under.
// Exhaustive on purpose: it is the value list of `metrics.naming`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// Both dialects side by side.
    #[default]
    Both,
    /// The design's names, some in milliseconds, for dashboards that are there already.
    Compat,
    /// The names that Prometheus' own guidelines lead to.
    Prometheus,
}

impl Naming {
    pub(crate) const WORDS: &[(&str, Self)] =
        &[("both", Self::Both), ("prometheus", Self::Prometheus), ("compat", Self::Compat)];
}

/// The part `metrics` of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// Which names a fact is exported under.
    pub naming: Naming,
    /// The upper bounds of the histograms' buckets, in seconds, ascending; none for sums and counts only.
    pub buckets: Arc<[f64]>,
}

impl Metrics {
    /// From a query on the same host to the deadline of a probe, in the steps 1, 2.5, 5 that are usual for Prometheus.
    pub const BUCKETS: [f64; 17] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
        10.0,
    ];
}

impl Default for Metrics {
    fn default() -> Self {
        Self { naming: Naming::default(), buckets: Self::BUCKETS.into() }
    }
}

/// Every bucket is a series a target and phase: more would be a mistake that Prometheus pays for.
const MOST_BUCKETS: usize = 100;

pub(crate) fn read(field: Field<'_>, findings: &mut Findings) -> Metrics {
    let mut metrics = Metrics::default();
    let fields = Fields::read("`metrics`", field.node, &[&["buckets", "naming"]], findings);
    fields.set("naming", &mut metrics.naming, findings, |field, findings| field.word(Naming::WORDS, findings));
    fields.set("buckets", &mut metrics.buckets, findings, buckets);
    metrics
}

fn buckets(field: Field<'_>, findings: &mut Findings) -> Option<Arc<[f64]>> {
    let items = field.items(findings);
    if items.len() > MOST_BUCKETS {
        field.complain(findings, format!("more than {MOST_BUCKETS} buckets"));
        return None;
    }
    let mut buckets = Vec::with_capacity(items.len());
    for item in items {
        let bucket = item.number(findings)?;
        if bucket <= buckets.last().copied().unwrap_or(0.0) {
            item.complain(findings, "the bounds are seconds, greater than 0 and ascending").show(item.written());
            return None;
        }
        buckets.push(bucket);
    }
    Some(buckets.into())
}
