//! A probe that was asked for and did not end in time.

use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{Class, Failure, Outcome, Phase, Report, Status, Step};

use crate::record::Record;

/// What is known of a target, as if its last probe had found no answer in time. Nobody else sees it.
pub(super) fn timed_out(record: &Record, limit: Duration) -> Record {
    let failure =
        Failure::new(Class::Timeout, format!("no probe ended within {limit:.1?}, which is the scraper's limit"))
            .advise("raise Prometheus' `scrape_timeout`, or lower the target's `timeout`");
    let mut report = Report::unasked(record.name(), record.engine(), Failure::new(Class::Timeout, ""));
    // Which step it was in is not known; this is the last one before the target counts as reached.
    let outcome = Outcome::Failed(failure.in_phase(Phase::Auth));
    let duration = Some(limit);
    report.steps = vec![Step { phase: Phase::Auth, outcome, start: Some(Duration::ZERO), duration, proof: None }];
    report.duration = limit;
    Record { report: Some(Arc::new(report)), status: Some(Status::Down), answers: Vec::new(), ..record.clone() }
}
