//! One line a fact, made for grep and awk.

use dbprobe::Status;
use dbprobe::tasks::{Cause, Diagnosis, RungOutcome, RungResult};

use crate::choice::Detail;
use crate::pointer::Pointer;
use crate::printable::printable;

/// Columns of a DSN with its carets.
const WIDTH: usize = 76;

pub(super) fn lines(diagnosis: &Diagnosis, pointer: Option<&Pointer>, detail: Detail) -> String {
    let engine = diagnosis.engine.map(|engine| format!("{engine} ")).unwrap_or_default();
    let mut facts = vec![format!("{} {engine}{:.3}ms", diagnosis.status, diagnosis.duration_ms)];
    if detail == Detail::Quiet {
        let Some(cause) = diagnosis.cause.as_ref().filter(|_| diagnosis.status != Status::Up) else {
            return String::new();
        };
        facts = vec![format!("{} {}: {}", diagnosis.status, cause.rung, cause.cause)];
    } else {
        for rung in &diagnosis.ladder {
            facts.push(step(rung));
            if shows_evidence(rung, detail) {
                let seen = rung.evidence.iter().filter(|it| detail == Detail::Verbose || it.fact != "failure");
                facts.extend(seen.map(|it| format!("{} {}: {}", rung.rung, it.fact, it.value)));
            }
        }
        facts.extend(pointer.into_iter().flat_map(|pointer| pointer.lines(WIDTH)));
        facts.extend(diagnosis.performance.remarks.iter().map(|remark| format!("slow: {remark}")));
        facts
            .extend(diagnosis.recommendations.iter().map(|it| format!("note: {} {}; {}", it.rung, it.fact, it.advice)));
        if let Some(cause) = &diagnosis.cause {
            facts.push(format!("cause: {}", cause.cause));
            facts.push(format!("why: {}", why(diagnosis, cause)));
            facts.extend(cause.advice.as_ref().map(|advice| format!("advice: {advice}")));
        }
        facts.extend(diagnosis.next_command.as_ref().map(|next| format!("next: {next}")));
        facts.extend(mind(diagnosis).map(|mind| format!("mind: {mind}")));
    }
    let name = printable(&diagnosis.target);
    facts.iter().map(|fact| format!("{name}: {}\n", printable(fact))).collect()
}

/// What has to be filled in before the next command works.
pub(super) fn mind(diagnosis: &Diagnosis) -> Option<&'static str> {
    const WITHOUT_LOGIN: [&str; 3] = ["dbprobe dsn ", " --print", "--level tcp"];
    let next = diagnosis.next_command.as_ref()?;
    let needs_it = next.contains("***") && !WITHOUT_LOGIN.iter().any(|words| next.contains(words));
    needs_it
        .then_some("put the password in the place of `***`, or give the DSN by reference: `@env:NAME`, `@file:PATH`")
}

/// Whether a rung's evidence is worth its lines.
pub(super) fn shows_evidence(rung: &RungResult, detail: Detail) -> bool {
    detail == Detail::Verbose || matches!(rung.outcome, RungOutcome::Failed | RungOutcome::Warning)
}

/// What the server said, how sure the cause is, and where it is documented.
pub(super) fn why(diagnosis: &Diagnosis, cause: &Cause) -> String {
    let said = match &diagnosis.failure {
        // The cause is in the failure's own words: once is enough.
        Some(failure) if failure.message == cause.cause => {
            let code = cause.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
            format!("{} in the step {}{code}", cause.class, failure.phase.map_or("", |phase| phase.as_str()))
        }
        Some(failure) => failure.to_string(),
        None => String::new(),
    };
    let source = cause.source.as_ref().map(|source| format!(", see {source}")).unwrap_or_default();
    format!("{said}; {}{source}", cause.confidence.as_str())
}

fn step(rung: &RungResult) -> String {
    let took = rung.duration_ms.map(|ms| format!(" {ms:.3}ms")).unwrap_or_default();
    let reason = rung.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} {}{took}{reason}", rung.rung, rung.outcome.as_str())
}
