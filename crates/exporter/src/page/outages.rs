//! Failures of the past, as the outages that they were.

use dbprobe_core::{Failure, History, Status};
use jiff::Timestamp;

/// Probes in a row that failed in the same way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outage {
    pub(super) status: Status,
    pub(super) failure: Failure,
    /// When its first probe began.
    pub(super) from: Timestamp,
    /// When its last probe began.
    pub(super) until: Timestamp,
    pub(super) probes: usize,
    /// Whether the last probe of all belongs to it.
    pub(super) lasts: bool,
}

/// The outages that `history` still holds, the newest first.
pub(super) fn outages(history: &History) -> Vec<Outage> {
    let mut outages: Vec<Outage> = Vec::new();
    for report in history.reports() {
        let lasting = outages.last_mut().filter(|outage| outage.lasts);
        let (at, status) = (report.checked_at, report.status());
        // A failed goodbye is no outage.
        let failure = report.failure().filter(|_| status != Status::Up);
        match (failure, lasting) {
            (Some(failure), Some(outage)) if (&outage.failure, outage.status) == (failure, status) => {
                outage.until = at;
                outage.probes += 1;
                continue;
            }
            (_, Some(outage)) => outage.lasts = false,
            (_, None) => {}
        }
        if let Some(failure) = failure {
            outages.push(Outage { status, failure: failure.clone(), from: at, until: at, probes: 1, lasts: true });
        }
    }
    outages.reverse();
    outages
}
