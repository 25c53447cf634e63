//! Text for pipes and files: one line a fact, each with its target in front.

use dbprobe::tasks::{Distribution, Measurement, Perf, PerfComparison, PoolEfficiency};

use crate::pointer::Pointer;
use crate::printable::printable;

/// Longer DSNs are cut round the place that is pointed at.
const WIDTH: usize = 200;

pub(super) fn render(result: &Perf, pointer: Option<&Pointer>) -> String {
    let mut lines = vec![headline(result)];
    for (name, measurement) in in_order(result) {
        lines.push(operation(name, measurement));
        lines.extend(failure(name, measurement));
        if name == "connect" {
            let phases = result.connection_metrics.phases.iter();
            lines.extend(phases.map(|(phase, times)| format!("connect.{phase} {}", figures(times))));
        }
    }
    lines.extend(result.pool_efficiency.as_ref().and_then(pool));
    lines.extend(result.overall_assessment.overhead_us.map(|overhead| format!("overhead {overhead:.2}us")));
    lines.extend(result.comparison.iter().flat_map(comparison));
    lines.extend(result.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(result.error.iter().map(|error| format!("error: {error}")));
    lines.extend(pointer.into_iter().flat_map(|pointer| pointer.lines(WIDTH)));
    let advice = result.failure.as_ref().and_then(|failure| failure.advice.as_ref());
    lines.extend(advice.map(|advice| format!("advice: {advice}")));
    let name = printable(&result.database_name);
    lines.into_iter().map(|line| format!("{name}: {}\n", printable(&line))).collect()
}

/// Every operation in the order in which it was measured: a run's own ones first.
pub(super) fn in_order(result: &Perf) -> Vec<(&str, &Measurement)> {
    let place = |name: &str| ["connect", "ping", "write", "read"].iter().position(|own| *own == name).unwrap_or(4);
    let mut operations: Vec<_> = result.operations().collect();
    operations.sort_by_key(|(name, _)| place(name));
    operations
}

fn headline(result: &Perf) -> String {
    let assessment = &result.overall_assessment;
    let rating = assessment.performance_rating.map(|rating| rating.as_str().to_owned());
    let average = assessment.avg_query_time_ms.map(|average| format!("avg={average:.3}ms"));
    let by = (!assessment.rated_by.is_empty()).then(|| format!("by={}", assessment.rated_by.join(",")));
    let words = [Some("perf".to_owned()), result.engine.map(str::to_owned), result.server_version.clone()];
    words.into_iter().chain([rating, average, by]).flatten().collect::<Vec<_>>().join(" ")
}

fn operation(name: &str, measurement: &Measurement) -> String {
    if let Some(why) = &measurement.skipped {
        return format!("{name} skipped: {why}");
    }
    let mode = measurement.mode.map(|mode| format!(" mode={mode}")).unwrap_or_default();
    let rows = measurement.rows.map(|rows| format!(" rows={rows}")).unwrap_or_default();
    let rate = measurement.per_second.map(|rate| format!(" per_second={rate:.1}")).unwrap_or_default();
    let lost =
        if measurement.reconnects > 0 { format!(" reconnects={}", measurement.reconnects) } else { String::new() };
    let classes: Vec<String> =
        measurement.errors_by_class.iter().map(|(class, count)| format!("{}:{count}", class.as_str())).collect();
    let classes = if classes.is_empty() { String::new() } else { format!(" ({})", classes.join(",")) };
    let errors = format!("errors={}{classes}", measurement.errors);
    format!("{name} {} {errors}{lost}{rate}{mode}{rows}", figures(&measurement.distribution))
}

/// What an operation failed of first.
fn failure(name: &str, measurement: &Measurement) -> Vec<String> {
    let Some(failure) = &measurement.failure else { return Vec::new() };
    let advice = failure.advice.as_ref().map(|advice| format!("{name} advice: {advice}"));
    let class = failure.class.as_str();
    [Some(format!("{name} failed {class}: {failure}")), advice].into_iter().flatten().collect()
}

fn figures(times: &Distribution) -> String {
    let known = [
        ("mean", times.mean_ms),
        ("stddev", times.stddev_ms),
        ("min", times.min_ms),
        ("p50", times.p50_ms),
        ("p90", times.p90_ms),
        ("p95", times.p95_ms),
        ("p99", times.p99_ms),
        ("max", times.max_ms),
    ];
    let known = known.into_iter().filter_map(|(name, time)| Some(format!(" {name}={:.3}ms", time?)));
    format!("n={}{}", times.n, known.collect::<String>())
}

fn pool(pool: &PoolEfficiency) -> Option<String> {
    let known = [
        pool.single_per_second.map(|rate| format!("single_per_second={rate:.1}")),
        pool.per_second.map(|rate| format!("per_second={rate:.1}")),
        pool.scaling_ratio.map(|ratio| format!("scaling={ratio:.2}")),
        pool.saving_percent.map(|saving| format!("saving={saving:.1}%")),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    (!known.is_empty()).then(|| format!("pool {} sessions={} {}", pool.operation, pool.concurrency, known.join(" ")))
}

fn comparison(comparison: &PerfComparison) -> Vec<String> {
    let change = |it: &dbprobe::tasks::PerfChange| {
        let percent = it.change_percent.map(|percent| format!(" {percent:+.1}%")).unwrap_or_default();
        let word = if it.regression { "regression" } else { "ok" };
        format!(
            "compare {} {} {:.3}ms {:.3}ms{percent} {word}",
            it.operation, it.percentile, it.baseline_ms, it.current_ms
        )
    };
    let warnings = comparison.warnings.iter().map(|warning| format!("warning: {warning}"));
    comparison.changes.iter().map(change).chain(warnings).collect()
}
