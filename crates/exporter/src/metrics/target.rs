//! What a target's families are made of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{ExpectedRole, Inspection, Phase, Report, Status};

use super::label;
use crate::histogram::Histogram;
use crate::record::{Counts, Record};

/// A report, and the role that its target is expected to have.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The report.
    pub report: &'a Report,
    /// The label `db_role`; where any role will do, it is the one that the server tells, or `unknown`.
    ///
    /// An expectation keeps the label, and so the series, the same through a failover or an outage.
    pub role: ExpectedRole,
}

/// Where the facts of one target come from.
#[derive(Clone, Debug)]
pub(crate) enum Known<'a> {
    /// From watching it.
    Record(Arc<Record>),
    /// From one probe.
    Report(Subject<'a>),
}

/// One target as the families see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) name: &'a str,
    role: &'static str,
    /// The last probe.
    pub(crate) report: Option<&'a Report>,
    /// The probe that was asked for, where it has ended.
    pub(crate) asked: Option<&'a Report>,
    pub(crate) record: Option<&'a Record>,
}

impl Known<'_> {
    /// The target.
    pub(crate) fn target(&self) -> Target<'_> {
        match self {
            Self::Record(record) => Target { asked: record.report.as_deref(), ..Target::watched(record) },
            Self::Report(Subject { report, role }) => {
                let role = match role {
                    ExpectedRole::Any => report.role().map_or("unknown", |role| role.as_str()),
                    expected => expected.as_str(),
                };
                Target { name: &report.target, role, report: Some(report), asked: Some(report), record: None }
            }
        }
    }
}

impl<'a> Target<'a> {
    fn watched(record: &'a Record) -> Self {
        let report = record.report.as_deref();
        Self { name: record.name(), role: record.role(), report, asked: None, record: Some(record) }
    }

    /// The labels of every series of this target, as they are written.
    pub(crate) fn labels(&self) -> String {
        let mut text = String::new();
        label::write(&mut text, ("target", self.name));
        label::write(&mut text, ("db_name", self.engine()));
        label::write(&mut text, ("db_role", self.role));
        let own = self.record.into_iter().flat_map(|record| &record.settings.labels);
        for (name, value) in own.filter(|(name, _)| label::is_allowed(name)) {
            label::write(&mut text, (name, value));
        }
        text
    }

    /// What two targets must not have in common, since their series would be the same.
    pub(crate) fn identity(&self) -> (&'a str, &'a str, &'static str) {
        (self.name, self.engine(), self.role)
    }

    fn engine(&self) -> &'a str {
        let known = self.record.map_or_else(|| self.report?.engine.as_deref(), Record::engine);
        known.unwrap_or("unknown")
    }

    /// The status that outputs show: after damping, where the target is watched.
    pub(crate) fn status(&self) -> Option<Status> {
        self.record.map_or_else(|| self.report.map(Report::status), |record| record.status)
    }

    /// The target, where `engine` is its engine.
    pub(crate) fn of_engine(&self, engine: &str) -> Option<&Self> {
        (self.engine() == engine).then_some(self)
    }

    pub(crate) fn facts(&self) -> Option<&'a Inspection> {
        self.report.map(|report| &report.inspection)
    }

    /// A fact that only this engine has, where it is a number.
    pub(crate) fn fact(&self, name: &str) -> Option<f64> {
        self.facts()?.facts.get(name)?.parse().ok()
    }

    pub(crate) fn latency(&self, phase: Phase) -> Option<Duration> {
        self.report?.latency(phase)
    }

    pub(crate) fn counts(&self) -> Option<&'a Counts> {
        self.record.map(|record| &record.counts)
    }

    pub(crate) fn histogram(&self, phase: Phase) -> Option<&'a Histogram> {
        self.record?.phases.get(&phase)
    }

    /// The server's version.
    pub(crate) fn version(&self) -> Option<&'a str> {
        self.facts()?.version.as_deref().map(label::cut)
    }

    /// The user's word for the version of the service, else the server's own.
    pub(crate) fn service_version(&self) -> Option<&'a str> {
        self.record.and_then(|record| record.settings.version.as_deref()).or_else(|| self.version())
    }

    /// The labels that the user gave the target.
    pub(crate) fn own_labels(&self) -> Option<&'a BTreeMap<String, String>> {
        self.record.map(|record| &record.settings.labels)
    }
}
