//! What a probe's report tells.

use dbprobe_core::{Class, ExpectedRole, Outcome, Phase, Report, milliseconds};

use super::ValidateOptions;
use super::outcome::{Check, CheckOutcome};

/// The checks that need no further question.
pub(super) fn check(report: &Report, options: &ValidateOptions, checks: &mut Vec<Check>) {
    checks.push(reachability(report));
    let answers = report.status().answers();
    checks.push(if answers { latency(report, options) } else { unasked("latency") });
    if options.server_version.is_some() {
        checks.push(if answers { version(report, options) } else { unasked("server_version") });
    }
    if options.expect_role != ExpectedRole::Any {
        checks.push(if answers { role(report, options.expect_role) } else { unasked("role") });
    }
    if let Some(free) = options.free_connections {
        checks.push(if answers { connections(report, free) } else { unasked("free_connections") });
    }
}

/// A database that does not answer has failed already; a failure for each check would hide that one.
pub(super) fn unasked(check: impl Into<String>) -> Check {
    Check::new(check, CheckOutcome::Skipped, "it was not asked: the database does not answer")
}

fn reachability(report: &Report) -> Check {
    let took = milliseconds(report.duration);
    match report.failure() {
        Some(failure) if !report.status().answers() => Check::prevented("reachability", failure.clone()),
        // It answers, and something beside the point failed, such as an inspection without the privilege.
        Some(failure) => {
            let check = Check::prevented("reachability", failure.clone());
            Check { outcome: CheckOutcome::Warning, ..check }
        }
        None => {
            let address = report.address.as_ref().map(|address| format!(" at {address}")).unwrap_or_default();
            Check::new("reachability", CheckOutcome::Passed, format!("it answers{address}, within {took:.1} ms in all"))
        }
    }
}

fn latency(report: &Report, options: &ValidateOptions) -> Check {
    let phases = [Phase::Ping, Phase::Read];
    let measured = phases.into_iter().filter_map(|phase| Some((report.latency(phase)?, phase)));
    let Some((slowest, phase)) = measured.max() else {
        return Check::new("latency", CheckOutcome::Skipped, "this kind of target has no round trip to measure");
    };
    let (took, most) = (milliseconds(slowest), milliseconds(options.max_latency));
    if slowest > options.max_latency {
        let message = format!("the {phase} took {took:.1} ms, more than {most} ms");
        let advice = "`dbprobe perf` shows the distribution; look at the load of the server and at the network between";
        return Check::new("latency", CheckOutcome::Warning, message).advise(advice);
    }
    Check::new("latency", CheckOutcome::Passed, format!("the {phase} took {took:.1} ms, of {most} ms at the most"))
}

fn version(report: &Report, options: &ValidateOptions) -> Check {
    let name = "server_version";
    let (Some(range), version) = (&options.server_version, &report.inspection.version) else { return unasked(name) };
    let Some(version) = version else {
        return Check::new(
            name,
            CheckOutcome::Failed,
            format!("the server does not tell its version; {range} is asked for"),
        )
        .advise(inspection(report));
    };
    match range.contains(version) {
        Some(true) => Check::new(name, CheckOutcome::Passed, format!("it is {version}, in {range}")),
        Some(false) => Check::new(name, CheckOutcome::Failed, format!("it is {version}, not in {range}"))
            .advise("upgrade the server, or change the range"),
        None => Check::new(name, CheckOutcome::Failed, format!("it calls itself {version}, which is no number")),
    }
}

fn role(report: &Report, expected: ExpectedRole) -> Check {
    let wanted = expected.as_str();
    match report.role() {
        Some(role) if expected.accepts(Some(role)) => {
            Check::new("role", CheckOutcome::Passed, format!("it is a {}", role.as_str()))
        }
        Some(role) => Check::new("role", CheckOutcome::Failed, format!("it is a {}, not a {wanted}", role.as_str()))
            .advise("check where the host name leads, and whether there was a failover"),
        None => Check::new(
            "role",
            CheckOutcome::Failed,
            format!("the server does not tell its role; a {wanted} is expected"),
        )
        .advise(inspection(report)),
    }
}

fn connections(report: &Report, wanted: u64) -> Check {
    let name = "free_connections";
    let facts = &report.inspection;
    let (Some(used), Some(most)) = (facts.connections, facts.connections_max) else {
        return Check::new(name, CheckOutcome::Failed, "the server does not tell its connections and their limit")
            .advise(inspection(report));
    };
    // Our own goes away again.
    let free = most.saturating_sub(used.saturating_sub(1));
    let message = format!("{free} of {most} are free, {wanted} are asked for");
    if free < wanted {
        let advice = "`dbprobe pool` shows who holds them; make pools smaller, or raise the limit";
        return Check::new(name, CheckOutcome::Failed, message).advise(advice);
    }
    Check::new(name, CheckOutcome::Passed, message)
}

/// Why a fact is not known.
fn inspection(report: &Report) -> String {
    match report.step(Phase::Inspect).map(|step| &step.outcome) {
        Some(Outcome::Failed(failure)) if failure.class != Class::Unsupported => {
            format!("the inspection failed: {failure}")
        }
        _ => "this engine may have no such thing, or this role may not see it; `dbprobe check -v` shows what it sees"
            .to_owned(),
    }
}
