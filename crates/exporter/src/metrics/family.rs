//! What a metric family is.

use dbprobe_config::Naming;

use super::exporter::Exporter;
use super::header::{Header, Kind};
use super::series::Series;
use super::target::Target;

/// One family: what it is called, what it means, where it is shown, and how its series come about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    pub(crate) header: Header,
    pub(crate) naming: Naming,
    pub(crate) outputs: &'static [Output],
    pub(crate) source: Source,
}

/// Where a family is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// `dbprobe check -o prometheus`: one probe, nothing before it.
    Check,
    /// `/probe`.
    Probe,
    /// `/metrics`.
    Scrape,
}

/// How the series of a family come about. The functions return `None` where something that they need is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// For the exporter.
    Exporter(OfExporter),
    /// For the probe itself, without the target's labels: who asked knows them.
    Probe(OfTarget),
    /// For each target.
    Target(OfTarget),
}

type OfExporter = fn(&Exporter, &mut Series<'_>) -> Option<()>;
type OfTarget = fn(&Target<'_>, &mut Series<'_>) -> Option<()>;

/// Whatever one probe tells.
pub(super) const ALL: &[Output] = &[Output::Check, Output::Probe, Output::Scrape];
/// Of the last probe alone; where a target is watched, a histogram tells more.
pub(super) const ONCE: &[Output] = &[Output::Check, Output::Probe];
/// Whatever needs more than one probe, or settings that `check` does not have.
const WATCHED: &[Output] = &[Output::Probe, Output::Scrape];

impl Family {
    /// Of each target, in the canonical dialect, shown where targets are watched.
    const fn new(kind: Kind, name: &'static str, help: &'static str, series: OfTarget) -> Self {
        Self {
            header: Header { kind, name, help, labels: &[] },
            naming: Naming::Prometheus,
            outputs: WATCHED,
            source: Source::Target(series),
        }
    }

    pub(super) const fn counter(name: &'static str, help: &'static str, series: OfTarget) -> Self {
        Self::new(Kind::Counter, name, help, series)
    }

    pub(super) const fn gauge(name: &'static str, help: &'static str, series: OfTarget) -> Self {
        Self::new(Kind::Gauge, name, help, series)
    }

    pub(super) const fn histogram(name: &'static str, help: &'static str, series: OfTarget) -> Self {
        Self::new(Kind::Histogram, name, help, series)
    }

    /// Of one probe, as exporters with a route `/probe` have it.
    pub(super) const fn of_probe(name: &'static str, help: &'static str, series: OfTarget) -> Self {
        let family = Self::gauge(name, help, series).named(Naming::Both).shown(&[Output::Probe]);
        Self { source: Source::Probe(series), ..family }
    }

    /// Of the exporter. No dialect is without it, since no other family tells the same.
    pub(super) const fn of_exporter(kind: Kind, name: &'static str, help: &'static str, series: OfExporter) -> Self {
        Self {
            header: Header { kind, name, help, labels: &[] },
            naming: Naming::Both,
            outputs: &[Output::Scrape],
            source: Source::Exporter(series),
        }
    }

    pub(super) const fn named(self, naming: Naming) -> Self {
        Self { naming, ..self }
    }

    pub(super) const fn shown(self, outputs: &'static [Output]) -> Self {
        Self { outputs, ..self }
    }

    pub(super) const fn with(self, labels: &'static [&'static str]) -> Self {
        Self { header: Header { labels, ..self.header }, ..self }
    }

    /// Whether it is part of `output` where `naming` was chosen.
    pub(crate) fn is_shown(&self, output: Output, naming: Naming) -> bool {
        let speaks = self.naming == naming || self.naming == Naming::Both || naming == Naming::Both;
        speaks && self.outputs.contains(&output)
    }
}
