//! The ladder: what was seen, rung by rung.

use dbprobe_core::{Failure, Outcome, Phase, Report, Step, milliseconds};

use super::findings::Findings;
use super::limits::Recommendation;
use super::place::{is_embedded, rung_of};
use super::rung::{Evidence, Rung, RungOutcome, RungResult};

/// Every rung, from the lowest to the highest.
pub(super) fn ladder(findings: &Findings, recommendations: &[Recommendation]) -> Vec<RungResult> {
    let report = &findings.report;
    let broken: Vec<(Rung, &Failure)> = report
        .steps
        .iter()
        .filter_map(Step::failure)
        .filter_map(|failure| Some((rung_of(failure, report)?, failure)))
        .collect();
    let lowest = broken.iter().map(|(rung, _)| *rung).min();
    let fatal = lowest.filter(|_| !report.status().answers());
    let climb = |rung| {
        let failure = broken.iter().find(|(at, _)| *at == rung).map(|(_, failure)| *failure);
        let mut result = match failure {
            Some(failure) => failed(rung, failure, report),
            None => held(rung, findings, fatal),
        };
        result.evidence = evidence(rung, findings);
        if let Some(failure) = failure {
            result.evidence.extend(said(failure));
        }
        let close = recommendations.iter().find(|one| one.rung == rung);
        let stands = result.outcome == RungOutcome::Passed
            || (rung == Rung::Capacity && result.outcome == RungOutcome::Skipped && fatal.is_none());
        if let Some(close) = close.filter(|_| stands) {
            result.outcome = RungOutcome::Warning;
            result.reason = Some(close.fact.clone());
        }
        result
    };
    Rung::ALL.into_iter().map(climb).collect()
}

fn failed(rung: Rung, failure: &Failure, report: &Report) -> RungResult {
    let step = failure.phase.and_then(|phase| report.step(phase));
    RungResult::new(rung, RungOutcome::Failed).because(&failure.message).took(step.and_then(|step| step.duration))
}

/// The words of whoever refused.
fn said(failure: &Failure) -> Vec<Evidence> {
    let mut said = vec![Evidence::new("failure", &failure.message)];
    said.extend(failure.code.as_ref().map(|code| Evidence::new("code", code)));
    let mut cause = std::error::Error::source(failure);
    let mut heard = failure.message.clone();
    while let Some(error) = cause {
        let text = error.to_string();
        if !heard.contains(&text) {
            said.push(Evidence::new("said", &text));
            heard = text;
        }
        cause = error.source();
    }
    said
}

/// A rung that no failure broke.
fn held(rung: Rung, findings: &Findings, fatal: Option<Rung>) -> RungResult {
    let report = &findings.report;
    let skipped = |why: &str| RungResult::new(rung, RungOutcome::Skipped).because(why);
    if fatal.is_some_and(|fatal| rung > fatal) {
        return skipped("not reached");
    }
    match rung {
        Rung::Configure => RungResult::new(rung, RungOutcome::Passed),
        Rung::Resolve => by_step(rung, Phase::Resolve, report, "there is no name to look up"),
        Rung::Tcp => by_step(rung, Phase::Tcp, report, "there is no connection to make"),
        Rung::Tls => by_step(rung, Phase::Tls, report, "not asked for"),
        Rung::Auth if is_embedded(report) && rung_step(report, Phase::Auth) => skipped("a file has no login"),
        Rung::Auth if fatal == Some(Rung::Privileges) => skipped("refused before or after the login; see privileges"),
        Rung::Auth => by_step(rung, Phase::Auth, report, "there is no login"),
        Rung::Database => by_step(rung, Phase::Ping, report, "not asked for"),
        Rung::Privileges => privileges(rung, report),
        Rung::Read => by_step(rung, Phase::Read, report, "not asked for"),
        Rung::Write => by_step(rung, Phase::Write, report, "not asked for"),
        Rung::Role if report.inspection.role.is_some() => RungResult::new(rung, RungOutcome::Passed),
        Rung::Role => skipped("the server tells none"),
        Rung::Capacity if evidence(rung, findings).is_empty() => skipped("the server tells nothing of it"),
        Rung::Capacity => RungResult::new(rung, RungOutcome::Passed),
    }
}

fn rung_step(report: &Report, phase: Phase) -> bool {
    report.step(phase).is_some()
}

/// As the step of `phase` went; one whose failure is on another rung says where.
fn by_step(rung: Rung, phase: Phase, report: &Report, otherwise: &str) -> RungResult {
    let skipped = |why: &str| RungResult::new(rung, RungOutcome::Skipped).because(why);
    let Some(step) = report.step(phase) else { return skipped(otherwise) };
    match &step.outcome {
        Outcome::Passed => RungResult::new(rung, RungOutcome::Passed).took(step.duration),
        Outcome::Skipped(why) if why == "not_applicable" => skipped("this kind of target has none"),
        Outcome::Skipped(why) => skipped(&why.replace('_', " ")),
        Outcome::Failed(failure) => match rung_of(failure, report) {
            // It works, and is too slow, or of another role.
            Some(Rung::Capacity | Rung::Role) => RungResult::new(rung, RungOutcome::Passed).took(step.duration),
            // The database was refused after the login.
            Some(Rung::Database) if rung == Rung::Auth => {
                RungResult::new(rung, RungOutcome::Passed).took(step.duration)
            }
            Some(other) => skipped(&format!("see {other}")),
            None => skipped(otherwise),
        },
    }
}

/// What is asked for is allowed where every step that needs a privilege was taken.
fn privileges(rung: Rung, report: &Report) -> RungResult {
    let passed = |phase| report.step(phase).is_some_and(Step::passed);
    if passed(Phase::Write) || (passed(Phase::Inspect) && passed(Phase::Read)) {
        return RungResult::new(rung, RungOutcome::Passed);
    }
    RungResult::new(rung, RungOutcome::Skipped).because("nothing that needs one was asked for")
}

/// What was seen at `rung`.
fn evidence(rung: Rung, findings: &Findings) -> Vec<Evidence> {
    let report = &findings.report;
    match rung {
        Rung::Configure => findings.configuration.evidence(),
        Rung::Resolve => findings.names.iter().flat_map(super::doors::Name::evidence).collect(),
        Rung::Tcp => transport(findings),
        Rung::Tls => tls(findings),
        Rung::Auth => auth(findings),
        Rung::Database => {
            findings.file.iter().flat_map(|file| file.evidence().to_vec()).chain(server(report)).collect()
        }
        Rung::Read | Rung::Write => {
            let phase = if rung == Rung::Read { Phase::Read } else { Phase::Write };
            let proof = report.step(phase).and_then(|step| step.proof);
            proof.map(|proof| Evidence::new("proof", proof.to_string())).into_iter().collect()
        }
        Rung::Privileges => Vec::new(),
        Rung::Role => role(report),
        Rung::Capacity => capacity(findings),
    }
}

fn transport(findings: &Findings) -> Vec<Evidence> {
    let mut seen: Vec<Evidence> = findings.socket.iter().flat_map(|socket| socket.evidence().to_vec()).collect();
    for address in &findings.addresses {
        let took = address.duration_ms.map(|ms| format!(" after {ms:.1} ms")).unwrap_or_default();
        let local = address.local.as_ref().map(|local| format!(", from {local}")).unwrap_or_default();
        let value = format!("{} {} {}{took}{local}", address.family, address.address, address.answer.as_str());
        seen.push(Evidence::new("address", value));
    }
    if let Some(address) = findings.report.address.as_ref().filter(|_| findings.file.is_none()) {
        seen.push(Evidence::new("connected_to", address));
    }
    for attempt in &findings.report.attempts {
        seen.push(Evidence::new("given_up", format!("{}: {}", attempt.endpoint, attempt.failure)));
    }
    seen.extend(findings.other_ports.iter().map(|it| Evidence::new("open_nearby", &it.address)));
    seen.extend(findings.other_sockets.iter().map(|socket| Evidence::new("other_socket", socket)));
    seen
}

fn tls(findings: &Findings) -> Vec<Evidence> {
    let mut seen = Vec::new();
    let mut add = |fact: &str, value: Option<String>| seen.extend(value.map(|value| Evidence::new(fact, value)));
    if let Some(tls) = &findings.report.tls {
        add("version", tls.version.clone());
        add("cipher", tls.cipher.clone());
        add("verified", tls.verified.clone());
    }
    if let Some(presented) = &findings.presented {
        add("subject", Some(presented.subject.clone()));
        add("issuer", Some(presented.issuer.clone()));
        add("names", Some(presented.names.join(", ")).filter(|names| !names.is_empty()));
        add("not_before", Some(presented.not_before.to_string()));
        add("not_after", Some(presented.not_after.to_string()));
        add("days_left", Some(presented.days_left.to_string()));
        add("certificates_sent", Some(presented.chain.to_string()));
        add("self_issued", presented.is_self_issued.then(|| "yes".to_owned()));
    } else if let Some(tls) = &findings.report.tls {
        add("subject", tls.subject.clone());
        add("issuer", tls.issuer.clone());
        add("not_before", tls.not_before.map(|at| at.to_string()));
        add("not_after", tls.not_after.map(|at| at.to_string()));
        add("days_left", tls.days_left.map(|days| days.to_string()));
    }
    seen
}

fn auth(findings: &Findings) -> Vec<Evidence> {
    let configuration = &findings.configuration;
    let mut seen = Vec::new();
    seen.extend(configuration.user.as_ref().map(|user| Evidence::new("user", user)));
    if configuration.user.is_some() {
        let from = configuration.given_by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
        let password = if configuration.password { format!("given{from}") } else { "not given".to_owned() };
        seen.push(Evidence::new("password", password));
    }
    seen.extend(findings.told.proxy.as_ref().map(|proxy| Evidence::new("proxy", proxy)));
    seen
}

fn server(report: &Report) -> Vec<Evidence> {
    let inspection = &report.inspection;
    let known =
        [("version", inspection.version.clone()), ("started_at", inspection.started_at.map(|at| at.to_string()))];
    let known = known.into_iter().filter_map(|(fact, value)| Some(Evidence::new(fact, value?)));
    known.chain(inspection.facts.iter().map(|(fact, value)| Evidence::new(fact, value))).collect()
}

fn role(report: &Report) -> Vec<Evidence> {
    let inspection = &report.inspection;
    let known = [
        ("role", inspection.role.map(|role| role.to_string())),
        ("read_only", inspection.read_only.map(|it| if it { "yes" } else { "no" }.to_owned())),
        ("replication_lag", inspection.replication_lag.map(|lag| format!("{:.3} s", lag.as_secs_f64()))),
    ];
    known.into_iter().filter_map(|(fact, value)| Some(Evidence::new(fact, value?))).collect()
}

fn capacity(findings: &Findings) -> Vec<Evidence> {
    let report = &findings.report;
    let inspection = &report.inspection;
    let connections = inspection.connections.map(|used| match inspection.connections_max {
        Some(most) => format!("{used} of {most}"),
        None => used.to_string(),
    });
    let days = report.tls.as_ref().and_then(|tls| tls.days_left);
    let ping = report.latency(Phase::Ping).map(|ping| format!("{:.1} ms", milliseconds(ping)));
    let known = [
        ("connections", connections),
        ("size", inspection.size_bytes.map(|size| format!("{size} bytes"))),
        ("certificate", days.map(|days| format!("{days} days left"))),
        ("ping", ping),
        ("clock", findings.told.clock_ahead.map(|ahead| format!("{ahead:+.3} s against this machine's"))),
    ];
    known.into_iter().filter_map(|(fact, value)| Some(Evidence::new(fact, value?))).collect()
}
