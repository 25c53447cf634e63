//! All families, as they are registered.

use std::collections::HashMap;

use prometheus::core::{Desc, Metric};
use prometheus::proto::{MetricFamily, MetricType};
use prometheus::{Histogram, HistogramOpts, IntCounter, Opts};

use super::family::Family;
use super::gauges::Gauges;

/// The names of all labels that a family has, and of the bucket's, which no constant label may have.
pub(super) const LABELS: [&str; 9] =
    ["error", "le", "operation", "outcome", "phase", "pool", "query", "table", "transaction"];

/// All families but the gauges, whose figures nobody records.
#[derive(Debug)]
pub(super) struct Families {
    prefix: String,
    pub(super) queries: Family<Histogram, 4>,
    pub(super) transaction_durations: Family<Histogram, 2>,
    pub(super) transactions: Family<IntCounter, 2>,
    pub(super) errors: Family<IntCounter, 4>,
    pub(super) acquired: Family<IntCounter, 1>,
    pub(super) released: Family<IntCounter, 1>,
    pub(super) cancelled: Family<IntCounter, 1>,
    pub(super) timeouts: Family<IntCounter, 2>,
    pub(super) waits: Family<Histogram, 1>,
    pub(super) creations: Family<Histogram, 1>,
    pub(super) tests: Family<Histogram, 1>,
    pub(super) uses: Family<Histogram, 1>,
    pub(super) gauges: Gauges,
}

/// What all families have in common.
pub(super) struct Shared {
    /// What all names begin with.
    pub(super) prefix: String,
    pub(super) const_labels: HashMap<String, String>,
    pub(super) buckets: Vec<f64>,
}

impl Families {
    /// Families that nothing is recorded in yet.
    pub(super) fn new(shared: Shared) -> prometheus::Result<Self> {
        let s = &shared;
        Ok(Self {
            queries: s.histogram(
                "query_duration_seconds",
                "Time of queries.",
                ["operation", "table", "query", "outcome"],
            )?,
            transaction_durations: s.histogram(
                "transaction_duration_seconds",
                "Time of transactions.",
                ["transaction", "outcome"],
            )?,
            transactions: s.counter("transactions_total", "Transactions that ended.", ["transaction", "outcome"])?,
            errors: s.counter(
                "errors_total",
                "Errors of queries, transactions and of handing out connections.",
                ["operation", "table", "query", "error"],
            )?,
            acquired: s.counter("connections_acquired_total", "Connections that the pool handed out.", ["pool"])?,
            released: s.counter(
                "connections_released_total",
                "Connections that were given back to the pool.",
                ["pool"],
            )?,
            cancelled: s.counter(
                "connection_waits_cancelled_total",
                "Waits for a connection that were given up by who waited.",
                ["pool"],
            )?,
            timeouts: s.counter(
                "connection_timeouts_total",
                "Connections that were not handed out in time, by what took too long.",
                ["pool", "phase"],
            )?,
            waits: s.histogram(
                "connection_wait_duration_seconds",
                "Time until the pool had a connection for who got one.",
                ["pool"],
            )?,
            creations: s.histogram(
                "connection_create_duration_seconds",
                "Time of dialling a new connection, log-in included.",
                ["pool"],
            )?,
            tests: s.histogram(
                "connection_test_duration_seconds",
                "Time of testing a kept connection before it was handed out.",
                ["pool"],
            )?,
            uses: s.histogram(
                "connection_use_duration_seconds",
                "Time until a connection was given back.",
                ["pool"],
            )?,
            gauges: Gauges::new(s)?,
            prefix: shared.prefix,
        })
    }

    /// What all names begin with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What is registered.
    pub(super) fn descs(&self) -> Vec<&Desc> {
        let mut descs = vec![
            self.queries.desc(),
            self.transaction_durations.desc(),
            self.transactions.desc(),
            self.errors.desc(),
            self.acquired.desc(),
            self.released.desc(),
            self.cancelled.desc(),
            self.timeouts.desc(),
            self.waits.desc(),
            self.creations.desc(),
            self.tests.desc(),
            self.uses.desc(),
        ];
        descs.extend(self.gauges.descs());
        descs
    }

    /// What was recorded until now.
    pub(super) fn collect(&self) -> Vec<MetricFamily> {
        vec![
            self.queries.collect(),
            self.transaction_durations.collect(),
            self.transactions.collect(),
            self.errors.collect(),
            self.acquired.collect(),
            self.released.collect(),
            self.cancelled.collect(),
            self.timeouts.collect(),
            self.waits.collect(),
            self.creations.collect(),
            self.tests.collect(),
            self.uses.collect(),
        ]
    }
}

impl Shared {
    /// A family of what `make` makes.
    pub(super) fn family<M: Metric + Clone, const N: usize>(
        &self,
        (name, help): (&str, &str),
        kind: MetricType,
        labels: [&'static str; N],
        make: impl Fn(Opts) -> prometheus::Result<M> + Send + Sync + 'static,
    ) -> prometheus::Result<Family<M, N>> {
        let opts = Opts::new(format!("{}{name}", self.prefix), help).const_labels(self.const_labels.clone());
        Family::new(opts, kind, labels, make)
    }

    fn counter<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
    ) -> prometheus::Result<Family<IntCounter, N>> {
        self.family((name, help), MetricType::COUNTER, labels, IntCounter::with_opts)
    }

    fn histogram<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
    ) -> prometheus::Result<Family<Histogram, N>> {
        let buckets = self.buckets.clone();
        self.family((name, help), MetricType::HISTOGRAM, labels, move |opts| {
            Histogram::with_opts(HistogramOpts::from(opts).buckets(buckets.clone()))
        })
    }
}
