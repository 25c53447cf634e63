//! A session whose every step is bounded.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::activity::Activities;
use crate::class::Class;
use crate::driver::{Driver, Session};
use crate::failure::Failure;
use crate::guard::{self, Cancel, Limit};
use crate::inspection::{Inspection, Pong};
use crate::interrupt::Interrupt;
use crate::lookup::Lookup;
use crate::phase::Phase;
use crate::plan::Level;
use crate::query::{Query, Rows};
use crate::setup::Setup;
use crate::step::Step;
use crate::steps::{Steps, after, settled};
use crate::tls::Tls;
use crate::write::{WriteRequest, Written};

/// A session for a task that asks more than a probe does: every step ends at the deadline, the server is asked to stop
/// shortly before, a panic of the driver is a failure, and a session that was lost is never asked again.
///
/// Dropping it closes the connection; [`Connection::close`] says goodbye first. Dropping the future of a step closes it,
/// too: the next answer could be the one to that step.
pub struct Connection {
    session: Option<Box<dyn Session>>,
    steps: Vec<Step>,
    address: Option<String>,
    tls: Option<Tls>,
    timeout: Duration,
    deadline: Instant,
    interrupt: Interrupt,
}

impl Connection {
    /// Connects to `driver`'s target and logs in. `timeout` is for this and all that follows, unless
    /// [`Connection::allow`] gives more.
    ///
    /// # Errors
    /// The [`Failure`] of the phase that failed.
    pub async fn open(driver: &dyn Driver, timeout: Duration, interrupt: &Interrupt) -> Result<Self, Failure> {
        let mut steps = Steps::new(timeout);
        let deadline = steps.deadline();
        let limit = Limit { deadline, reserve: Duration::ZERO };
        let connected = guard::bounded(driver.connect(&mut steps), limit, None, interrupt).await;
        let session = Some(settled(connected, Phase::Auth)?);
        let (steps, _, address, tls) = steps.into_parts();
        Ok(Self { session, steps, address, tls, timeout, deadline, interrupt: interrupt.clone() })
    }

    /// Gives what follows `timeout`, from now on.
    pub fn allow(&mut self, timeout: Duration) {
        self.timeout = timeout;
        self.deadline = after(Instant::now(), timeout);
    }

    /// How connecting went, phase by phase.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Which address answered: `ip:port` or a socket's path.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// What the TLS handshake told, where there was one.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Whether the session can still be asked.
    pub fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// The deepest level that makes sense for this kind of target; see [`Session::depth`].
    pub fn depth(&self) -> Level {
        self.session.as_deref().map_or(Level::Auth, Session::depth)
    }

    /// See [`Session::ping`].
    ///
    /// # Errors
    /// The step's [`Failure`], as with all that follow.
    pub async fn ping(&mut self) -> Result<Pong, Failure> {
        let (mut session, bounds) = self.step()?;
        let result = bounds.run(Phase::Ping, session.ping()).await;
        self.after(session, result)
    }

    /// See [`Session::write`].
    ///
    /// # Errors
    /// The step's [`Failure`].
    pub async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        let (mut session, bounds) = self.step()?;
        let result = bounds.run(Phase::Write, session.write(request)).await;
        self.after(session, result)
    }

    /// See [`Session::read`].
    ///
    /// # Errors
    /// The step's [`Failure`].
    pub async fn read(&mut self, written: Option<&Written>) -> Result<(), Failure> {
        let (mut session, bounds) = self.step()?;
        let result = bounds.run(Phase::Read, session.read(written)).await;
        self.after(session, result)
    }

    /// See [`Session::inspect`].
    ///
    /// # Errors
    /// The step's [`Failure`].
    pub async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let (mut session, bounds) = self.step()?;
        let result = bounds.run(Phase::Inspect, session.inspect()).await;
        self.after(session, result)
    }

    /// See [`Session::query`].
    ///
    /// # Errors
    /// The step's [`Failure`].
    pub async fn query(&mut self, query: &Query) -> Result<Rows, Failure> {
        let (mut session, bounds) = self.step()?;
        let result = bounds.run(Phase::Inspect, session.query(query)).await;
        self.after(session, result)
    }

    /// See [`Session::activity`].
    ///
    /// # Errors
    /// The step's [`Failure`].
    pub async fn activity(&mut self) -> Result<Activities, Failure> {
        let (mut session, bounds) = self.step()?;
        let result = bounds.run(Phase::Inspect, session.activity()).await;
        self.after(session, result)
    }

    /// See [`Session::look_up`].
    ///
    /// # Errors
    /// The step's [`Failure`].
    pub async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        let (mut session, bounds) = self.step()?;
        let result = bounds.run(Phase::Inspect, session.look_up(wanted)).await;
        self.after(session, result)
    }

    /// See [`Session::apply`].
    ///
    /// # Errors
    /// The step's [`Failure`].
    pub async fn apply(&mut self, setup: &Setup) -> Result<(), Failure> {
        let (mut session, bounds) = self.step()?;
        let result = bounds.run(Phase::Write, session.apply(setup)).await;
        self.after(session, result)
    }

    /// Says goodbye, within what time is left and never for long. A goodbye that fails changes nothing.
    pub async fn close(self) {
        let Some(session) = self.session else { return };
        guard::parting(session.close(), self.deadline).await;
    }

    /// The session, and the bounds of a step that begins now. It is taken out while it is used: a dropped future drops
    /// it, too.
    fn step(&mut self) -> Result<(Box<dyn Session>, Bounds<'_>), Failure> {
        let session = self.session.take().ok_or_else(lost)?;
        // At most a quarter of the time goes to asking the server to stop, however far away it is.
        let reserve = session.cancel_lead().min(self.timeout / 4);
        let limit = Limit { deadline: self.deadline, reserve };
        let bounds = Bounds { limit, cancel: session.canceller(), interrupt: &self.interrupt };
        Ok((session, bounds))
    }

    fn after<T>(&mut self, session: Box<dyn Session>, result: Result<T, Failure>) -> Result<T, Failure> {
        if !result.as_ref().is_err_and(Failure::loses_session) {
            self.session = Some(session);
        }
        result
    }
}

struct Bounds<'a> {
    limit: Limit,
    cancel: Option<Arc<dyn Cancel>>,
    interrupt: &'a Interrupt,
}

impl Bounds<'_> {
    async fn run<T>(self, phase: Phase, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        settled(guard::bounded(work, self.limit, self.cancel.as_deref(), self.interrupt).await, phase)
    }
}

fn lost() -> Failure {
    Failure::new(Class::Reset, "the session was lost before").in_phase(Phase::Ping)
}
