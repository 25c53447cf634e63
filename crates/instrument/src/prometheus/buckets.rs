//! The bounds of the histograms' buckets.

/// From 50 µs, a look-up by key on the same host, to 10 s, in seconds.
pub(super) const DEFAULT: [f64; 17] =
    [50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Whether a histogram can have these bounds: one at least, each positive and above the one before.
pub(super) fn are_ascending(buckets: &[f64]) -> bool {
    let first_is_positive = buckets.first().is_some_and(|first| *first > 0.0 && first.is_finite());
    first_is_positive && buckets.windows(2).all(|pair| pair[0] < pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascending_positive_bounds_are_taken() {
        assert!(are_ascending(&DEFAULT));
        assert!(are_ascending(&[0.5]) && are_ascending(&[0.1, f64::INFINITY]));
        let refused: [&[f64]; 7] =
            [&[], &[0.0, 1.0], &[-1.0], &[1.0, 1.0], &[2.0, 1.0], &[1.0, f64::NAN, 2.0], &[f64::INFINITY]];
        for buckets in refused {
            assert!(!are_ascending(buckets), "{buckets:?}");
        }
    }
}
