//! A histogram with fixed buckets.

use std::sync::Arc;
use std::time::Duration;

/// How often something took how long, in the buckets that the configuration gives.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    bounds: Arc<[f64]>,
    /// One a bound and one beyond; not cumulative.
    counts: Box<[u64]>,
    sum: f64,
}

impl Histogram {
    /// An empty histogram; `bounds` are upper bounds in seconds, ascending.
    pub(crate) fn new(bounds: Arc<[f64]>) -> Self {
        let counts = vec![0; bounds.len() + 1].into();
        Self { bounds, counts, sum: 0.0 }
    }

    /// Whether its buckets end at `bounds`.
    pub(crate) fn has_bounds(&self, bounds: &[f64]) -> bool {
        *self.bounds == *bounds
    }

    /// Adds one observation.
    pub(crate) fn observe(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let at = self.bounds.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
        self.sum += seconds;
    }

    /// The upper bounds with the number of observations at or below each; `+Inf` is not among them.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.bounds.iter().zip(&self.counts).scan(0, |below, (bound, count)| {
            *below += count;
            Some((*bound, *below))
        })
    }

    /// The number of observations.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their sum in seconds.
    pub(crate) fn sum(&self) -> f64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket_and_buckets_add_up() {
        let mut histogram = Histogram::new([0.001, 0.01].into());
        for micros in [500, 1_000, 1_001, 50_000] {
            histogram.observe(Duration::from_micros(micros));
        }
        assert_eq!(histogram.buckets().collect::<Vec<_>>(), [(0.001, 2), (0.01, 3)]);
        assert_eq!(histogram.count(), 4);
        assert!((histogram.sum() - 0.052_501).abs() < 1e-9);
    }
}
