//! From a failure to the rung that it broke.

use dbprobe_core::{Class, Failure, Outcome, Phase, Report};

use super::rung::Rung;

/// The rung that `failure`, one of `report`'s, broke; nothing for a goodbye that failed.
///
/// A report tells phases apart, which is when; the ladder tells what was missing. So what is not there is on the rung
/// `database` and what is not allowed on `privileges`, in whatever phase the server said so.
pub(super) fn rung_of(failure: &Failure, report: &Report) -> Option<Rung> {
    use Class::{Auth, Overloaded, Permission, RoleMismatch, Starting, Threshold};
    let phase = failure.phase?;
    let rung = match (phase, failure.class) {
        (Phase::Configure, _) => Rung::Configure,
        (Phase::Resolve, _) => Rung::Resolve,
        (Phase::Close, _) => return None,
        (_, RoleMismatch) => Rung::Role,
        (_, Threshold) => Rung::Capacity,
        (Phase::Tcp, _) => Rung::Tcp,
        // The server hung up with a word of its own in the place of an answer about TLS.
        (Phase::Tls, Overloaded | Permission | Starting) => Rung::Auth,
        (Phase::Tls, _) => Rung::Tls,
        // A port that is only listened to: what it says in its first words comes before any login.
        (Phase::Inspect, _) if only_listens(report) => Rung::Auth,
        (_, Permission) => Rung::Privileges,
        (Phase::Auth | Phase::Ping | Phase::Write | Phase::Inspect, Class::NotFound) => Rung::Database,
        (Phase::Auth, _) if is_embedded(report) => Rung::Database,
        (Phase::Auth, _) | (Phase::Ping, Auth) => Rung::Auth,
        (Phase::Ping, _) => Rung::Database,
        (Phase::Write, _) => Rung::Write,
        (Phase::Read | Phase::Inspect, _) => Rung::Read,
    };
    Some(rung)
}

/// Whether nothing was resolved, dialled or secured: a file needs none of it.
pub(super) fn is_embedded(report: &Report) -> bool {
    !report.steps.iter().any(|step| matches!(step.phase, Phase::Resolve | Phase::Tcp | Phase::Tls))
        && report.attempts.is_empty()
}

fn only_listens(report: &Report) -> bool {
    report
        .step(Phase::Ping)
        .is_some_and(|step| matches!(&step.outcome, Outcome::Skipped(why) if why == "not_applicable"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dbprobe_core::Step;

    use super::*;

    fn rung(phases: &[Phase], phase: Phase, class: Class) -> Option<Rung> {
        let failure = Failure::new(class, "x").in_phase(phase);
        let mut report = Report::unasked("t", Some("fake"), failure.clone());
        let step = |phase| Step {
            phase,
            outcome: Outcome::Passed,
            start: Some(Duration::ZERO),
            duration: Some(Duration::ZERO),
            proof: None,
        };
        report.steps = phases.iter().copied().map(step).collect();
        rung_of(&failure, &report)
    }

    #[test]
    fn what_is_missing_is_told_apart_from_when() {
        const NETWORK: &[Phase] = &[Phase::Resolve, Phase::Tcp];
        for (phase, class, expected) in [
            (Phase::Configure, Class::Config, Rung::Configure),
            (Phase::Resolve, Class::Dns, Rung::Resolve),
            (Phase::Tcp, Class::Refused, Rung::Tcp),
            (Phase::Tls, Class::Certificate, Rung::Tls),
            (Phase::Tls, Class::Overloaded, Rung::Auth),
            (Phase::Tls, Class::Threshold, Rung::Capacity),
            (Phase::Auth, Class::Auth, Rung::Auth),
            (Phase::Auth, Class::NotFound, Rung::Database),
            (Phase::Auth, Class::Permission, Rung::Privileges),
            (Phase::Auth, Class::RoleMismatch, Rung::Role),
            (Phase::Ping, Class::Auth, Rung::Auth),
            (Phase::Ping, Class::Starting, Rung::Database),
            (Phase::Write, Class::Permission, Rung::Privileges),
            (Phase::Write, Class::NotFound, Rung::Database),
            (Phase::Write, Class::Locked, Rung::Write),
            (Phase::Read, Class::StaleRead, Rung::Read),
            (Phase::Inspect, Class::Corrupt, Rung::Read),
            (Phase::Inspect, Class::RoleMismatch, Rung::Role),
        ] {
            assert_eq!(rung(NETWORK, phase, class), Some(expected), "{phase} {class}");
        }
        assert_eq!(rung(NETWORK, Phase::Close, Class::Reset), None);
    }

    #[test]
    fn a_file_has_no_login() {
        assert_eq!(rung(&[], Phase::Auth, Class::Locked), Some(Rung::Database));
        assert_eq!(rung(&[], Phase::Auth, Class::Permission), Some(Rung::Privileges));
    }
}
