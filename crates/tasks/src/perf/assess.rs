//! What the figures come to.

use std::time::Duration;

use dbprobe_core::milliseconds;

use super::distribution::Distribution;
use super::measurement::{Measurement, rounded};
use super::options::PerfOptions;
use super::rating::RatingLimits;
use super::result::{ConnectionMetrics, Perf, PerfAssessment, PoolEfficiency};

/// Operations of a run's own, which count for the rating only where there is no query of the user's, the first of them
/// that was measured.
const OWN: [&str; 3] = ["read", "ping", "connect"];

/// Fills in the assessment and the notes.
pub(super) fn assess(result: &mut Perf, limits: &RatingLimits) {
    let counted: Vec<(&str, &Measurement)> = counted(result);
    let (mut n, mut total) = (0_u64, 0.0);
    for (_, measurement) in &counted {
        let distribution = &measurement.distribution;
        n += distribution.n;
        #[expect(clippy::cast_precision_loss, reason = "at most a million")]
        let times = distribution.n as f64;
        total += distribution.mean_ms.unwrap_or_default() * times;
    }
    #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
    let average = (n > 0).then(|| total / n as f64);
    let average = average.and_then(|average| Duration::try_from_secs_f64(average / 1000.0).ok());
    result.overall_assessment = PerfAssessment {
        performance_rating: average.map(|average| limits.rate(average)),
        avg_query_time_ms: average.map(milliseconds),
        rated_by: counted.into_iter().map(|(name, _)| name.to_owned()).collect(),
        excellent_below_ms: milliseconds(limits.excellent),
        good_below_ms: milliseconds(limits.good),
        fair_below_ms: milliseconds(limits.fair),
        errors: result.operations().map(|(_, measurement)| measurement.errors).sum(),
        overhead_us: None,
    };
    result.notes = notes(result);
}

/// The measured queries of the user's, or else the first of our own that was tried: where that one failed, a faster one is
/// no measure of the database.
fn counted(result: &Perf) -> Vec<(&str, &Measurement)> {
    let measured = |(_, measurement): &(&str, &Measurement)| measurement.distribution.n > 0;
    let of_the_user = |(name, _): &(&str, &Measurement)| !super::PerfQuery::RESERVED.contains(name);
    if result.operations().any(|operation| of_the_user(&operation)) {
        return result.operations().filter(of_the_user).filter(measured).collect();
    }
    let tried =
        |wanted: &&str| result.operations().find(|(name, measurement)| name == wanted && measurement.skipped.is_none());
    OWN.iter().find_map(tried).filter(measured).into_iter().collect()
}

/// What to know before the figures are used.
fn notes(result: &Perf) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, measurement) in result.operations() {
        let n = measurement.distribution.n;
        let missing = Distribution::PERCENTILES.iter().filter(|(.., needed)| n > 0 && n < *needed);
        let missing: Vec<String> = missing.map(|(percentile, _, needed)| format!("{percentile} ({needed})")).collect();
        if !missing.is_empty() {
            let samples = if n == 1 { "1 sample is".to_owned() } else { format!("{n} samples are") };
            notes.push(format!("{name}: {samples} too few for {}", missing.join(", ")));
        }
        if measurement.truncated == Some(true) {
            notes.push(format!("{name}: a cap cut the answer, so the times are those of the cut answer"));
        }
        if let Some(why) = &measurement.ended_early {
            notes.push(format!("{name}: ended early after {why}"));
        }
    }
    if result.settings.iterations > PerfOptions::MOST_CONNECTS {
        notes.push(format!("connect: measured {} times at the most", PerfOptions::MOST_CONNECTS));
    }
    notes
}

/// What several sessions gain over one, and a kept one over a new one.
pub(super) fn pool(
    metrics: &ConnectionMetrics,
    concurrency: u32,
    over_all: Option<Measurement>,
) -> Option<PoolEfficiency> {
    let ping = metrics.ping.as_ref()?;
    let single = ping.per_second;
    let several = over_all.as_ref().and_then(|measurement| measurement.per_second);
    let median = |measurement: &Measurement| measurement.distribution.p50_ms;
    let kept = median(ping);
    let with_connect = metrics.connect.as_ref().and_then(median).zip(kept).map(|(connect, kept)| connect + kept);
    let saving = with_connect.zip(kept).filter(|(with, _)| *with > 0.0);
    Some(PoolEfficiency {
        operation: "ping",
        concurrency,
        single_per_second: single,
        per_second: several,
        scaling_ratio: several.zip(single).filter(|(_, one)| *one > 0.0).map(|(all, one)| hundredths(all / one)),
        with_connect_ms: with_connect.map(|time| (time * 1000.0).round() / 1000.0),
        kept_session_ms: kept,
        saving_percent: saving.map(|(with, kept)| rounded((with - kept) / with * 100.0)),
        measurement: over_all,
    })
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
