//! One database of a summary: asked, perhaps more than once, and judged.

use dbprobe_core::{Class, Failure, Phase, Report, Status, milliseconds, probe};
use tokio::time::sleep;

use super::options::{Limits, SummaryOptions};
use super::outcome::{DatabaseSummary, PoolUse};
use crate::database::Database;
use crate::pool::percent;
use crate::word::Word;

/// A database, what was found, and what is wrong with it: the failure that decides its status first.
pub(super) struct Asked<'a> {
    pub(super) database: &'a Database,
    pub(super) report: Report,
    pub(super) attempts: u32,
    pub(super) limits: Limits,
    pub(super) status: Status,
    pub(super) failures: Vec<Failure>,
    /// Whether the probe took longer than it may.
    pub(super) slow: Option<Failure>,
    /// Whether more connections are in use than may be.
    pub(super) crowded: Option<Failure>,
}

impl<'a> Asked<'a> {
    /// Asks until a connect succeeds, or as many in a row have failed as make an alert. What fails later is repeated as
    /// the database's policy has it.
    pub(super) async fn ask(database: &'a Database, options: &SummaryOptions) -> Self {
        let limits = options.limits(&database.plan);
        let mut plan = database.plan.clone();
        // These two are judged here, since they have values here where a plan has none.
        (plan.thresholds.response, plan.thresholds.connections) = (None, None);
        let mut attempts = 1;
        let report = loop {
            let report = probe(database.driver.as_ref(), &plan).await;
            let most = match report.failure() {
                Some(failure) if failure.is_permanent() || failure.class.is_expectation() => 1,
                Some(failure) if is_connect(failure) => options.connection_failures.max(database.policy.retries + 1),
                Some(_) => database.policy.retries + 1,
                None => 1,
            };
            if attempts >= most || plan.interrupt.has_fired() {
                break report;
            }
            attempts += 1;
            tokio::select! {
                biased;
                () = plan.interrupt.fired() => break report,
                () = sleep(database.policy.retry_interval) => {}
            }
        };
        Self::judge(database, report, attempts, limits)
    }

    fn judge(database: &'a Database, report: Report, attempts: u32, limits: Limits) -> Self {
        let status = report.status();
        let first = report.failure().cloned();
        // What does not answer has one problem; the rest follows from it.
        let rest = report.steps.iter().filter(|step| step.phase != Phase::Close && status.answers());
        let rest = rest.filter_map(|step| step.failure()).filter(|failure| Some(*failure) != first.as_ref()).cloned();
        let failures: Vec<Failure> = first.iter().filter(|_| status != Status::Up).cloned().chain(rest).collect();
        let (slow, crowded) = match status.answers() {
            true => (slow(&report, limits), crowded(&report, limits)),
            false => (None, None),
        };
        let limited = slow.is_some() || crowded.is_some();
        let status = if limited { status.max(Status::Degraded) } else { status };
        Self { database, report, attempts, limits, status, failures, slow, crowded }
    }

    pub(super) fn summary(&self, options: &SummaryOptions) -> DatabaseSummary {
        let report = &self.report;
        DatabaseSummary {
            database_name: self.database.name.clone(),
            engine: self.database.known_engine(),
            status: Word::from(self.status),
            check_status: self.status,
            role: report.role(),
            version: report.inspection.version.clone(),
            response_time_ms: report.status().answers().then(|| milliseconds(report.duration)),
            pool: pool(report),
            attempts: self.attempts,
            thresholds: options.thresholds(self.limits),
            failure: self.failures.first().or(self.slow.as_ref()).or(self.crowded.as_ref()).cloned(),
        }
    }
}

/// Whether connecting or logging in failed.
pub(super) fn is_connect(failure: &Failure) -> bool {
    !failure.class.is_expectation()
        && failure.phase.is_some_and(|phase| phase > Phase::Configure && phase <= Phase::Auth)
}

/// How much of the server's connections is in use, where it tells both numbers.
pub(super) fn pool(report: &Report) -> Option<PoolUse> {
    let (in_use, limit) = (report.inspection.connections?, report.inspection.connections_max.filter(|most| *most > 0)?);
    Some(PoolUse { in_use, limit, utilization_percent: percent(in_use, limit) })
}

fn slow(report: &Report, limits: Limits) -> Option<Failure> {
    let limit = limits.response_time;
    let message = || format!("the whole probe took {:.1?}, more than the {limit:?} allowed", report.duration);
    (report.duration > limit).then(|| {
        Failure::new(Class::Threshold, message())
            .advise("look for load, locks or a slow disk on the server, and at the network in between")
            .in_phase(Phase::Inspect)
    })
}

fn crowded(report: &Report, limits: Limits) -> Option<Failure> {
    let PoolUse { in_use, limit, utilization_percent } = pool(report)?;
    let allowed = limits.pool_utilization * 100.0;
    let message = || format!("{in_use} of {limit} connections are in use, more than the {allowed:.0} % allowed");
    (utilization_percent > allowed).then(|| {
        Failure::new(Class::Threshold, message())
            .advise("`dbprobe pool` says who holds them; act before new clients are refused")
            .in_phase(Phase::Inspect)
    })
}
