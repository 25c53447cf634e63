//! Many times, and what can be said about them.

use std::time::Duration;

use dbprobe_core::milliseconds;
use hdrhistogram::Histogram;
use serde::Serialize;

/// What is recorded at the most: an hour. Anything longer counts as one.
const LONGEST: Duration = Duration::from_secs(3600);
/// Significant digits of a recorded time: 0.1 %.
const DIGITS: u8 = 3;
/// Bars of a histogram.
const BINS: usize = 24;

/// Many times of one kind, and what can be said about them: only what so many allow.
///
/// Recorded are times from 1 ns to 1 h with three significant digits, in an HDR histogram, so a percentile is at most
/// 0.1 % too high; the smallest, the largest and the mean are exact. What is shown is cut to microseconds.
///
/// A percentile is there only from `1 / (1 - p)` times on: with fewer, not one time is expected beyond it, and it would
/// only be another name for the largest. So p50 needs 2 times, p90 needs 10, p95 needs 20 and p99 needs 100.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Distribution {
    /// How many times there are. Failures are none.
    pub n: u64,
    /// The mean, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_ms: Option<f64>,
    /// The standard deviation, in milliseconds; from 2 times on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stddev_ms: Option<f64>,
    /// The smallest, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_ms: Option<f64>,
    /// Half of the times are not above it, in milliseconds; from 2 times on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// 90 % of the times are not above it, in milliseconds; from 10 times on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90_ms: Option<f64>,
    /// 95 % of the times are not above it, in milliseconds; from 20 times on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<f64>,
    /// 99 % of the times are not above it, in milliseconds; from 100 times on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// The largest, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<f64>,
    /// The times in bins whose widths grow by a constant factor, from the smallest to the largest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub histogram: Vec<Bin>,
}

/// One bar of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bin {
    /// Its upper end, in milliseconds; its lower end is that of the one before.
    pub to_ms: f64,
    /// How many times are in it.
    pub count: u64,
}

impl Distribution {
    /// The percentiles, their names, and from how many times on they mean anything.
    pub const PERCENTILES: [(&str, f64, u64); 4] =
        [("p50", 0.50, 2), ("p90", 0.90, 10), ("p95", 0.95, 20), ("p99", 0.99, 100)];

    /// The percentile of this name, in milliseconds, where there are enough times.
    pub fn percentile(&self, name: &str) -> Option<f64> {
        match name {
            "p50" => self.p50_ms,
            "p90" => self.p90_ms,
            "p95" => self.p95_ms,
            "p99" => self.p99_ms,
            _ => None,
        }
    }
}

/// Takes times.
#[derive(Debug)]
pub(super) struct Recorder {
    /// `None` only where the library refused its bounds, which are constants that it takes.
    histogram: Option<Histogram<u32>>,
    n: u32,
    sum: Duration,
    least: Duration,
    most: Duration,
}

impl Recorder {
    pub(super) fn new() -> Self {
        let histogram = Histogram::new_with_bounds(1, nanoseconds(LONGEST), DIGITS).ok();
        Self { histogram, n: 0, sum: Duration::ZERO, least: Duration::MAX, most: Duration::ZERO }
    }

    pub(super) fn record(&mut self, time: Duration) {
        self.n += 1;
        self.sum += time;
        self.least = self.least.min(time);
        self.most = self.most.max(time);
        if let Some(histogram) = &mut self.histogram {
            histogram.saturating_record(nanoseconds(time).max(1));
        }
    }

    pub(super) fn n(&self) -> u64 {
        u64::from(self.n)
    }

    pub(super) fn mean(&self) -> Option<Duration> {
        (self.n > 0).then(|| self.sum / self.n)
    }

    /// The time that a share of all is not above.
    pub(super) fn quantile(&self, share: f64) -> Option<Duration> {
        let histogram = self.histogram.as_ref().filter(|histogram| !histogram.is_empty())?;
        let value = Duration::from_nanos(histogram.value_at_quantile(share));
        Some(value.clamp(self.least, self.most))
    }

    /// What can be said, without the histogram.
    pub(super) fn figures(&self) -> Distribution {
        let [p50_ms, p90_ms, p95_ms, p99_ms] = Distribution::PERCENTILES
            .map(|(_, share, needed)| self.quantile(share).filter(|_| self.n() >= needed).map(milliseconds));
        let some = self.n > 0;
        let deviation = self.histogram.as_ref().filter(|_| self.n >= 2).map(|histogram| histogram.stdev() / 1e9);
        Distribution {
            n: self.n(),
            mean_ms: self.mean().map(milliseconds),
            stddev_ms: deviation.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).map(milliseconds),
            min_ms: some.then(|| milliseconds(self.least)),
            p50_ms,
            p90_ms,
            p95_ms,
            p99_ms,
            max_ms: some.then(|| milliseconds(self.most)),
            histogram: Vec::new(),
        }
    }

    /// What can be said, with the histogram.
    pub(super) fn distribution(&self) -> Distribution {
        Distribution { histogram: self.bins(), ..self.figures() }
    }

    fn bins(&self) -> Vec<Bin> {
        let Some(histogram) = self.histogram.as_ref().filter(|histogram| !histogram.is_empty()) else {
            return Vec::new();
        };
        let (least, most) = (self.least.as_secs_f64().max(1e-9), self.most.as_secs_f64().max(1e-9));
        // One bar for one time, and never more bars than times.
        let bins = if most > least { BINS.min(self.n as usize) } else { 1 };
        let growth = (most / least).ln();
        let mut counts = vec![0_u64; bins];
        for value in histogram.iter_recorded() {
            let seconds = Duration::from_nanos(value.value_iterated_to()).as_secs_f64();
            let place = if growth > 0.0 { (seconds / least).ln() / growth } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to the number of bins")]
            let at = (place.clamp(0.0, 1.0) * bins as f64) as usize;
            counts[at.min(bins - 1)] += value.count_since_last_iteration();
        }
        let end = |at: usize| least * (growth * (at + 1) as f64 / bins as f64).exp();
        let bin = |(at, count)| Bin { to_ms: milliseconds(Duration::from_secs_f64(end(at))), count };
        counts.into_iter().enumerate().map(bin).collect()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Distribution {
        let mut recorder = Recorder::new();
        times.into_iter().for_each(|microseconds| recorder.record(Duration::from_micros(microseconds)));
        recorder.distribution()
    }

    #[test]
    fn percentiles_are_those_of_the_definition() {
        let known = of((1..=1000).map(|at| at * 1000));
        let near = |shown: Option<f64>, exact: f64| shown.is_some_and(|shown| (shown / exact - 1.0).abs() < 0.002);
        for (name, exact) in [("p50", 500.0), ("p90", 900.0), ("p95", 950.0), ("p99", 990.0)] {
            assert!(near(known.percentile(name), exact), "{name}: {known:?}");
        }
        assert_eq!((known.n, known.min_ms, known.max_ms), (1000, Some(1.0), Some(1000.0)));
        assert_eq!(known.mean_ms, Some(500.5));
        assert!(near(known.stddev_ms, 288.675), "{:?}", known.stddev_ms);
    }

    #[test]
    fn a_percentile_that_so_few_times_do_not_allow_is_absent() {
        let there = |n| Distribution::PERCENTILES.map(|(name, ..)| of(1..=n).percentile(name).is_some());
        assert_eq!(there(1), [false; 4]);
        assert_eq!(there(9), [true, false, false, false]);
        assert_eq!(there(19), [true, true, false, false]);
        assert_eq!(there(99), [true, true, true, false]);
        assert_eq!(there(100), [true; 4]);
        let none = of([]);
        assert_eq!(none, Distribution::default());
        assert_eq!(serde_json::to_string(&none).expect("JSON"), r#"{"n":0}"#);
    }

    #[test]
    fn bins_hold_every_time_once() {
        for times in [vec![5], vec![5; 100], (1..=1000).collect(), vec![1, 1_000_000], vec![100, 101, 102, 5_000]] {
            let count = times.len() as u64;
            let known = of(times.clone());
            assert_eq!(known.histogram.iter().map(|bin| bin.count).sum::<u64>(), count, "{times:?}");
            assert!(known.histogram.windows(2).all(|pair| pair[0].to_ms <= pair[1].to_ms), "{:?}", known.histogram);
            assert_eq!(known.histogram.last().map(|bin| bin.to_ms), known.max_ms, "{times:?}");
        }
    }

    #[test]
    fn more_than_an_hour_counts_as_one_in_the_percentiles() {
        let known = of([7_200_000_000; 2]);
        assert!(known.p50_ms.is_some_and(|p50| p50 >= 3_600_000.0), "{known:?}");
    }
}
