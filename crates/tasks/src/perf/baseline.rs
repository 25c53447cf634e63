//! Is it slower than it was?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::result::Perf;

/// What a later run is compared with: an earlier one, as its JSON was saved.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PerfBaseline {
    schema: String,
    database_name: String,
    #[serde(default)]
    engine: String,
    #[serde(default)]
    server_version: Option<String>,
    timestamp: String,
    settings: Settings,
    connection_metrics: Connecting,
    query_performance: BTreeMap<String, Figures>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
struct Settings {
    concurrency: u32,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Connecting {
    #[serde(default)]
    connect: Option<Figures>,
    #[serde(default)]
    ping: Option<Figures>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
struct Figures {
    #[serde(default)]
    p50_ms: Option<f64>,
    #[serde(default)]
    p90_ms: Option<f64>,
    #[serde(default)]
    p95_ms: Option<f64>,
}

/// How a run compares with an earlier one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PerfComparison {
    /// When the earlier run began.
    pub baseline_timestamp: String,
    /// By how much a percentile may grow, in percent.
    pub limit_percent: f64,
    /// Whether any percentile has grown by more than that.
    pub regression: bool,
    /// Each percentile that both runs have.
    pub changes: Vec<PerfChange>,
    /// What makes the comparison doubtful: another engine, another version, another concurrency, an operation that only
    /// one of the runs has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// How one percentile of one operation has changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PerfChange {
    /// The operation.
    pub operation: String,
    /// `p50` or `p95`.
    pub percentile: &'static str,
    /// What it was, in milliseconds.
    pub baseline_ms: f64,
    /// What it is, in milliseconds.
    pub current_ms: f64,
    /// By how much it has grown, in percent of what it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_percent: Option<f64>,
    /// Less than this is noise, in milliseconds.
    pub noise_ms: f64,
    /// Whether it has grown by more than the limit, and by more than noise.
    pub regression: bool,
}

impl PerfBaseline {
    /// A change of less is noise, in milliseconds: a scheduler that is late once does as much.
    pub const NOISE_MS: f64 = 0.2;

    /// Reads what a run has saved.
    ///
    /// # Errors
    /// Why it is not such a file.
    pub fn parse(json: &str) -> Result<Self, String> {
        let value: serde_json::Value =
            serde_json::from_str(json).map_err(|error| format!("it is not JSON: {error}"))?;
        match value.get("schema").and_then(serde_json::Value::as_str) {
            Some(super::SCHEMA) => {}
            Some(_) => return Err(format!("its schema is not {}", super::SCHEMA)),
            None => return Err(format!("it has no `schema`: {} is expected", super::SCHEMA)),
        }
        let baseline: Self = serde_json::from_value(value).map_err(|error| format!("a field is wrong: {error}"))?;
        let figures = baseline.operations();
        let times = figures.values().flat_map(|known| [known.p50_ms, known.p90_ms, known.p95_ms]).flatten();
        if times.into_iter().any(|time| !time.is_finite() || time < 0.0) {
            return Err("one of its times is negative".to_owned());
        }
        if figures.values().all(|known| known.p50_ms.is_none()) {
            return Err("nothing in it was measured often enough to be compared with".to_owned());
        }
        Ok(baseline)
    }

    /// Compares p50 and p95 of every operation that both have.
    ///
    /// A percentile is a regression where it has grown by more than `limit_percent` and by more than noise: 0.2 ms, or
    /// half of the distance between the baseline's p50 and p90 where that is more. So neither a round trip of 40 µs that
    /// takes 60 µs once nor an operation whose times are far apart anyway makes a build fail.
    pub fn compare(&self, now: &Perf, limit_percent: f64) -> PerfComparison {
        let before = self.operations();
        let mut changes = Vec::new();
        let mut warnings = self.differences(now);
        for (name, measurement) in now.operations() {
            let Some(old) = before.get(name) else {
                warnings.push(format!("`{name}` is not in the baseline"));
                continue;
            };
            let current = &measurement.distribution;
            let pairs = [("p50", old.p50_ms, current.p50_ms), ("p95", old.p95_ms, current.p95_ms)];
            let noise = old.noise();
            changes.extend(pairs.into_iter().filter_map(|(percentile, old, current)| {
                Some(change(name, percentile, old?, current?, limit_percent, noise))
            }));
        }
        let gone = before.keys().filter(|name| !now.operations().any(|(known, _)| known == name.as_str()));
        warnings.extend(gone.map(|name| format!("`{name}` is only in the baseline")));
        PerfComparison {
            baseline_timestamp: self.timestamp.clone(),
            limit_percent,
            regression: changes.iter().any(|change| change.regression),
            changes,
            warnings,
        }
    }

    fn operations(&self) -> BTreeMap<String, Figures> {
        let own = [("connect", self.connection_metrics.connect), ("ping", self.connection_metrics.ping)];
        let own = own.into_iter().filter_map(|(name, figures)| Some((name.to_owned(), figures?)));
        own.chain(self.query_performance.clone()).collect()
    }

    /// What else is not the same.
    fn differences(&self, now: &Perf) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |what: &str, before: &str, current: &str| {
            if before != current {
                found.push(format!("the baseline is of another {what}: {before}, not {current}"));
            }
        };
        differ("engine", &self.engine, now.engine.unwrap_or_default());
        if let (Some(before), Some(current)) = (&self.server_version, &now.server_version) {
            differ("server version", before, current);
        }
        differ("database", &self.database_name, &now.database_name);
        differ("concurrency", &self.settings.concurrency.to_string(), &now.settings.concurrency.to_string());
        found
    }
}

impl Figures {
    fn noise(&self) -> f64 {
        let spread = self.p50_ms.zip(self.p90_ms).map_or(0.0, |(p50, p90)| (p90 - p50) / 2.0);
        spread.max(PerfBaseline::NOISE_MS)
    }
}

fn change(name: &str, percentile: &'static str, old: f64, current: f64, limit: f64, noise: f64) -> PerfChange {
    let grown = current - old;
    PerfChange {
        operation: name.to_owned(),
        percentile,
        baseline_ms: old,
        current_ms: current,
        change_percent: (old > 0.0).then(|| (grown / old * 1000.0).round() / 10.0),
        noise_ms: (noise * 1000.0).round() / 1000.0,
        regression: grown > noise && grown > old * limit / 100.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(version: &str, query: &str) -> String {
        format!(
            r#"{{"schema":"dbprobe.perf/v1","database_name":"orders","engine":"postgres","server_version":"{version}",
            "timestamp":"2026-11-21T07:00:00Z","settings":{{"concurrency":1}},"connection_metrics":{{}},
            "query_performance":{{"orders":{query}}}}}"#
        )
    }

    /// Whether growing from one figure to another is a regression at 20 %.
    fn regression(old: f64, current: f64, noise: f64) -> bool {
        change("orders", "p50", old, current, 20.0, noise).regression
    }

    #[test]
    fn a_regression_exceeds_the_limit_and_the_noise() {
        assert!(regression(1.0, 1.25, 0.2) && !regression(1.0, 1.19, 0.1), "the limit");
        assert!(!regression(0.04, 0.2, 0.2) && regression(0.04, 0.25, 0.2), "the floor");
        assert!(!regression(10.0, 13.0, 4.0) && regression(10.0, 15.0, 4.0), "the spread");
        assert!(!regression(10.0, 1.0, 0.2), "it is faster");
        assert!(!regression(0.0, 0.1, 0.2) && regression(0.0, 0.3, 0.2), "from nothing");
    }

    #[test]
    fn noise_is_a_floor_or_the_spread() {
        let noise = |p50_ms, p90_ms| Figures { p50_ms, p90_ms, p95_ms: None }.noise();
        assert!((noise(Some(1.0), Some(1.1)) - 0.2).abs() < 1e-9 && (noise(Some(1.0), None) - 0.2).abs() < 1e-9);
        assert!((noise(Some(10.0), Some(18.0)) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_the_reason() {
        assert!(PerfBaseline::parse(&saved("17.2", r#"{"n":9,"p50_ms":1.0}"#)).is_ok());
        let cases = [
            ("", "not JSON"),
            ("[]", "no `schema`"),
            (r#"{"schema":"dbprobe.report/v1"}"#, "schema is not dbprobe.perf/v1"),
            (r#"{"schema":"dbprobe.perf/v1"}"#, "a field is wrong"),
            (&saved("17.2", r#"{"n":1}"#), "nothing in it was measured often enough"),
            (&saved("17.2", r#"{"p50_ms":-1.0}"#), "negative"),
            (&saved("17.2", r#"{"p50_ms":"fast"}"#), "a field is wrong"),
        ];
        for (text, expected) in cases {
            let why = PerfBaseline::parse(text).expect_err(text);
            assert!(why.contains(expected), "{text}: {why}");
        }
    }
}
