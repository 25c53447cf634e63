//! What the user expects of a target that works: its role, and limits that it must keep.

use std::time::Duration;

use crate::class::Class;
use crate::failure::Failure;
use crate::inspection::Inspection;
use crate::phase::Phase;
use crate::plan::{Level, Plan};
use crate::role::{ExpectedRole, Role};
use crate::step::{Outcome, Step};
use crate::tls::Tls;

/// Whether a session that cannot write is what was expected.
///
/// # Errors
/// Class `read_only` for a primary that refuses writes although a primary was asked for. A replica that should be a
/// primary is a matter of its role, which [`apply`] judges.
pub(crate) fn writable(expected: ExpectedRole, role: Option<Role>) -> Result<(), Failure> {
    if expected != ExpectedRole::Primary || role == Some(Role::Replica) {
        return Ok(());
    }
    // A file, for one, does not tell whether it is somebody's copy.
    let message = match role {
        Some(_) => "the server says it is a primary but the session cannot write",
        None => "a primary was expected but the session cannot write",
    };
    Err(Failure::new(Class::ReadOnly, message)
        .advise("look for a read-only setting of the server, the database or the role"))
}

/// Marks the steps whose result is not what the plan expects.
pub(crate) fn apply(plan: &Plan, steps: &mut Vec<Step>, facts: &Inspection, tls: Option<&Tls>, total: Duration) {
    for (phase, failure) in unmet(plan, steps, facts, tls, total) {
        let outcome = Outcome::Failed(failure.in_phase(phase));
        match steps.iter_mut().find(|step| step.phase == phase && step.passed()) {
            Some(step) => step.outcome = outcome,
            None => {
                let at = steps.iter().position(|step| step.phase > phase).unwrap_or(steps.len());
                steps.insert(at, Step { phase, outcome, start: None, duration: None, proof: None });
            }
        }
    }
}

fn unmet(plan: &Plan, steps: &[Step], facts: &Inspection, tls: Option<&Tls>, total: Duration) -> Vec<(Phase, Failure)> {
    let limits = &plan.thresholds;
    let mut unmet = Vec::new();
    for (phase, limit) in [(Phase::Ping, limits.ping), (Phase::Write, limits.write), (Phase::Read, limits.read)] {
        let took = steps.iter().find(|step| step.phase == phase && step.passed()).and_then(|step| step.duration);
        unmet.extend(slower(phase.as_str(), took, limit).map(|failure| (phase, failure)));
    }
    // A target that does not answer has one problem; that it is also slow or of another role is noise.
    if steps.iter().any(|step| step.phase <= Phase::Ping && step.failure().is_some()) {
        return unmet;
    }
    unmet.extend(certificate(tls, limits.certificate).map(|failure| (Phase::Tls, failure)));
    let inspected = [
        role(plan, facts),
        connections(facts, limits.connections),
        slower("replication", facts.replication_lag, limits.replication_lag),
        slower("the whole probe", Some(total), limits.response),
    ];
    let concerns = plan.concerns.iter().cloned();
    unmet.extend(inspected.into_iter().flatten().chain(concerns).map(|failure| (Phase::Inspect, failure)));
    unmet
}

fn slower(what: &str, took: Option<Duration>, limit: Option<Duration>) -> Option<Failure> {
    let (took, limit) = (took?, limit?);
    let (verb, advice) = if what == "replication" {
        ("is behind by", "look at the replica's load, its disk, and its connection to the primary")
    } else {
        ("took", "look for load, locks or a slow disk on the server, and at the network in between")
    };
    let message = || format!("{what} {verb} {took:.1?}, more than the {limit:?} allowed");
    (took > limit).then(|| Failure::new(Class::Threshold, message()).advise(advice))
}

fn certificate(tls: Option<&Tls>, limit: Option<Duration>) -> Option<Failure> {
    let (days, limit) = (tls?.days_left?, limit?);
    let wanted = i64::try_from(limit.as_secs() / 86_400).unwrap_or(i64::MAX);
    let message = match days {
        days if days >= wanted => return None,
        days if days < 0 => "the server's certificate has expired".to_owned(),
        days => format!("the server's certificate expires in {days} days, fewer than the {wanted} asked for"),
    };
    Some(Failure::new(Class::Threshold, message).advise("renew the certificate and make the server load it"))
}

fn role(plan: &Plan, facts: &Inspection) -> Option<Failure> {
    if plan.level < Level::Ping || plan.expect_role.accepts(facts.role) {
        return None;
    }
    let wanted = plan.expect_role.as_str();
    let (message, advice) = match facts.role {
        Some(role) => (
            format!("the server is a {role}, but a {wanted} was expected"),
            "check whether a failover took place, and where the name points to",
        ),
        None => (
            format!("the server does not tell its role, but a {wanted} was expected"),
            "expect no role of this target: `dbprobe engines` lists the engines that know one",
        ),
    };
    Some(Failure::new(Class::RoleMismatch, message).advise(advice))
}

fn connections(facts: &Inspection, limit: Option<f64>) -> Option<Failure> {
    let (used, most, limit) = (facts.connections?, facts.connections_max?, limit?);
    #[expect(clippy::cast_precision_loss, reason = "connection counts are far below 2^53")]
    let share = used as f64 / most as f64;
    (share > limit).then(|| {
        let message = format!("{used} of {most} connections are in use, more than the {:.0} % allowed", limit * 100.0);
        Failure::new(Class::Threshold, message).advise("find out who holds them before new clients are refused")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(plan: &Plan, facts: &Inspection, tls: Option<&Tls>) -> Vec<(Phase, Class)> {
        let took = Some(Duration::from_millis(50));
        let step = |phase| Step { phase, outcome: Outcome::Passed, start: took, duration: took, proof: None };
        let mut steps: Vec<Step> = [Phase::Tls, Phase::Ping, Phase::Read, Phase::Inspect].map(step).into();
        apply(plan, &mut steps, facts, tls, Duration::from_millis(200));
        steps.iter().filter_map(|step| Some((step.phase, step.failure()?.class))).collect()
    }

    #[test]
    fn nothing_expected_is_nothing_missed() {
        assert_eq!(judge(&Plan::default(), &Inspection::default(), None), []);
    }

    #[test]
    fn every_limit_is_judged_where_it_belongs() {
        let mut plan = Plan { expect_role: ExpectedRole::Primary, ..Plan::default() };
        plan.thresholds.ping = Some(Duration::from_millis(49));
        plan.thresholds.read = Some(Duration::from_millis(50));
        plan.thresholds.connections = Some(0.8);
        plan.thresholds.certificate = Some(Duration::from_secs(30 * 86_400));
        plan.thresholds.response = Some(Duration::from_millis(100));
        let facts = Inspection {
            role: Some(Role::Replica),
            connections: Some(81),
            connections_max: Some(100),
            ..Inspection::default()
        };
        plan.concerns = vec![Failure::new(Class::Query, "a query failed")];
        let tls = Tls { days_left: Some(29), ..Tls::default() };
        assert_eq!(
            judge(&plan, &facts, Some(&tls)),
            [
                (Phase::Tls, Class::Threshold),
                (Phase::Ping, Class::Threshold),
                (Phase::Inspect, Class::RoleMismatch),
                (Phase::Inspect, Class::Threshold),
                (Phase::Inspect, Class::Threshold),
                (Phase::Inspect, Class::Query),
            ]
        );
    }

    #[test]
    fn a_role_that_is_never_told_is_missed_and_no_failover_is_blamed() {
        let plan = Plan { expect_role: ExpectedRole::Primary, ..Plan::default() };
        let advice = |role| role_of(&plan, role).and_then(|failure| failure.advice).unwrap_or_default();
        assert!(advice(Some(Role::Replica)).contains("failover"));
        assert!(advice(None).contains("dbprobe engines"), "{}", advice(None));
    }

    fn role_of(plan: &Plan, told: Option<Role>) -> Option<Failure> {
        role(plan, &Inspection { role: told, ..Inspection::default() })
    }

    #[test]
    fn a_primary_that_refuses_writes_is_a_failure_only_where_a_primary_is_wanted() {
        assert!(writable(ExpectedRole::Any, Some(Role::Primary)).is_ok());
        assert!(writable(ExpectedRole::Primary, Some(Role::Replica)).is_ok(), "its role is judged instead");
        assert_eq!(
            writable(ExpectedRole::Primary, Some(Role::Primary)).err().map(|failure| failure.class),
            Some(Class::ReadOnly)
        );
        let untold = writable(ExpectedRole::Primary, None).err().map(|failure| failure.message).unwrap_or_default();
        assert!(!untold.contains("says"), "nobody said anything: {untold}");
    }
}
