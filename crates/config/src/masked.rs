//! The configuration as it is in force, without its secrets.

use dbprobe_core::{Registry, Thresholds};
use serde::Serialize;

use crate::config::Config;
use crate::metrics::Naming;
use crate::queries::QuerySettings;
use crate::settings::{LEVELS, ROLES, WRITES};
use crate::target::TargetSettings;

mod module;
mod pairs;
mod shown;

use module::Probe;
use pairs::Pairs;
use shown::{shown, spelled};

/// The configuration as it is in force: defaults filled in, secrets masked, in the order of the file.
#[derive(Serialize)]
pub struct Masked {
    listen: Vec<String>,
    api_listen: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_config: Option<String>,
    metrics: Metrics,
    #[serde(skip_serializing_if = "Option::is_none")]
    prober: Option<String>,
    targets: Pairs<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<Probe>,
}

#[derive(Serialize)]
struct Metrics {
    naming: &'static str,
    buckets: Vec<f64>,
}

#[derive(Serialize)]
struct Target {
    dsn: String,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    interval: String,
    timeout: String,
    retries: u32,
    retry_interval: String,
    max_connection_age: String,
    failures_before_down: u32,
    history: usize,
    level: &'static str,
    write: &'static str,
    create_health_table: bool,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    thresholds: Pairs<String>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    queries: Pairs<Query>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    labels: Pairs<String>,
}

#[derive(Serialize)]
struct Query {
    sql: &'static str,
    interval: String,
    timeout: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    max_rows: usize,
    max_bytes: usize,
}

impl Config {
    /// The configuration as it is in force: defaults filled in, secrets masked, in the order of the file.
    pub fn masked(&self, registry: &Registry) -> Masked {
        let prober = self.targets.first().map(|target| &target.plan).or(self.modules.first().map(|it| &it.plan));
        Masked {
            listen: self.listen.iter().map(ToString::to_string).collect(),
            api_listen: self.api_listen.iter().map(ToString::to_string).collect(),
            web_config: self.web_config.as_ref().map(|path| path.display().to_string()),
            metrics: Metrics {
                naming: word(Naming::WORDS, self.metrics.naming),
                buckets: self.metrics.buckets.to_vec(),
            },
            prober: prober.map(|plan| plan.prober.to_string()),
            targets: self.targets.iter().map(|target| (target.name.clone(), Target::of(target, registry))).collect(),
            probe: Probe::of(&self.modules, registry),
        }
    }

    /// [`Config::masked`] as YAML, which can be read as a configuration again, except for its secrets.
    ///
    /// # Errors
    /// What the encoder says; there is nothing in a configuration that it cannot encode.
    pub fn render_masked(&self, registry: &Registry) -> Result<String, String> {
        let options = serde_saphyr::ser_options! { quote_all: true };
        serde_saphyr::to_string_with_options(&self.masked(registry), options).map_err(|error| error.to_string())
    }
}

impl Target {
    fn of(target: &TargetSettings, registry: &Registry) -> Self {
        let TargetSettings { source, role, version, labels, interval, plan, policy, queries, .. } = target;
        Self {
            dsn: shown(source, registry),
            role: word(ROLES, *role),
            version: version.clone(),
            interval: spelled(*interval),
            timeout: spelled(plan.timeout),
            retries: policy.retries,
            retry_interval: spelled(policy.retry_interval),
            max_connection_age: spelled(policy.max_connection_age),
            failures_before_down: policy.failures_before_down,
            history: policy.history,
            level: word(LEVELS, plan.level),
            write: word(WRITES, plan.write),
            create_health_table: plan.create_health_table,
            thresholds: thresholds(&plan.thresholds),
            queries: queries.iter().map(|query| (query.name.clone(), Query::of(query))).collect(),
            labels: labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }
}

impl Query {
    fn of(query: &QuerySettings) -> Self {
        Self {
            // References are expanded in it, perhaps to what must not be shown.
            sql: "***",
            interval: spelled(query.interval),
            timeout: spelled(query.timeout),
            min: query.min,
            max: query.max,
            max_rows: query.query.max_rows,
            max_bytes: query.query.max_bytes,
        }
    }
}

fn thresholds(thresholds: &Thresholds) -> Pairs<String> {
    let Thresholds { ping, write, read, response, connections, replication_lag, certificate } = thresholds;
    let durations = [
        ("ping", ping),
        ("write", write),
        ("read", read),
        ("response", response),
        ("replication_lag", replication_lag),
        ("certificate", certificate),
    ];
    let durations = durations.into_iter().filter_map(|(name, limit)| Some((name.to_owned(), spelled((*limit)?))));
    let share = connections.map(|share| ("connections".to_owned(), format!("{}%", (share * 1e8).round() / 1e6)));
    durations.chain(share).collect()
}

/// The word that stands for `value`.
fn word<T: Copy + PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, it)| *it == value).map_or("", |(word, _)| word)
}
