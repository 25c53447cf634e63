//! The most likely cause of what broke.

use dbprobe_core::{Class, Failure, Knowledge, Phase};
use serde::Serialize;

use super::evident::evident;
use super::findings::Findings;
use super::named::{Confidence, Named};
use super::place::rung_of;
use super::rung::Rung;
use crate::knowledge::{explain, general};

/// The most likely cause of what broke, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cause {
    /// Which rung broke.
    pub rung: Rung,
    /// What kind of failure it is.
    pub class: Class,
    /// The server's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The cause: a fact in lower case.
    pub cause: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Where it is documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// The cause of the failure that decides the status, if there is one.
///
/// What was seen comes first: it knows this target. Then what is known of the server's code, then what a phase and a
/// class alone tell; and where all of that is silent, what the failure says itself. What dbprobe has judged itself, such as
/// a certificate, is a fact already: what is known of its code is only why such a thing happens.
pub(super) fn cause(findings: &Findings, knowledge: &'static [Knowledge]) -> Option<Cause> {
    let failure = findings.report.failure()?;
    let rung = rung_of(failure, &findings.report)?;
    let row = explain(knowledge, failure);
    let named = evident(findings, failure, rung)
        .or_else(|| presented(findings, failure))
        .or_else(|| row.and_then(by_code))
        .or_else(|| by_itself(failure))
        .or_else(|| by_class(failure))
        .unwrap_or_else(|| by_words(failure));
    let known = row.map(|row| row.source).filter(|source| !source.is_empty());
    Some(Cause {
        rung,
        class: failure.class,
        code: failure.code.clone(),
        cause: others_too(named.cause, findings, rung),
        advice: named.advice.or_else(|| failure.advice.clone()).or_else(|| general_advice(failure)),
        source: named.source.or(known).map(str::to_owned),
        confidence: named.confidence,
    })
}

/// What the server said is the best that is known; its own code makes it more than a guess of ours.
fn by_words(failure: &Failure) -> Named {
    let confidence = if failure.code.is_some() { Confidence::Likely } else { Confidence::Possible };
    Named::new(confidence, &failure.message)
}

/// The server's certificate was judged here: what is wrong with it is in the failure's own words, with its dates and names.
fn presented(findings: &Findings, failure: &Failure) -> Option<Named> {
    findings.presented.as_ref().map(|_| Named::new(Confidence::Certain, &failure.message))
}

/// The other places of a DSN with several, which failed before the one that the cause is about.
fn others_too(cause: String, findings: &Findings, rung: Rung) -> String {
    let attempts = findings.report.attempts.iter().filter(|_| rung <= Rung::Auth);
    let others: Vec<String> =
        attempts.map(|it| format!("{} ({})", it.endpoint, it.failure.class)).take(SHOWN).collect();
    if others.is_empty() { cause } else { format!("{cause}; before it failed {}", others.join(", ")) }
}

/// At most so many other places are named: the evidence has all of them.
const SHOWN: usize = 4;

/// A code is certain, but what is behind it only where the table knows of one thing.
fn by_code(row: &Knowledge) -> Option<Named> {
    let names_several = [", or ", "; else "].iter().any(|word| row.cause.contains(word));
    let confidence = if names_several || row.code.ends_with('*') { Confidence::Likely } else { Confidence::Certain };
    (!row.cause.is_empty()).then(|| {
        let named = Named::new(confidence, row.cause);
        if row.advice.is_empty() { named } else { named.advise(row.advice) }
    })
}

/// The failures whose own words are the cause: what was met, read or judged on this side.
fn by_itself(failure: &Failure) -> Option<Named> {
    use Class::{
        Certificate, Config, Corrupt, Internal, Protocol, Query, RoleMismatch, StaleRead, Threshold, Tls, Unsupported,
    };
    let confidence = match failure.class {
        Config | Certificate | Internal | RoleMismatch | Threshold | Unsupported => Confidence::Certain,
        // An answer was judged, such as a page without the text that it should have.
        Query | Tls if failure.code.is_none() => Confidence::Certain,
        Corrupt | Protocol | Query | StaleRead => Confidence::Likely,
        _ if failure.phase == Some(Phase::Configure) => Confidence::Certain,
        _ => return None,
    };
    Some(Named::new(confidence, &failure.message))
}

fn by_class(failure: &Failure) -> Option<Named> {
    let general = general(failure.phase?, failure.class);
    (!general.cause.is_empty()).then(|| Named::new(Confidence::Possible, general.cause))
}

fn general_advice(failure: &Failure) -> Option<String> {
    let general = general(failure.phase?, failure.class);
    (!general.advice.is_empty()).then(|| general.advice.to_owned())
}
