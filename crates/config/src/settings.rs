//! What `defaults` and every target have in common.

use std::collections::BTreeMap;
use std::time::Duration;

use dbprobe_core::{ExpectedRole, Level, Plan, Policy, Prober, Thresholds, WriteMode};

use crate::field::Field;
use crate::fields::{Fields, entries};
use crate::findings::Findings;
use crate::name;

/// What `defaults` and every target have in common.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) interval: Duration,
    pub(crate) role: ExpectedRole,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) plan: Plan,
    pub(crate) policy: Policy,
}

/// The shortest interval: more would load the database, and what the probes cost would be measured with them.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) const ROLES: &[(&str, ExpectedRole)] =
    &[("any", ExpectedRole::Any), ("primary", ExpectedRole::Primary), ("replica", ExpectedRole::Replica)];
pub(crate) const WRITES: &[(&str, WriteMode)] = &[
    ("auto", WriteMode::Auto),
    ("table", WriteMode::Table),
    ("rollback", WriteMode::Rollback),
    ("none", WriteMode::None),
];
pub(crate) const LEVELS: &[(&str, Level)] = &[
    ("tcp", Level::Tcp),
    ("auth", Level::Auth),
    ("ping", Level::Ping),
    ("read", Level::Read),
    ("write", Level::Write),
];

impl Settings {
    /// The keys of how a target is probed.
    pub(crate) const PLAN: &[&str] = &["create_health_table", "level", "role", "thresholds", "timeout", "write"];
    /// The keys of what happens between its probes.
    pub(crate) const POLICY: &[&str] =
        &["failures_before_down", "history", "interval", "labels", "max_connection_age", "retries", "retry_interval"];

    /// What holds where nothing is written.
    pub(crate) fn new(prober: Prober) -> Self {
        let policy = Policy { max_connection_age: Duration::from_secs(180), retries: 1, ..Policy::default() };
        let plan = Plan { prober, ..Plan::default() };
        Self { interval: Duration::from_secs(15), role: ExpectedRole::Any, labels: BTreeMap::new(), plan, policy }
    }

    /// Takes over every one of [`Settings::PLAN`] that is there.
    pub(crate) fn read_plan(&mut self, fields: Fields<'_>, findings: &mut Findings) {
        let plan = &mut self.plan;
        fields.set("timeout", &mut plan.timeout, findings, Field::positive_duration);
        fields.set("level", &mut plan.level, findings, |field, findings| field.word(LEVELS, findings));
        fields.set("write", &mut plan.write, findings, |field, findings| field.word(WRITES, findings));
        fields.set("create_health_table", &mut plan.create_health_table, findings, Field::flag);
        fields.set("role", &mut self.role, findings, |field, findings| field.word(ROLES, findings));
        if let Some(field) = fields.field("thresholds") {
            read_thresholds(&mut plan.thresholds, field, findings);
        }
        // A server tells its role after the login: a probe that does not go so far expects none.
        plan.expect_role = if plan.level < Level::Ping { ExpectedRole::Any } else { self.role };
    }

    /// Takes over every one of [`Settings::POLICY`] that is there.
    pub(crate) fn read_policy(&mut self, fields: Fields<'_>, findings: &mut Findings) {
        let policy = &mut self.policy;
        let interval = |field: Field<'_>, findings: &mut Findings| field.duration_from(SHORTEST_INTERVAL, findings);
        fields.set("interval", &mut self.interval, findings, interval);
        fields.set("retries", &mut policy.retries, findings, |field, findings| field.count(0, 1_000, findings));
        fields.set("retry_interval", &mut policy.retry_interval, findings, Field::duration);
        fields.set("max_connection_age", &mut policy.max_connection_age, findings, Field::duration);
        let failures = |field: Field<'_>, findings: &mut Findings| field.count(1, 1_000, findings);
        fields.set("failures_before_down", &mut policy.failures_before_down, findings, failures);
        let history = |field: Field<'_>, findings: &mut Findings| Some(field.count(1, 100_000, findings)? as usize);
        fields.set("history", &mut policy.history, findings, history);
        if let Some(field) = fields.field("labels") {
            for (key, node) in entries("`labels`", field.node, findings) {
                if let Some(label) = name::label(key, findings)
                    && let Some(value) = (Field { name: label, node }).text(findings)
                {
                    self.labels.insert(label.to_owned(), value);
                }
            }
        }
    }
}

/// Key by key, so that a target may change one of those that `defaults` has.
fn read_thresholds(thresholds: &mut Thresholds, field: Field<'_>, findings: &mut Findings) {
    let known = &["certificate", "connections", "ping", "read", "replication_lag", "response", "write"];
    let fields = Fields::read("`thresholds`", field.node, &[known], findings);
    fields.set_some("ping", &mut thresholds.ping, findings, Field::positive_duration);
    fields.set_some("write", &mut thresholds.write, findings, Field::positive_duration);
    fields.set_some("read", &mut thresholds.read, findings, Field::positive_duration);
    fields.set_some("response", &mut thresholds.response, findings, Field::positive_duration);
    fields.set_some("connections", &mut thresholds.connections, findings, Field::share);
    fields.set_some("replication_lag", &mut thresholds.replication_lag, findings, Field::positive_duration);
    fields.set_some("certificate", &mut thresholds.certificate, findings, Field::positive_duration);
}
