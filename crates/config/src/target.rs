//! One configured target.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{Capability, Driver, ExpectedRole, Failure, Plan, Policy, Registry, Source};

use crate::dsn;
use crate::field::Field;
use crate::fields::Fields;
use crate::findings::Findings;
use crate::name;
use crate::node::{Key, Kind, Node};
use crate::page::Page;
use crate::place::Place;
use crate::queries::{self, QuerySettings};
use crate::settings::Settings;

/// One configured target: where it is, what is done with it, and what is expected.
///
/// Two are equal when they are the same in every respect, the DSN as it is written included.
#[derive(Clone, Debug)]
pub struct TargetSettings {
    /// Its name, which is its label `target`.
    pub name: String,
    /// Where its DSN comes from.
    pub source: Source,
    /// The label `db_role`, and the role that a server which can tell must have.
    pub role: ExpectedRole,
    /// The label `version` of `service_info`.
    pub version: Option<String>,
    /// Further labels of its metrics.
    pub labels: BTreeMap<String, String>,
    /// From the beginning of one probe to that of the next.
    pub interval: Duration,
    /// What one probe does.
    pub plan: Plan,
    /// What happens between probes.
    pub policy: Policy,
    /// The user's own queries, in the order of the file.
    pub queries: Vec<QuerySettings>,
}

impl TargetSettings {
    /// Configures the engine that the DSN chooses. Nothing is sent. An engine that knows no roles is not expected to
    /// tell one.
    ///
    /// # Errors
    /// Those of [`Source::open`].
    pub fn open(&self, registry: &Registry) -> Result<(Arc<dyn Driver>, Plan), Failure> {
        let driver = self.source.open(registry)?;
        let plan = fitting(self.plan.clone(), driver.target().engine, registry);
        Ok((driver, plan))
    }
}

/// `plan`, less the role that `engine` could not tell.
pub(crate) fn fitting(mut plan: Plan, engine: &str, registry: &Registry) -> Plan {
    if !has(Capability::Role, engine, registry) {
        plan.expect_role = ExpectedRole::Any;
    }
    plan
}

fn has(capability: Capability, engine: &str, registry: &Registry) -> bool {
    let engine = registry.engines().iter().find(|it| it.name == engine);
    engine.is_some_and(|engine| engine.capabilities.contains(&capability))
}

impl PartialEq for TargetSettings {
    fn eq(&self, other: &Self) -> bool {
        // Taken apart, so that nobody adds a field that a reload would not see.
        let Self { name, source, role, version, labels, interval, plan, policy, queries } = self;
        let of_other = (&other.name, &other.source, &other.role, &other.version, &other.labels, &other.interval);
        (name, source, role, version, labels, interval) == of_other
            && (policy, queries) == (&other.policy, &other.queries)
            && same_plan(plan, &other.plan)
    }
}

/// Whether two plans ask for the same; what happens meanwhile does not count.
fn same_plan(one: &Plan, other: &Plan) -> bool {
    let Plan { timeout, level, write, create_health_table, prober, expect_role, thresholds, concerns: _, interrupt: _ } =
        one;
    (timeout, level, write, create_health_table)
        == (&other.timeout, &other.level, &other.write, &other.create_health_table)
        && (prober, expect_role, thresholds) == (&other.prober, &other.expect_role, &other.thresholds)
}

const KEYS: &[&str] = &["dsn", "http", "queries", "version"];

/// Reads one of `targets`, and where its DSN stands.
pub(crate) fn read(
    key: &Key,
    node: &Node,
    defaults: &Settings,
    registry: &Registry,
    findings: &mut Findings,
) -> Option<(TargetSettings, Place)> {
    let name = name::target("target", key, findings);
    let shown = name.map_or_else(|| "this target".to_owned(), |name| format!("target `{name}`"));
    let mut settings = defaults.clone();
    let (mut version, mut queries, mut page) = (None, Vec::new(), None);
    let dsn = if let Kind::Scalar(_) = node.kind {
        Some(Field { name: "dsn", node })
    } else {
        let fields = Fields::read(&shown, node, &[KEYS, Settings::PLAN, Settings::POLICY], findings);
        settings.read_plan(fields, findings);
        settings.read_policy(fields, findings);
        fields.set_some("version", &mut version, findings, Field::text);
        page = fields.field("http").map(|field| Page::read(field, findings));
        if let Some(timeout) = page.as_ref().and_then(|page| page.timeout) {
            settings.plan.timeout = timeout;
        }
        if let Some(field) = fields.field("queries") {
            queries = queries::read(field, settings.plan.timeout, findings);
        }
        fields.field("dsn")
    };
    let Some(dsn) = dsn else {
        findings.add(key.place, format!("{shown} has no `dsn`")).advise("write `dsn: postgres://user@host/database`");
        return None;
    };
    let (source, engine) = dsn::read(dsn, page.as_ref(), registry, findings)?;
    if let Some(engine) = engine.filter(|engine| !queries.is_empty() && !has(Capability::Query, engine, registry)) {
        findings
            .add(key.place, format!("{shown} has `queries`, but the engine {engine} runs none"))
            .advise("leave them out");
    }
    let Settings { interval, role, labels, plan, policy } = settings;
    let target =
        TargetSettings { name: name?.to_owned(), source, role, version, labels, interval, plan, policy, queries };
    Some((target, dsn.node.place))
}
