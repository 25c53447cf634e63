//! One target over time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::driver::{Driver, Session};
use crate::phase::Phase;
use crate::plan::{Level, Plan};
use crate::probe::{Revived, Run};
use crate::report::Report;
use crate::status::Status;

/// How a [`Monitor`] behaves between probes.
#[derive(Clone, Debug)]
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
    driver: Arc<dyn Driver>,
    plan: Plan,
    policy: Policy,
    kept: Option<Kept>,
    reports: VecDeque<Arc<Report>>,
    downs: u32,
    status: Option<Status>,
}

struct Kept {
    session: Box<dyn Session>,
    since: Instant,
}

impl Monitor {
    /// A monitor of `driver`'s target that has not probed it yet.
    pub fn new(driver: Arc<dyn Driver>, plan: Plan, policy: Policy) -> Self {
        Self { driver, plan, policy, kept: None, reports: VecDeque::new(), downs: 0, status: None }
    }

    /// Probes once, with the policy's repetitions, and remembers the report.
    ///
    /// Each repetition has the plan's whole time-out. Dropping the future drops the session and records nothing.
    pub async fn probe(&mut self) -> Arc<Report> {
        let mut report = self.attempt().await;
        for _ in 0..self.policy.retries {
            if !worth_repeating(&report) {
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

    /// The damped status: `down` only after the policy's number of probes in a row; `None` before the first.
    pub fn status(&self) -> Option<Status> {
        self.status
    }

    /// The last reports, oldest first.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &Arc<Report>> {
        self.reports.iter()
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
        let mut run = Run::new(&self.plan);
        // The session is taken out while it is used: a dropped future drops it, too.
        let revived = match self.kept.take() {
            Some(kept) if kept.since.elapsed() < self.policy.max_connection_age => {
                (run.revive(kept.session).await, kept.since)
            }
            Some(kept) => {
                Run::new(&self.plan).close(kept.session).await;
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
            if self.policy.max_connection_age.is_zero() || self.plan.level < Level::Ping {
                run.close(session).await;
            } else {
                self.kept = Some(Kept { session, since });
            }
        }
        run.report(self.driver.as_ref())
    }

    fn remember(&mut self, report: Arc<Report>) -> Arc<Report> {
        let status = report.status();
        self.downs = if status == Status::Down { self.downs.saturating_add(1) } else { 0 };
        let damped = self.downs > 0 && self.downs < self.policy.failures_before_down;
        if !damped || self.status.is_none() {
            self.status = Some(status);
        }
        self.reports.push_back(Arc::clone(&report));
        while self.reports.len() > self.policy.history.max(1) {
            self.reports.pop_front();
        }
        report
    }
}

/// A transient failure of the target itself is worth another try; an unmet expectation is not.
fn worth_repeating(report: &Report) -> bool {
    report.failure().is_some_and(|failure| {
        !failure.is_permanent() && !failure.class.is_expectation() && failure.phase != Some(Phase::Close)
    })
}
