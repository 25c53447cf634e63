//! Alerts: one for what is wrong, however many databases it is wrong with.

use dbprobe_core::{Failure, Phase, Status, milliseconds};

use super::ask::{Asked, is_connect, pool};
use super::cause::Cause;
use super::options::SummaryOptions;
use super::outcome::{Alert, AlertKind, FailureGroup, Severity};

/// What is wrong with one or more databases.
struct Finding<'s, 'a> {
    cause: Option<Cause>,
    kind: AlertKind,
    failure: &'s Failure,
    members: Vec<&'s Asked<'a>>,
}

/// Every group of failures with one cause, and every alert, the most important first.
pub(super) fn judge(asked: &[Asked<'_>], options: &SummaryOptions) -> (Vec<FailureGroup>, Vec<Alert>) {
    let mut findings: Vec<Finding<'_, '_>> = Vec::new();
    for one in asked {
        for (kind, failure) in failures(one) {
            let cause = Cause::of(one, failure);
            let same = |finding: &&mut Finding<'_, '_>| {
                finding.cause.is_some() && finding.cause == cause && finding.kind == kind
            };
            match findings.iter_mut().find(same) {
                Some(finding) => finding.members.push(one),
                None => findings.push(Finding { cause, kind, failure, members: vec![one] }),
            }
        }
    }
    let groups = findings.iter().filter_map(Finding::group).collect();
    let mut alerts: Vec<Alert> = findings.iter().map(|finding| finding.alert(options)).collect();
    // The sort keeps the order given where two are as important.
    alerts.sort_by_key(|alert| (std::cmp::Reverse(alert.severity), std::cmp::Reverse(alert.databases.len())));
    (groups, alerts)
}

/// Everything that is wrong with one database.
fn failures<'s>(asked: &'s Asked<'_>) -> impl Iterator<Item = (AlertKind, &'s Failure)> {
    let slow = asked.slow.iter().map(|failure| (AlertKind::ResponseTime, failure));
    let crowded = asked.crowded.iter().map(|failure| (AlertKind::PoolUtilization, failure));
    asked.failures.iter().map(|failure| (kind(failure), failure)).chain(slow).chain(crowded)
}

fn kind(failure: &Failure) -> AlertKind {
    match failure.phase {
        Some(Phase::Configure) => AlertKind::Configuration,
        _ if failure.class.is_expectation() => AlertKind::Threshold,
        _ if is_connect(failure) => AlertKind::ConnectionFailure,
        _ => AlertKind::Failure,
    }
}

impl Finding<'_, '_> {
    fn names(&self) -> Vec<String> {
        self.members.iter().map(|asked| asked.database.name.clone()).collect()
    }

    fn group(&self) -> Option<FailureGroup> {
        let cause = self.cause.as_ref().filter(|_| self.members.len() > 1)?;
        Some(FailureGroup {
            kind: cause.kind,
            cause: cause.text(&self.members, self.failure),
            members: self.names(),
            advice: self.failure.advice.clone(),
        })
    }

    fn alert(&self, options: &SummaryOptions) -> Alert {
        let worst = self.members.iter().map(|asked| asked.status).max().unwrap_or(Status::Unknown);
        let group = self.group();
        let databases = self.names();
        let (value, threshold) = self.figures(options);
        Alert {
            severity: if worst.answers() { Severity::Warning } else { Severity::Critical },
            kind: self.kind,
            database: databases.first().filter(|_| databases.len() == 1).cloned(),
            databases,
            message: group.map_or_else(|| self.failure.to_string(), |group| group.cause),
            value,
            threshold,
            advice: self.failure.advice.clone(),
        }
    }

    /// What was found, and the limit: of several databases the worst.
    fn figures(&self, options: &SummaryOptions) -> (Option<f64>, Option<f64>) {
        let worst = |figure: &dyn Fn(&Asked<'_>) -> Option<f64>| {
            self.members.iter().filter_map(|asked| figure(asked)).max_by(f64::total_cmp)
        };
        let first = self.members.first().map(|asked| asked.limits);
        match self.kind {
            // Waiting does not help: it was not asked again, however many failures make an alert.
            AlertKind::ConnectionFailure if self.failure.is_permanent() => (None, None),
            AlertKind::ConnectionFailure => {
                (worst(&|asked| Some(f64::from(asked.attempts))), Some(f64::from(options.connection_failures.max(1))))
            }
            AlertKind::PoolUtilization => (
                worst(&|asked| pool(&asked.report).map(|pool| pool.utilization_percent)),
                first.map(|limits| limits.pool_utilization * 100.0),
            ),
            AlertKind::ResponseTime => (
                worst(&|asked| Some(milliseconds(asked.report.duration))),
                first.map(|limits| milliseconds(limits.response_time)),
            ),
            _ => (None, None),
        }
    }
}
