//! Modules without their secrets.

use dbprobe_core::{Registry, Secret};
use serde::Serialize;

use super::pairs::Pairs;
use super::shown::spelled;
use super::{thresholds, word};
use crate::modules::Module;
use crate::settings::{LEVELS, ROLES, WRITES};

#[derive(Serialize)]
pub(super) struct Probe {
    modules: Pairs<Shown>,
}

#[derive(Serialize)]
struct Shown {
    scheme: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    parameters: Pairs<String>,
    /// What is expected of a page, as its URL would have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<String>,
    allow: Vec<String>,
    role: &'static str,
    timeout: String,
    level: &'static str,
    write: &'static str,
    create_health_table: bool,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    thresholds: Pairs<String>,
}

impl Probe {
    pub(super) fn of(modules: &[Module], registry: &Registry) -> Option<Self> {
        let modules: Pairs<Shown> = modules.iter().map(|it| (it.name.clone(), Shown::of(it, registry))).collect();
        (!modules.is_empty()).then_some(Self { modules })
    }
}

impl Shown {
    fn of(module: &Module, registry: &Registry) -> Self {
        let target = module.stand_in(registry).ok();
        let target = target.as_ref().map(|driver| driver.target());
        // Only what the engine itself shows is no secret.
        let open = |name: &String, value: &Secret| {
            let shown = target.and_then(|target| target.parameters.get(name)).filter(|it| *it == value.expose());
            shown.cloned().unwrap_or_else(|| "***".to_owned())
        };
        let fragment =
            target.and_then(|target| target.redacted.split_once('#')).map(|(_, fragment)| fragment.to_owned());
        Self {
            scheme: module.scheme.clone(),
            user: module.user.clone(),
            password: module.password.as_ref().map(ToString::to_string),
            database: module.database.clone(),
            parameters: module.parameters.iter().map(|(name, value)| (name.clone(), open(name, value))).collect(),
            http: fragment,
            allow: module.allow.iter().map(|allowed| allowed.as_str().to_owned()).collect(),
            role: word(ROLES, module.plan.expect_role),
            timeout: spelled(module.plan.timeout),
            level: word(LEVELS, module.plan.level),
            write: word(WRITES, module.plan.write),
            create_health_table: module.plan.create_health_table,
            thresholds: thresholds(&module.plan.thresholds),
        }
    }
}
