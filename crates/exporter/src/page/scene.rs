//! What is known at the moment at which a page is made.

use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{Phase, percent_encode};
use jiff::Timestamp;

use super::state::State;
use crate::fleet::Late;
use crate::record::Record;
use crate::service::{Reload, Service};

/// What is known at the moment at which a page is made.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// The targets, the worst first and then in the order of the configuration.
    pub(super) records: Vec<Arc<Record>>,
    pub(super) late: Vec<Late>,
    pub(super) reload: Reload,
    pub(super) now: Timestamp,
}

impl Scene {
    /// As `service` knows it now.
    pub(super) fn of(service: &Service) -> Self {
        Self::new(service.fleet.records(), service.fleet.late(), service.last_reload(), Timestamp::now())
    }

    pub(super) fn new(mut records: Vec<Arc<Record>>, late: Vec<Late>, reload: Reload, now: Timestamp) -> Self {
        records.sort_by_key(|record| std::cmp::Reverse(State::of(record)));
        Self { records, late, reload, now }
    }

    /// How many targets are in `state`.
    pub(super) fn count(&self, state: State) -> usize {
        self.records.iter().filter(|record| State::of(record) == state).count()
    }

    /// The worst state of all; without targets there is nothing to complain of.
    pub(super) fn worst(&self) -> State {
        self.records.first().map_or(State::Up, |record| State::of(record))
    }

    /// For how long the target `name` was not probed, where that is too long.
    pub(super) fn silence(&self, name: &str) -> Option<Duration> {
        self.late.iter().find(|late| late.target == name).map(|late| late.silence)
    }
}

/// The links of a page. They are relative, so that they also lead home behind a proxy that adds a path of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links(pub(super) &'static str);

impl Links {
    /// From `/`.
    pub(super) const FROM_TOP: Self = Self("./");
    /// From `/targets/{name}`.
    pub(super) const FROM_TARGET: Self = Self("../");

    /// To a path below the top.
    pub(super) fn to(self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// To the page of the target `name`.
    pub(super) fn target(self, name: &str) -> String {
        format!("{}targets/{}", self.0, percent_encode(name, ""))
    }
}

/// The latency that tells most about a target: that of its reads, or of what comes closest among what is measured.
pub(super) fn telling_phase(record: &Record) -> Option<Phase> {
    [Phase::Read, Phase::Ping, Phase::Auth, Phase::Tcp]
        .into_iter()
        .find(|phase| record.history.latencies(*phase).any(|latency| latency.is_some()))
}

/// The server's version: what the last probe was told, else the last one that was told anything.
pub(super) fn version(record: &Record) -> Option<String> {
    let last = record.report.as_ref().and_then(|report| report.inspection.version.clone());
    last.or_else(|| record.history.reports().rev().find_map(|report| report.inspection.version))
}
