//! Everything that is known of one target.

use std::collections::BTreeMap;
use std::sync::Arc;

use dbprobe_config::{QuerySettings, TargetSettings};
use dbprobe_core::{Class, ExpectedRole, Failure, History, Outcome, Phase, Report, Role, Status};
use jiff::Timestamp;

use crate::histogram::Histogram;

/// Everything that is known of one target. It never changes: after a probe a new one takes its place, so a reader sees one
/// moment in all of its outputs.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) settings: Arc<TargetSettings>,
    /// The engine, as far as it is known without a report.
    pub(crate) known_engine: Option<String>,
    /// The role that the server told last.
    pub(crate) known_role: Option<Role>,
    /// The path of the page of an `http` target.
    pub(crate) endpoint: Option<String>,
    /// The last probe; `None` before the first has ended.
    pub(crate) report: Option<Arc<Report>>,
    /// The status after damping, which is what outputs show; it differs from the report's while a target that fails is
    /// given time.
    pub(crate) status: Option<Status>,
    /// Since when it has this status.
    pub(crate) since: Option<Timestamp>,
    /// When the last probe began that found it up.
    pub(crate) last_success: Option<Timestamp>,
    pub(crate) history: History,
    pub(crate) counts: Counts,
    /// How long each phase took in all probes, failed ones included, in the order of the phases.
    pub(crate) phases: BTreeMap<Phase, Histogram>,
    /// The answers to the user's own queries, in the order of the file; only those that were asked.
    pub(crate) answers: Vec<Answer>,
}

/// What only grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Probes that have ended, repetitions not counted.
    pub(crate) probes: u64,
    /// Failures of probes, by what failed and why; the failure that decides the status counts.
    pub(crate) failures: BTreeMap<(Phase, Class), u64>,
    /// Probes that did not get as far as a session.
    pub(crate) connection_errors: u64,
    /// Requests that were sent on sessions: pings, writes, reads, inspections, and the user's own queries.
    pub(crate) requests: u64,
    /// Probes that were left out because the one before was still under way.
    pub(crate) skipped: u64,
}

/// What the last run of one of the user's queries came to.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) settings: QuerySettings,
    pub(crate) asked_at: Timestamp,
    pub(crate) result: Result<Vec<Sample>, Failure>,
}

/// One row of an answer: a number, and labels where the query has further columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

impl Record {
    /// A target that was not probed yet.
    pub(crate) fn new(settings: Arc<TargetSettings>) -> Self {
        let history = History::new(settings.policy.history);
        Self {
            settings,
            known_engine: None,
            known_role: None,
            endpoint: None,
            report: None,
            status: None,
            since: None,
            last_success: None,
            history,
            counts: Counts::default(),
            phases: BTreeMap::new(),
            answers: Vec::new(),
        }
    }

    /// With the engine that the DSN asks for, where that can be told before the first probe.
    pub(crate) fn with_engine(self, engine: Option<&str>) -> Self {
        Self { known_engine: engine.map(str::to_owned), ..self }
    }

    /// The target's name.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    /// The engine's name; it may not be known while the DSN cannot be read.
    pub(crate) fn engine(&self) -> Option<&str> {
        let told = self.report.as_ref().and_then(|report| report.engine.as_deref());
        told.or(self.known_engine.as_deref())
    }

    /// The label `db_role`: the configured role, or the one that the server told last, so that the series go on through an
    /// outage.
    pub(crate) fn role(&self) -> &'static str {
        let told = || self.report.as_ref().and_then(|report| report.role()).or(self.known_role);
        match self.settings.role {
            ExpectedRole::Any => told().map_or("unknown", Role::as_str),
            expected => expected.as_str(),
        }
    }

    /// What an HTTP target is asked for.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    #[cfg(test)]
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.report.as_ref()?.failure()
    }

    /// Adds a probe that has ended; `status` is the damped one.
    pub(crate) fn add(&mut self, report: &Arc<Report>, status: Status, endpoint: Option<String>, buckets: &Arc<[f64]>) {
        if self.status != Some(status) {
            self.tell(status, report);
            (self.status, self.since) = (Some(status), Some(report.checked_at));
        }
        if report.status() == Status::Up {
            self.last_success = Some(report.checked_at);
        }
        self.counts.add(report);
        for step in &report.steps {
            // A DSN that could not be read took no time worth a series.
            if let Some(duration) = step.duration.filter(|_| step.phase != Phase::Configure) {
                let new = || Histogram::new(Arc::clone(buckets));
                self.phases.entry(step.phase).or_insert_with(new).observe(duration);
            }
        }
        self.history.push(report);
        self.known_engine = report.engine.clone().or(self.known_engine.take());
        self.known_role = report.role().or(self.known_role);
        self.endpoint = endpoint.or(self.endpoint.take());
        self.report = Some(Arc::clone(report));
    }

    /// Puts the answer in the place of the last one to the same query. A failure is said in the log once.
    pub(crate) fn answer(&mut self, answer: Answer) {
        self.counts.requests += 1;
        let before = self.answers.iter().position(|other| other.settings.name == answer.settings.name);
        let known = before.and_then(|at| self.answers.get(at)?.result.as_ref().err());
        if let Err(failure) = &answer.result
            && known != Some(failure)
        {
            let name = self.name();
            tracing::warn!(target_name = name, query = answer.settings.name, "{name}: {failure}");
        }
        match before.and_then(|at| self.answers.get_mut(at)) {
            Some(place) => *place = answer,
            None => self.answers.push(answer),
        }
    }

    /// Says in the log that the status has changed.
    fn tell(&self, status: Status, report: &Report) {
        let (name, to) = (self.name(), status.as_str());
        let from = self.status.map_or("new", |status| status.as_str());
        match report.failure() {
            Some(failure) if status != Status::Up => {
                let advice = failure.advice.as_deref().unwrap_or_default();
                tracing::warn!(target_name = name, from, to, advice, "{name} is {to}: {failure}");
            }
            _ => tracing::info!(target_name = name, from, to, "{name} is {to}"),
        }
    }
}

impl Counts {
    /// Adds a probe that has ended.
    pub(crate) fn add(&mut self, report: &Report) {
        self.probes += 1;
        let taken = |phase| report.step(phase).is_some_and(|step| !matches!(step.outcome, Outcome::Skipped(_)));
        let asked = [Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect].into_iter().filter(|phase| taken(*phase));
        self.requests += asked.count() as u64;
        let Some(failure) = report.failure() else { return };
        let phase = failure.phase.unwrap_or(Phase::Configure);
        *self.failures.entry((phase, failure.class)).or_default() += 1;
        if phase <= Phase::Auth && !report.status().answers() {
            self.connection_errors += 1;
        }
    }
}
