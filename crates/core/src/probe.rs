//! One probe of one target.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::driver::{Driver, Session};
use crate::expectations;
use crate::failure::Failure;
use crate::guard::{self, Cancel, Ended, Limit};
use crate::inspection::{Inspection, Pong};
use crate::nonce::Nonce;
use crate::phase::Phase;
use crate::plan::{Level, Plan};
use crate::report::{Report, now};
use crate::step::Outcome;
use crate::steps::{Peer, Steps, no_answer};
use crate::write::{WriteMode, WriteProof, WriteRequest, Written};

/// Probes `driver`'s target once, on a session of its own, as `plan` says.
///
/// Total: every failure is a step of the report, a driver that panics is a failure of class `internal`, and the
/// report is there at the latest 50 ms after the plan's time-out. Dropping the future closes the session; the plan's
/// interrupt ends the probe early, too, and stops first what the server is doing for it.
pub async fn probe(driver: &dyn Driver, plan: &Plan) -> Report {
    let mut run = Run::new(plan);
    let session = run.connect(driver).await;
    if let Some(session) = run.exercise(session).await {
        run.close(session).await;
    }
    run.report(driver)
}

/// Why a step beyond [`Session::depth`] was not taken.
const NOT_APPLICABLE: &str = "not_applicable";

/// The end of a step's time, and how to ask the server to stop shortly before.
type Bounds = (Limit, Option<Arc<dyn Cancel>>);

/// What became of a session that was kept from an earlier probe.
pub(crate) enum Revived {
    /// It did not answer the ping: there is time for a new one.
    Dead,
    /// It answered and was lost later: that is the result.
    Lost,
    /// It can be kept on.
    Usable(Box<dyn Session>),
}

/// One probe under way.
pub(crate) struct Run<'a> {
    plan: &'a Plan,
    steps: Steps,
    checked_at: Timestamp,
    inspection: Inspection,
}

impl<'a> Run<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        Self { plan, steps: Steps::new(plan.timeout), checked_at: now(), inspection: Inspection::default() }
    }

    /// Opens a session, or goes only as far as the plan's level.
    pub(crate) async fn connect(&mut self, driver: &dyn Driver) -> Option<Box<dyn Session>> {
        let limit = Limit { deadline: self.steps.deadline(), reserve: Duration::ZERO };
        let ended = if self.plan.level == Level::Tcp {
            guard::bounded(
                async { driver.reach(&mut self.steps).await.map(|()| None) },
                limit,
                None,
                &self.plan.interrupt,
            )
            .await
        } else {
            guard::bounded(async { driver.connect(&mut self.steps).await.map(Some) }, limit, None, &self.plan.interrupt)
                .await
        };
        match ended {
            Ended::Answered(Ok(session)) => return session,
            Ended::Answered(Err(failure)) => self.steps.abandon(Phase::Auth, failure),
            Ended::Panicked(message) => self.steps.abandon(Phase::Auth, guard::panicked(&message)),
            Ended::TimedOut => self.steps.time_out(Phase::Auth),
            Ended::Interrupted => self.steps.abandon(Phase::Auth, guard::interrupted()),
        }
        self.skip_from(Phase::Ping, "not connected");
        None
    }

    /// Takes the plan's steps on `session`, and gives it back unless it is lost.
    pub(crate) async fn exercise(&mut self, session: Option<Box<dyn Session>>) -> Option<Box<dyn Session>> {
        let mut session = session?;
        if self.plan.level < Level::Ping {
            return Some(session);
        }
        if session.depth() < Level::Ping {
            self.steps.skip(Phase::Ping, NOT_APPLICABLE);
            return self.work(session.as_mut(), false).await.then_some(session);
        }
        let limit = self.limit(session.as_ref(), self.steps.deadline());
        match self.ping(session.as_mut(), limit).await {
            Ok(pong) => self.work(session.as_mut(), pong.read_only).await.then_some(session),
            Err(_) => {
                self.skip_from(Phase::Write, "the ping failed");
                None
            }
        }
    }

    /// Takes the plan's steps on a session that was kept. Its ping has half the time: a connection that the network
    /// forgot says nothing, and the other half is for a new one.
    pub(crate) async fn revive(&mut self, mut session: Box<dyn Session>) -> Revived {
        if session.depth() < Level::Ping {
            return Revived::Dead; // nothing could tell whether it is still alive
        }
        let now = Instant::now();
        let half = now + self.steps.deadline().saturating_duration_since(now) / 2;
        let limit = self.limit(session.as_ref(), half);
        match self.ping(session.as_mut(), limit).await {
            Ok(pong) if self.work(session.as_mut(), pong.read_only).await => Revived::Usable(session),
            Ok(_) => Revived::Lost,
            Err(failure) if failure.loses_session() => {
                self.steps.give_up("the kept session", failure);
                Revived::Dead
            }
            // The server answered: to ask it again would get the same answer.
            Err(_) => {
                self.skip_from(Phase::Write, "the ping failed");
                Revived::Lost
            }
        }
    }

    /// See [`Steps::peer`].
    pub(crate) fn peer(&self) -> Peer {
        self.steps.peer()
    }

    /// See [`Steps::back_with`].
    pub(crate) fn back_with(&mut self, peer: Peer) {
        self.steps.back_with(peer);
    }

    /// Pings, and remembers what the answer tells.
    async fn ping(&mut self, session: &mut dyn Session, limit: Bounds) -> Result<Pong, Failure> {
        let pong = self.step(Phase::Ping, limit, session.ping(), |_| None).await?;
        self.inspection.role = pong.role;
        self.inspection.read_only = (session.depth() >= Level::Write).then_some(pong.read_only);
        Ok(pong)
    }

    /// Write, read and inspect; whether the session can be kept.
    async fn work(&mut self, session: &mut dyn Session, read_only: bool) -> bool {
        let written = match self.write(session, read_only).await {
            Ok(written) => written,
            Err(failure) if failure.loses_session() => {
                self.skip_from(Phase::Read, "the session was lost in the write");
                return false;
            }
            Err(_) => None,
        };
        if self.plan.level < Level::Read {
            return true;
        }
        if self.read(session, written.as_ref()).await.is_err_and(|failure| failure.loses_session()) {
            self.skip_from(Phase::Inspect, "the session was lost in the read");
            return false;
        }
        let limit = self.limit(session, self.steps.deadline());
        match self.step(Phase::Inspect, limit, session.inspect(), |_| None).await {
            Ok(inspection) => {
                let Inspection { role, read_only, .. } = self.inspection;
                self.inspection = inspection;
                self.inspection.role = self.inspection.role.or(role);
                self.inspection.read_only = self.inspection.read_only.or(read_only);
                true
            }
            Err(failure) => !failure.loses_session(),
        }
    }

    /// Reads what was `written`, where there is anything to read.
    async fn read(&mut self, session: &mut dyn Session, written: Option<&Written>) -> Result<(), Failure> {
        if session.depth() < Level::Read {
            self.steps.skip(Phase::Read, NOT_APPLICABLE);
            return Ok(());
        }
        let limit = self.limit(session, self.steps.deadline());
        let proof = written.map(|written| written.proof);
        self.step(Phase::Read, limit, session.read(written), |()| proof).await
    }

    /// Writes where the plan asks for it and the session can.
    async fn write(&mut self, session: &mut dyn Session, read_only: bool) -> Result<Option<Written>, Failure> {
        if self.plan.level < Level::Write {
            return Ok(None);
        }
        if self.plan.write == WriteMode::None {
            self.steps.skip(Phase::Write, "not asked for");
            return Ok(None);
        }
        if session.depth() < Level::Write {
            self.steps.skip(Phase::Write, NOT_APPLICABLE);
            return Ok(None);
        }
        if read_only {
            match expectations::writable(self.plan.expect_role, self.inspection.role) {
                Ok(()) => self.steps.skip(Phase::Write, "read_only"),
                Err(failure) => self.steps.abandon(Phase::Write, failure),
            }
            return Ok(None);
        }
        let limit = self.limit(session, self.steps.deadline());
        let plan = self.plan;
        let work = async {
            let request = WriteRequest {
                nonce: Nonce::random()?,
                mode: plan.write,
                create_health_table: plan.create_health_table,
                prober: plan.prober.clone(),
            };
            session.write(&request).await
        };
        self.step(Phase::Write, limit, work, |written: &Written| Some(written.proof)).await.map(Some)
    }

    /// Says goodbye, within what time is left and never for long.
    pub(crate) async fn close(&mut self, session: Box<dyn Session>) {
        self.steps.open(Phase::Close);
        let failure = match guard::parting(session.close(), self.steps.deadline()).await {
            Ended::Answered(Ok(())) => return self.steps.finish(Outcome::Passed, None),
            Ended::Answered(Err(failure)) => failure,
            Ended::Panicked(message) => guard::panicked(&message),
            Ended::TimedOut | Ended::Interrupted => no_answer(Phase::Close),
        };
        self.steps.fail(failure);
    }

    /// Ends the probe.
    pub(crate) fn report(self, driver: &dyn Driver) -> Report {
        let duration = self.steps.elapsed();
        let (mut steps, attempts, address, tls) = self.steps.into_parts();
        expectations::apply(self.plan, &mut steps, &self.inspection, tls.as_ref(), duration);
        Report {
            target: driver.target().name(),
            engine: Some(driver.target().engine.to_owned()),
            checked_at: self.checked_at,
            duration,
            steps,
            attempts,
            address,
            inspection: self.inspection,
            tls,
        }
    }

    /// Times, bounds and records one step on a session.
    async fn step<T>(
        &mut self,
        phase: Phase,
        (limit, cancel): Bounds,
        work: impl Future<Output = Result<T, Failure>>,
        proof: impl Fn(&T) -> Option<WriteProof>,
    ) -> Result<T, Failure> {
        self.steps.open(phase);
        let failure = match guard::bounded(work, limit, cancel.as_deref(), &self.plan.interrupt).await {
            Ended::Answered(Ok(value)) => {
                self.steps.finish(Outcome::Passed, proof(&value));
                return Ok(value);
            }
            Ended::Answered(Err(failure)) => failure,
            Ended::Panicked(message) => guard::panicked(&message),
            Ended::TimedOut => no_answer(phase),
            Ended::Interrupted => guard::interrupted(),
        };
        Err(self.steps.fail(failure))
    }

    fn limit(&self, session: &dyn Session, deadline: Instant) -> Bounds {
        // At most a quarter of the time goes to asking the server to stop, however far away it is.
        let reserve = session.cancel_lead().min(self.plan.timeout / 4);
        (Limit { deadline, reserve }, session.canceller())
    }

    /// Marks every step from `phase` on that the plan asks for as skipped.
    fn skip_from(&mut self, phase: Phase, reason: &str) {
        let reason = if self.plan.interrupt.has_fired() { "interrupted" } else { reason };
        let asked = |phase: Phase| match phase {
            Phase::Ping => self.plan.level >= Level::Ping,
            Phase::Write => self.plan.level >= Level::Write && self.plan.write != WriteMode::None,
            Phase::Read | Phase::Inspect => self.plan.level >= Level::Read,
            _ => false,
        };
        let skipped: Vec<Phase> = Phase::ALL.into_iter().filter(|at| *at >= phase && asked(*at)).collect();
        for phase in skipped {
            self.steps.skip(phase, reason);
        }
    }
}
