//! What every engine has: the canonical names, and those of the design that are canonical, too.

use std::collections::BTreeSet;

use dbprobe_config::Naming;
use dbprobe_core::{Phase, Status};

use super::super::family::{ALL, Family, ONCE};
use super::super::label;
use super::super::series::Series;
use super::super::target::Target;
use crate::record::{Answer, Sample};

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge("db_up", "Whether the target answers: 1 for the statuses up and degraded.", |target, series| {
        series.add(target.status()?.answers())
    })
    .named(Naming::Both)
    .shown(ALL),
    Family::gauge("db_status", "The target's status: 1 for the one it has, 0 for the others.", |target, series| {
        let now = target.status()?;
        Status::ALL.iter().try_for_each(|status| series.add_with(&[status.as_str()], *status == now))
    })
    .shown(ALL)
    .with(&["status"]),
    Family::gauge("db_connections", "Client connections open now.", |target, series| {
        series.add(target.facts()?.connections?)
    })
    .shown(ALL),
    Family::gauge(
        "db_connections_max",
        "Client connections that an ordinary role can have at most.",
        |target, series| series.add(target.facts()?.connections_max?),
    )
    .shown(ALL),
    Family::gauge("db_size_bytes", "Size of the database.", |target, series| series.add(target.facts()?.size_bytes?))
        .shown(ALL),
    Family::gauge("db_replication_lag_seconds", "How far the replica is behind.", |target, series| {
        series.add(target.facts()?.replication_lag?)
    })
    .shown(ALL),
    Family::gauge("db_read_only", "Whether the session cannot write.", |target, series| {
        series.add(target.facts()?.read_only?)
    })
    .shown(ALL),
    Family::histogram(
        "db_phase_duration_seconds",
        "How long a phase took in all probes, also where it failed.",
        |target, series| {
            let mut phases = target.record?.phases.iter();
            phases.try_for_each(|(phase, took)| series.add_histogram(&[phase.as_str()], took))
        },
    )
    .with(&["phase"]),
    Family::gauge(
        "db_probe_phase_duration_seconds",
        "How long a phase of the last probe took, also where it failed.",
        phases,
    )
    .shown(ONCE)
    .with(&["phase"]),
    Family::gauge("db_probe_duration_seconds", "How long the last probe took.", |target, series| {
        series.add(Some(target.report?.duration).filter(|duration| !duration.is_zero())?)
    })
    .shown(ALL),
    Family::counter("db_probes_total", "Probes that have ended, repetitions not counted.", |target, series| {
        series.add(target.counts()?.probes)
    }),
    Family::counter(
        "db_probe_failures_total",
        "Failures of probes, by the phase that failed and why; of several the one that decides the status.",
        |target, series| {
            target
                .counts()?
                .failures
                .iter()
                .try_for_each(|((phase, class), count)| series.add_with(&[phase.as_str(), class.as_str()], *count))
        },
    )
    .with(&["phase", "class"]),
    Family::counter(
        "db_probe_skipped_total",
        "Probes that were left out because the one before was still under way.",
        |target, series| series.add(target.counts()?.skipped),
    ),
    Family::counter("db_connection_errors_total", "Probes that did not get as far as a session.", |target, series| {
        series.add(target.counts()?.connection_errors)
    })
    .named(Naming::Both),
    Family::gauge("db_probe_last_run_timestamp_seconds", "When the last probe began.", |target, series| {
        series.add(target.report?.checked_at)
    })
    .shown(ALL),
    Family::gauge(
        "db_probe_last_success_timestamp_seconds",
        "When the last probe began that found the target up.",
        |target, series| series.add(target.record?.last_success?),
    ),
    Family::gauge(
        "db_tls_certificate_not_after_timestamp_seconds",
        "Until when the server's certificate is valid.",
        |target, series| series.add(target.report?.tls.as_ref()?.not_after?),
    )
    .shown(ALL),
    Family::gauge("db_server_info", "The server's version and the role that it tells.", |target, series| {
        let role = target.facts()?.role.map_or("unknown", |role| role.as_str());
        series.add_with(&[target.version()?, role], true)
    })
    .shown(ALL)
    .with(&["version", "role"]),
    Family::gauge(
        "db_query_value",
        "What one of the user's own queries answered; further columns are further labels.",
        |target, series| target.record?.answers.iter().try_for_each(|answer| answered(target, answer, series)),
    )
    .with(&["query"]),
];

fn phases(target: &Target<'_>, series: &mut Series<'_>) -> Option<()> {
    let report = target.report?;
    for phase in Phase::ALL {
        let duration = report.step(phase).and_then(|step| step.duration);
        // A DSN that could not be read took no time worth a series.
        if let Some(duration) = duration.filter(|_| phase != Phase::Configure) {
            series.add_with(&[phase.as_str()], duration);
        }
    }
    Some(())
}

fn answered(target: &Target<'_>, answer: &Answer, series: &mut Series<'_>) -> Option<()> {
    let mut seen = BTreeSet::new();
    for sample in answer.result.as_deref().unwrap_or_default() {
        let labels = columns(target, series.written(&[&answer.settings.name]), sample)?;
        // Two rows with the same labels would make Prometheus refuse the scrape: the first one counts.
        if seen.insert(labels.clone()) {
            series.add_written(&labels, sample.value.into());
        }
    }
    Some(())
}

/// Adds the labels of one row to `text`; of two columns that come to the same name the first one counts.
fn columns(target: &Target<'_>, mut text: String, sample: &Sample) -> Option<String> {
    let taken = target.own_labels()?;
    let mut names = BTreeSet::new();
    for (column, value) in &sample.labels {
        let name = label::of_column(column, taken).filter(|name| names.insert(name.clone()));
        if let Some(name) = name {
            label::write(&mut text, (&name, label::cut(value)));
        }
    }
    Some(text)
}
