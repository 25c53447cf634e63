//! How long each step took, and what stands out.

use std::time::Duration;

use dbprobe_core::{Phase, Report, milliseconds};
use serde::Serialize;

use super::findings::Findings;

/// How long each step took, in milliseconds, and what stands out. A step that failed or was not taken is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Performance {
    /// Looking the name up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolve_ms: Option<f64>,
    /// The transport connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_ms: Option<f64>,
    /// The TLS negotiation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<f64>,
    /// The login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_ms: Option<f64>,
    /// From the look-up to the end of the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// The same once more, for a second session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_connect_ms: Option<f64>,
    /// One round trip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping_ms: Option<f64>,
    /// The write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_ms: Option<f64>,
    /// The read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_ms: Option<f64>,
    /// The facts about the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspect_ms: Option<f64>,
    /// What stands out, in sentences.
    pub remarks: Vec<String>,
}

impl Performance {
    pub(super) fn new(findings: &Findings) -> Self {
        let report = &findings.report;
        let took = |phase| report.latency(phase).map(milliseconds);
        Self {
            resolve_ms: took(Phase::Resolve),
            tcp_ms: took(Phase::Tcp),
            tls_ms: took(Phase::Tls),
            auth_ms: took(Phase::Auth),
            connect_ms: connect(report).map(milliseconds),
            second_connect_ms: findings.told.connect.map(milliseconds),
            ping_ms: took(Phase::Ping),
            write_ms: took(Phase::Write),
            read_ms: took(Phase::Read),
            inspect_ms: took(Phase::Inspect),
            remarks: remarks(report, findings.told.connect),
        }
    }
}

/// From the look-up to the end of the login, where it came to that.
fn connect(report: &Report) -> Option<Duration> {
    report.step(Phase::Auth).filter(|step| step.passed())?;
    let phases = [Phase::Resolve, Phase::Tcp, Phase::Tls, Phase::Auth];
    Some(phases.into_iter().filter_map(|phase| report.step(phase)?.duration).sum())
}

/// Below this nobody would notice, whatever the ratio is.
const NOTICED: Duration = Duration::from_millis(50);

fn remarks(report: &Report, second: Option<Duration>) -> Vec<String> {
    let took = |phase| report.latency(phase);
    let shown = |duration: Duration| format!("{:.0} ms", duration.as_secs_f64() * 1e3);
    let mut remarks = Vec::new();
    let ping = took(Phase::Ping).unwrap_or_default();
    if let Some(resolve) = took(Phase::Resolve).filter(|it| *it > NOTICED) {
        remarks.push(format!(
            "the look-up took {}: a name server that does not answer stands before one that does, or a search list is long",
            shown(resolve)
        ));
    }
    if let Some(tcp) = took(Phase::Tcp).filter(|it| *it > NOTICED.max(ping * 3)) {
        remarks.push(format!(
            "connecting took {} and a round trip {}: the first address did not answer, or packets are lost",
            shown(tcp),
            shown(ping)
        ));
    }
    if let Some(auth) = took(Phase::Auth).filter(|it| *it > NOTICED.max(ping * 10)) {
        remarks.push(format!(
            "the login took {} and a round trip {}: a costly password hash (PBKDF2), a reverse look-up of this host's name, \
             or a login that asks another server",
            shown(auth),
            shown(ping)
        ));
    }
    if let Some(write) = took(Phase::Write).filter(|it| *it > NOTICED.max(ping * 20)) {
        remarks.push(format!(
            "the write took {} and a round trip {}: a slow disk, a synchronous replica, or somebody else's lock",
            shown(write),
            shown(ping)
        ));
    }
    if let (Some(first), Some(second)) = (connect(report), second)
        && first > NOTICED
        && first > second * 3
    {
        remarks.push(format!(
            "the first connect took {} and the second {}: a cache was cold, such as the resolver's",
            shown(first),
            shown(second)
        ));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use dbprobe_core::{Class, Failure, Outcome, Step};

    use super::*;

    fn report(times: &[(Phase, u64)]) -> Report {
        let mut report = Report::unasked("t", None, Failure::new(Class::Config, "x"));
        let step = |(phase, ms): &(Phase, u64)| Step {
            phase: *phase,
            outcome: Outcome::Passed,
            start: Some(Duration::ZERO),
            duration: Some(Duration::from_millis(*ms)),
            proof: None,
        };
        report.steps = times.iter().map(step).collect();
        report
    }

    #[test]
    fn a_login_that_is_much_slower_than_a_round_trip_stands_out() {
        let slow = report(&[(Phase::Tcp, 1), (Phase::Auth, 900), (Phase::Ping, 1)]);
        assert!(remarks(&slow, None)[0].contains("PBKDF2"));
        let far = report(&[(Phase::Tcp, 100), (Phase::Auth, 400), (Phase::Ping, 100)]);
        assert_eq!(remarks(&far, None), [""; 0]);
        assert_eq!(connect(&far), Some(Duration::from_millis(500)));
    }

    #[test]
    fn a_second_connect_that_is_fast_tells_of_a_cold_cache() {
        let cold = report(&[(Phase::Resolve, 300), (Phase::Auth, 10), (Phase::Ping, 1)]);
        let remarks = remarks(&cold, Some(Duration::from_millis(10)));
        assert!(remarks.iter().any(|remark| remark.contains("cold")), "{remarks:?}");
    }
}
