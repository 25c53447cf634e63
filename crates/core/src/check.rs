//! A check, put together piece by piece: the builder that embedders start from.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::connection::Connection;
use crate::driver::Driver;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::monitor::{Monitor, Policy};
use crate::plan::{Level, Plan, Thresholds};
use crate::prober::Prober;
use crate::registry::Registry;
use crate::report::Report;
use crate::role::ExpectedRole;
use crate::source::Source;
use crate::write::WriteMode;

/// A check, put together piece by piece. Nothing is read and nothing is sent before it is awaited or opened.
///
/// It composes a [`Source`], a [`Registry`], a [`Plan`] and a [`Policy`], and can be used in three ways: await it for one
/// [`Report`], [`connect`](Self::connect) for a session whose every step is bounded, [`monitor`](Self::monitor) for
/// checks that repeat on a session that is kept. A mistake in the DSN is kept until then, so that building never fails.
///
/// ```
/// use std::time::Duration;
/// use dbprobe_core::{Check, Level, Registry, Status};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let check = Check::new("@env:ORDERS_DSN", Registry::default()).timeout(Duration::from_secs(2)).level(Level::Read);
/// let report = check.await;
/// assert_eq!(report.status(), Status::Unknown); // the variable is not set, and the registry is empty
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is asked before a check is awaited or opened"]
pub struct Check {
    source: Result<Source, Failure>,
    registry: Registry,
    plan: Plan,
    policy: Policy,
    name: Option<String>,
}

/// What its pieces are.
impl Check {
    /// A check of `dsn` by the engines of `registry`, with the default [`Plan`] and [`Policy`].
    ///
    /// `dsn` is a DSN, `@env:NAME` or `@file:PATH`. A reference is read when the check is awaited or opened, and again at
    /// every new connection.
    pub fn new(dsn: &str, registry: Registry) -> Self {
        Self::from_parts(Source::parse(dsn), registry)
    }

    /// A check of what `source` says, for programs with a configuration of their own.
    pub fn of(source: Source, registry: Registry) -> Self {
        Self::from_parts(Ok(source), registry)
    }

    fn from_parts(source: Result<Source, Failure>, registry: Registry) -> Self {
        Self { source, registry, plan: Plan::default(), policy: Policy::default(), name: None }
    }

    /// The time for the whole check, from the first look-up to the last answer; [`Plan::TIMEOUT`] unless it is set. The
    /// report is there at the latest 50 ms after it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.plan.timeout = timeout;
        self
    }

    /// How far it goes: to the write unless it is set.
    pub fn level(mut self, level: Level) -> Self {
        self.plan.level = level;
        self
    }

    /// How a write is proven.
    pub fn write(mut self, mode: WriteMode) -> Self {
        self.plan.write = mode;
        self
    }

    /// Creates the health table where it is missing; it needs the privilege to.
    pub fn create_health_table(mut self) -> Self {
        self.plan.create_health_table = true;
        self
    }

    /// Whose row in the health table it is: this host's unless it is set.
    pub fn prober(mut self, prober: Prober) -> Self {
        self.plan.prober = prober;
        self
    }

    /// Which role the server must have; another one makes it `degraded`.
    pub fn expect_role(mut self, role: ExpectedRole) -> Self {
        self.plan.expect_role = role;
        self
    }

    /// Limits that make a working target `degraded`.
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.plan.thresholds = thresholds;
        self
    }

    /// Ends it before its time once `interrupt` is fired, as on SIGTERM: the server is asked to stop first.
    pub fn interrupt(mut self, interrupt: &Interrupt) -> Self {
        self.plan.interrupt = interrupt.clone();
        self
    }

    /// The target's name in the report: `host:port/database` unless it is set.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How often it is repeated after a failure that may pass, and after which pause. Each repetition has the whole
    /// time-out. Not at all unless it is set.
    pub fn retries(mut self, retries: u32, interval: Duration) -> Self {
        (self.policy.retries, self.policy.retry_interval) = (retries, interval);
        self
    }

    /// How long a [`monitor`](Self::monitor) keeps its session; see [`Policy::max_connection_age`].
    pub fn keep_session(mut self, age: Duration) -> Self {
        self.policy.max_connection_age = age;
        self
    }

    /// With one more engine: bring your own.
    pub fn with_engine(mut self, engine: &'static Engine) -> Self {
        self.registry = self.registry.with(engine);
        self
    }

    /// With all of `plan` in the place of what was set before.
    pub fn with_plan(mut self, plan: Plan) -> Self {
        self.plan = plan;
        self
    }

    /// With all of `policy` in the place of what was set before.
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }
}

/// What becomes of it.
impl Check {
    /// Checks once, on a session of its own, with the repetitions that were asked for. Awaiting the check does the same.
    ///
    /// Total: a DSN that cannot be read is a report of status `unknown`, a driver that panics a failure of class
    /// `internal`. Dropping the future closes the session. It needs a tokio runtime with time and I/O enabled.
    pub async fn run(self) -> Report {
        let once = Policy { max_connection_age: Duration::ZERO, history: 1, ..self.policy.clone() };
        let name = self.name.clone().unwrap_or_else(|| UNNAMED.to_owned());
        match self.with_policy(once).monitor() {
            Ok(mut monitor) => Arc::unwrap_or_clone(monitor.probe().await),
            Err(failure) => Report::unasked(name, None, failure),
        }
    }

    /// Connects and logs in. The check's time-out is for this and all that is asked of the session, until
    /// [`Connection::allow`] gives more; levels and expectations do not matter to it.
    ///
    /// # Errors
    /// The [`Failure`] of the phase that failed; `configure` for a DSN that cannot be read.
    pub async fn connect(&self) -> Result<Connection, Failure> {
        Connection::open(self.driver()?.as_ref(), self.plan.timeout, &self.plan.interrupt).await
    }

    /// A monitor for checks that repeat, which has not asked anything yet. It keeps its session for as long as
    /// [`keep_session`](Self::keep_session) says.
    ///
    /// # Errors
    /// Phase `configure`: the DSN, or what it refers to, cannot be read.
    pub fn monitor(self) -> Result<Monitor, Failure> {
        let monitor = Monitor::new(self.driver()?, self.plan, self.policy);
        Ok(match self.name {
            Some(name) => monitor.named(name),
            None => monitor,
        })
    }

    /// The configured driver, for whoever composes the rest.
    ///
    /// # Errors
    /// Phase `configure`: the DSN, or what it refers to, cannot be read.
    pub fn driver(&self) -> Result<Arc<dyn Driver>, Failure> {
        self.source.clone()?.open(&self.registry)
    }

    /// What it does and expects.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How it is repeated.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The engines that it chooses from.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The name that was set, if any was.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// What a target is called whose DSN cannot be read: it might have a secret in the place of its name.
const UNNAMED: &str = "dsn";

impl IntoFuture for Check {
    type Output = Report;
    type IntoFuture = Pin<Box<dyn Future<Output = Report> + Send>>;

    /// See [`Check::run`].
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
