//! From the words of the command line to reports.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dbprobe::{Class, Driver, Dsn, Failure, Monitor, Plan, Policy, Registry, Report, Source};

use crate::pointer::Pointer;

/// One target's report, and where its DSN is wrong, if it is.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) report: Report,
    pub(crate) pointer: Option<Pointer>,
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
        Self { report, pointer: refusal.pointer }
    }
}

/// The DSNs of a command line, with what is to be done with each.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) plan: &'a Plan,
    pub(crate) policy: &'a Policy,
}

impl Question<'_> {
    /// Probes the target of `text`, the argument number `position`.
    pub(crate) async fn ask(&self, text: &str, position: usize) -> Answer {
        // The driver is opened here and not for all targets beforehand: each may hold files and certificates.
        match open(self.registry, text, position) {
            Ok(driver) => {
                let mut monitor = Monitor::new(driver, self.plan.clone(), self.policy.clone());
                let report = monitor.probe().await;
                Answer { report: Arc::unwrap_or_clone(report), pointer: None }
            }
            Err(refusal) => Answer::from(*refusal),
        }
    }
}

/// Configures the target of `text`, the argument number `position`. Nothing is sent.
pub(crate) fn open(registry: &Registry, text: &str, position: usize) -> Result<Arc<dyn Driver>, Box<Refusal>> {
    let source = Source::parse(text).map_err(|failure| {
        Box::new(Refusal { name: format!("argument {position}"), engine: None, failure, pointer: None })
    })?;
    let opened = catch_unwind(AssertUnwindSafe(|| source.open(registry))).unwrap_or_else(|_| Err(panicked()));
    opened.map_err(|failure| Box::new(refusal(registry, &source, position, failure)))
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

/// The panic's message is left out: it may quote the DSN, as those of the standard library on slicing a text do.
fn panicked() -> Failure {
    Failure::new(Class::Internal, "the driver panicked while it read the DSN")
        .advise("this is a defect of dbprobe: please report it with the form of the DSN, without its password")
}
