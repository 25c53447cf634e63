//! One target over time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::driver::{Driver, Session};
use crate::failure::Failure;
use crate::guard::{self, Limit};
use crate::history::History;
use crate::phase::Phase;
use crate::plan::{Level, Plan};
use crate::probe::{Revived, Run};
use crate::query::{Query, Rows};
use crate::report::Report;
use crate::status::Status;
use crate::steps::{Peer, Steps, settled};

/// How a [`Monitor`] behaves between probes.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How long an open session is kept; zero opens a new one for every probe. A kept session does not notice a
    /// changed password or a full connection table, so it should not live for ever.
    pub max_connection_age: Duration,
    /// How often a failed probe is repeated before its report counts. A permanent failure is not repeated.
    pub retries: u32,
    /// The pause before each repetition.
    pub retry_interval: Duration,
    /// How many probes in a row must find the target down before [`Monitor::status`] says so.
    pub failures_before_down: u32,
    /// How many reports are kept.
    pub history: usize,
}

impl Default for Policy {
    /// A new session for every probe, no repetition, no damping, 60 reports.
    fn default() -> Self {
        Self {
            max_connection_age: Duration::ZERO,
            retries: 0,
            retry_interval: Duration::from_secs(1),
            failures_before_down: 1,
            history: 60,
        }
    }
}

/// One target over time: a session that is kept for a while, repetitions, damping, and the last reports.
///
/// At most one probe is in flight and at most one session is open. Dropping the monitor closes it.
pub struct Monitor {
    /// The target's name in the reports, where it is not the one that the driver makes of the DSN.
    name: Option<String>,
    driver: Arc<dyn Driver>,
    plan: Plan,
    policy: Policy,
    kept: Option<Kept>,
    history: History,
    downs: u32,
    status: Option<Status>,
}

struct Kept {
    session: Box<dyn Session>,
    since: Instant,
    peer: Peer,
}

impl Monitor {
    /// A monitor of `driver`'s target that has not probed it yet.
    pub fn new(driver: Arc<dyn Driver>, plan: Plan, policy: Policy) -> Self {
        let history = History::new(policy.history);
        Self { name: None, driver, plan, policy, kept: None, history, downs: 0, status: None }
    }

    /// With a name of the user's for the target.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Probes once, with the policy's repetitions, and remembers the report.
    ///
    /// Each repetition has the plan's whole time-out. Dropping the future drops the session and records nothing.
    pub async fn probe(&mut self) -> Arc<Report> {
        let mut report = self.attempt().await;
        for _ in 0..self.policy.retries {
            if !report.may_pass() {
                break;
            }
            tokio::select! {
                biased;
                () = self.plan.interrupt.fired() => break,
                () = sleep(self.policy.retry_interval) => {}
            }
            report = self.attempt().await;
        }
        self.remember(Arc::new(report))
    }

    /// Runs one of the user's queries within `timeout`, on the session that is kept, or else on one of its own.
    ///
    /// It leaves no report. Dropping the future drops the session.
    ///
    /// # Errors
    /// The [`Failure`] of the phase in which it failed: `inspect` for the query itself.
    pub async fn query(&mut self, query: &Query, timeout: Duration) -> Result<Rows, Failure> {
        let mut steps = Steps::new(timeout);
        let deadline = steps.deadline();
        let interrupt = &self.plan.interrupt;
        let mut kept = match self.kept.take() {
            Some(kept) => kept,
            None => {
                let limit = Limit { deadline, reserve: Duration::ZERO };
                let connected = guard::bounded(self.driver.connect(&mut steps), limit, None, interrupt).await;
                Kept { session: settled(connected, Phase::Auth)?, since: Instant::now(), peer: steps.peer() }
            }
        };
        let limit = Limit { deadline, reserve: kept.session.cancel_lead().min(timeout / 4) };
        let cancel = kept.session.canceller();
        let asked = guard::bounded(kept.session.query(query), limit, cancel.as_deref(), interrupt).await;
        let answer = settled(asked, Phase::Inspect);
        if !answer.as_ref().is_err_and(Failure::loses_session) {
            self.keep_or_close(kept).await;
        }
        answer
    }

    /// The damped status: `down` only after the policy's number of probes in a row; `None` before the first.
    pub fn status(&self) -> Option<Status> {
        self.status
    }

    /// The last probes.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What a probe does. A change counts from the next probe on.
    pub fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }

    /// What happens between probes. A change counts from the next probe on, but for the length of the history.
    pub fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }

    /// The target's driver.
    pub fn driver(&self) -> &Arc<dyn Driver> {
        &self.driver
    }

    /// Says goodbye to the kept session, within a short grace.
    pub async fn close(mut self) {
        if let Some(kept) = self.kept.take() {
            Run::new(&self.plan).close(kept.session).await;
        }
    }

    async fn attempt(&mut self) -> Report {
        let plan = self.plan.clone();
        let mut run = Run::new(&plan);
        // The session is taken out while it is used: a dropped future drops it, too.
        let revived = match self.kept.take() {
            Some(kept) if kept.since.elapsed() < self.policy.max_connection_age => {
                let revived = run.revive(kept.session).await;
                if !matches!(revived, Revived::Dead) {
                    run.back_with(kept.peer);
                }
                (revived, kept.since)
            }
            Some(kept) => {
                Run::new(&plan).close(kept.session).await;
                (Revived::Dead, Instant::now())
            }
            None => (Revived::Dead, Instant::now()),
        };
        let (session, since) = match revived {
            (Revived::Usable(session), since) => (Some(session), since),
            (Revived::Lost, since) => (None, since),
            (Revived::Dead, _) => {
                let since = Instant::now();
                let connected = run.connect(self.driver.as_ref()).await;
                (run.exercise(connected).await, since)
            }
        };
        if let Some(session) = session {
            if self.keeps() {
                self.kept = Some(Kept { session, since, peer: run.peer() });
            } else {
                run.close(session).await;
            }
        }
        let mut report = run.report(self.driver.as_ref());
        if let Some(name) = &self.name {
            report.target.clone_from(name);
        }
        report
    }

    fn keeps(&self) -> bool {
        !self.policy.max_connection_age.is_zero() && self.plan.level >= Level::Ping
    }

    async fn keep_or_close(&mut self, kept: Kept) {
        if self.keeps() {
            self.kept = Some(kept);
        } else {
            Run::new(&self.plan).close(kept.session).await;
        }
    }

    fn remember(&mut self, report: Arc<Report>) -> Arc<Report> {
        let status = report.status();
        self.downs = if status == Status::Down { self.downs.saturating_add(1) } else { 0 };
        let damped = self.downs > 0 && self.downs < self.policy.failures_before_down;
        if !damped || self.status.is_none() {
            self.status = Some(status);
        }
        self.history.push(&report);
        report
    }
}
