//! What a task works on.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use dbprobe_core::{Check, Driver, Engine, Failure, Knowledge, Phase, Plan, Policy, Session, Steps, Target};

/// What a driver is called whose DSN chose no engine.
pub(crate) const UNKNOWN: &str = "unknown";

/// A target as the tasks see it: a name, a driver, and what is asked of it.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its name in every result.
    pub name: String,
    /// How it is reached.
    pub driver: Arc<dyn Driver>,
    /// What a probe of it does, and its limits.
    pub plan: Plan,
    /// How often a probe is repeated.
    pub policy: Policy,
    /// What is known about its engine's codes; see [`Engine::knowledge`](dbprobe_core::Engine::knowledge).
    pub knowledge: &'static [Knowledge],
}

impl Database {
    /// The target of `driver`, under the name that its DSN gives it, with the default plan and policy.
    pub fn new(driver: Arc<dyn Driver>) -> Self {
        let name = driver.target().name();
        Self { name, driver, plan: Plan::default(), policy: Policy::default(), knowledge: &[] }
    }

    /// A target that cannot be asked, because of `failure`: its DSN or its configuration is wrong. Every task answers for
    /// it as for one that was asked, so that nothing is left out of a result.
    pub fn refused(name: impl Into<String>, engine: Option<&'static str>, failure: Failure) -> Self {
        let target = Target {
            engine: engine.unwrap_or(UNKNOWN),
            endpoints: Vec::new(),
            user: None,
            has_password: false,
            database: None,
            parameters: BTreeMap::new(),
            redacted: String::new(),
        };
        let failure = failure.in_phase(Phase::Configure);
        let driver = Arc::new(Refused { target, failure });
        Self { name: name.into(), ..Self::new(driver) }
    }

    /// With a name of the user's.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// With what is asked of it.
    #[must_use]
    pub fn plan(self, plan: Plan) -> Self {
        Self { plan, ..self }
    }

    /// With how often a probe is repeated.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    /// With what is known about its engine's codes.
    #[must_use]
    pub fn knowledge(self, knowledge: &'static [Knowledge]) -> Self {
        Self { knowledge, ..self }
    }

    /// The engine's name; `unknown` where the DSN chose none.
    pub fn engine(&self) -> &'static str {
        self.driver.target().engine
    }

    /// The engine's name for a result; `None` where the DSN chose none.
    pub(crate) fn known_engine(&self) -> Option<&'static str> {
        Some(self.engine()).filter(|engine| *engine != UNKNOWN)
    }
}

/// The database of a check. A check whose DSN cannot be read is one that was [refused](Database::refused).
impl From<Check> for Database {
    fn from(check: Check) -> Self {
        let database = match check.driver() {
            Ok(driver) => Self::new(driver),
            Err(failure) => Self::refused("dsn", None, failure),
        };
        let of_it = |engine: &&&Engine| engine.name == database.engine();
        let knowledge = check.registry().engines().iter().find(of_it).map_or(&[][..], |engine| engine.knowledge);
        let name = check.name().map_or_else(|| database.name.clone(), str::to_owned);
        database.named(name).plan(check.plan().clone()).policy(check.policy().clone()).knowledge(knowledge)
    }
}

/// A driver for what could not be configured.
#[derive(Debug)]
struct Refused {
    target: Target,
    failure: Failure,
}

#[async_trait]
impl Driver for Refused {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, _: &mut Steps) -> Result<(), Failure> {
        Err(self.failure.clone())
    }

    async fn connect(&self, _: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        Err(self.failure.clone())
    }
}

#[cfg(test)]
mod tests {
    use dbprobe_core::{Class, Level, Registry, Status, probe};

    use super::*;

    #[tokio::test]
    async fn what_could_not_be_configured_is_unknown() {
        let database = Database::refused("orders", Some("postgres"), Failure::new(Class::Config, "no scheme"));
        let report = probe(database.driver.as_ref(), &database.plan).await;
        assert_eq!(report.status(), Status::Unknown);
        assert_eq!(
            report.failure().map(|failure| (failure.phase, failure.class)),
            Some((Some(Phase::Configure), Class::Config))
        );
    }

    #[test]
    fn a_check_brings_its_name_its_plan_and_what_is_known_of_its_engine() {
        let registry = Registry::new(&[&dbprobe_sqlite::ENGINE]);
        let of = |dsn| Database::from(Check::new(dsn, registry.clone()).level(Level::Read).named("orders"));
        let (found, refused) = (of("file:orders.db"), of("nothing-like-a-dsn"));
        assert_eq!((found.name.as_str(), found.engine(), found.plan.level), ("orders", "sqlite", Level::Read));
        assert_eq!(found.knowledge.len(), dbprobe_sqlite::ENGINE.knowledge.len());
        assert_eq!((refused.name.as_str(), refused.known_engine(), refused.plan.level), ("orders", None, Level::Read));
    }
}
