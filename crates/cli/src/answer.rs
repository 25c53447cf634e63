//! From the words of the command line to reports.

use std::sync::Arc;

use dbprobe::{Class, Driver, Dsn, ExpectedRole, Failure, Monitor, Plan, Policy, Registry, Report, Source, Thresholds};
use dbprobe_config::{Config, TargetSettings};

use crate::pointer::Pointer;
use crate::wishes::Wishes;

/// One target's report, and where its DSN is wrong, if it is.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) report: Report,
    pub(crate) pointer: Option<Pointer>,
    /// The role that the server had to have.
    pub(crate) expected: ExpectedRole,
    pub(crate) thresholds: Thresholds,
}

/// A DSN that could not be read.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What the target can be called without showing anything of its DSN.
    pub(crate) name: String,
    pub(crate) engine: Option<&'static str>,
    pub(crate) failure: Failure,
    pub(crate) pointer: Option<Pointer>,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let report = Report::unasked(refusal.name, refusal.engine, refusal.failure);
        Self { report, pointer: refusal.pointer, expected: ExpectedRole::Any, thresholds: Thresholds::default() }
    }
}

/// What a command line asks for, and where its names are looked up.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) config: Option<&'a Config>,
    pub(crate) wishes: &'a Wishes,
}

impl Question<'_> {
    /// Probes the target of `text`, the argument number `position`.
    pub(crate) async fn ask(&self, text: &str, position: usize) -> Answer {
        // The driver is opened here and not for all targets beforehand: each may hold files and certificates.
        match self.open(text, position) {
            Ok((driver, plan, policy, name)) => {
                let (expected, thresholds) = (plan.expect_role, plan.thresholds.clone());
                let mut monitor = Monitor::new(driver, plan, policy);
                let mut report = Arc::unwrap_or_clone(monitor.probe().await);
                if let Some(name) = name {
                    report.target = name;
                }
                Answer { report, pointer: None, expected, thresholds }
            }
            Err(refusal) => Answer::from(*refusal),
        }
    }

    /// Opens the target of `text`, the argument number `position`. Nothing is sent.
    pub(crate) fn open(&self, text: &str, position: usize) -> Result<Ready, Box<Refusal>> {
        if !is_name(text) {
            let driver = open(self.registry, text, position)?;
            let (plan, policy) = self.wishes.apply(Plan::default(), Policy::default());
            return Ok((driver, plan, policy, None));
        }
        let target = find(self.config, text).map_err(|failure| {
            Box::new(Refusal { name: format!("argument {position}"), engine: None, failure, pointer: None })
        })?;
        let refused = |failure| Box::new(Refusal { name: target.name.clone(), engine: None, failure, pointer: None });
        let (driver, plan) = target.open(self.registry).map_err(refused)?;
        let (plan, policy) = self.wishes.apply(plan, target.policy.clone());
        Ok((driver, plan, policy, Some(target.name.clone())))
    }
}

/// Whether an argument is the name of a target, and not a DSN or a reference to one.
pub(crate) fn is_name(word: &str) -> bool {
    !word.is_empty() && !word.contains(':') && !word.starts_with('@')
}

/// A driver, what is done with it, and the name of the target where it has one.
pub(crate) type Ready = (Arc<dyn Driver>, Plan, Policy, Option<String>);

/// The target `name`. The name is not repeated where there is none: it may be a secret in the wrong place.
fn find<'a>(config: Option<&'a Config>, name: &str) -> Result<&'a TargetSettings, Failure> {
    let Some(config) = config else {
        return Err(Failure::new(Class::Config, "this is not a DSN: it has no scheme").advise(
            "write for example `postgres://user@host/database` or `file:demo.db`; \
             for a target's name, give its configuration with `--config FILE`",
        ));
    };
    config.target(name).ok_or_else(|| {
        let near = config.near(name).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
        let message = format!("{} has no target of this name{near}", config.file.display());
        Failure::new(Class::Config, message).advise("`dbprobe config print` lists the targets")
    })
}

/// Configures the target of `text`, the argument number `position`. Nothing is sent.
pub(crate) fn open(registry: &Registry, text: &str, position: usize) -> Result<Arc<dyn Driver>, Box<Refusal>> {
    let source = Source::parse(text).map_err(|failure| {
        Box::new(Refusal { name: format!("argument {position}"), engine: None, failure, pointer: None })
    })?;
    source.open(registry).map_err(|failure| Box::new(refusal(registry, &source, position, failure)))
}

fn refusal(registry: &Registry, source: &Source, position: usize, failure: Failure) -> Refusal {
    let dsn = source.load().ok();
    let engine = dsn.as_ref().and_then(|dsn| registry.engine(dsn).ok()).map(|engine| engine.name);
    let name = match source {
        Source::Literal(dsn) if !registry.knows(dsn) && !dsn.expose().contains("://") => format!("argument {position}"),
        source => source.to_string(),
    };
    // The failure has lost the columns; reading the DSN once more finds them again. A panic would come again, too.
    let pointer = dsn.filter(|_| failure.class != Class::Internal).and_then(|dsn| point(registry, &dsn));
    Refusal { name, engine, failure, pointer }
}

fn point(registry: &Registry, dsn: &Dsn) -> Option<Pointer> {
    let columns = registry.open(dsn).err()?.columns()?;
    Some(Pointer::new(dsn, columns, registry))
}
