//! What the exporter tells of itself, and what a probe tells of itself.

use super::super::family::{Family, Output};
use super::super::header::Kind;

pub(super) const PROBE: &[Family] = &[
    Family::of_probe(
        "probe_success",
        "Whether the target answers: 1 for the statuses up and degraded.",
        |target, series| {
            // Without damping: this is about one probe.
            series.add(target.asked.is_some_and(|report| report.status().answers()))
        },
    ),
    Family::of_probe("probe_duration_seconds", "How long the probe took.", |target, series| {
        series.add(target.asked?.duration)
    }),
];

pub(super) const FAMILIES: &[Family] = &[
    Family::of_exporter(Kind::Gauge, "dbprobe_build_info", "The version of dbprobe.", |_, series| {
        series.add_with(&[env!("CARGO_PKG_VERSION")], true)
    })
    .shown(&[Output::Check, Output::Scrape])
    .with(&["version"]),
    Family::of_exporter(
        Kind::Gauge,
        "dbprobe_config_last_reload_successful",
        "Whether the last reading of the configuration was successful; if not, the one before is in force.",
        |exporter, series| series.add(exporter.reload?.successful),
    ),
    Family::of_exporter(
        Kind::Gauge,
        "dbprobe_config_last_reload_success_timestamp_seconds",
        "When the configuration that is in force was read.",
        |exporter, series| series.add(exporter.reload?.succeeded_at),
    ),
    Family::of_exporter(Kind::Gauge, "dbprobe_targets", "Targets that are watched.", |exporter, series| {
        series.add(exporter.targets?)
    }),
    Family::of_exporter(
        Kind::Gauge,
        "dbprobe_targets_late",
        "Targets that were not probed for three intervals, although they should have been.",
        |exporter, series| series.add(exporter.late?),
    ),
    Family::of_exporter(
        Kind::Counter,
        "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
        |exporter, series| series.add(exporter.process.cpu_seconds?),
    ),
    Family::of_exporter(Kind::Gauge, "process_open_fds", "Number of open file descriptors.", |exporter, series| {
        series.add(exporter.process.open_fds?)
    }),
    Family::of_exporter(
        Kind::Gauge,
        "process_max_fds",
        "Maximum number of open file descriptors.",
        |exporter, series| series.add(exporter.process.max_fds?),
    ),
    Family::of_exporter(
        Kind::Gauge,
        "process_virtual_memory_bytes",
        "Virtual memory size in bytes.",
        |exporter, series| series.add(exporter.process.virtual_memory?),
    ),
    Family::of_exporter(
        Kind::Gauge,
        "process_resident_memory_bytes",
        "Resident memory size in bytes.",
        |exporter, series| series.add(exporter.process.resident_memory?),
    ),
    Family::of_exporter(
        Kind::Gauge,
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        |exporter, series| series.add(exporter.process.started_at?),
    ),
    Family::of_exporter(Kind::Gauge, "process_threads", "Number of OS threads in the process.", |exporter, series| {
        series.add(exporter.process.threads?)
    }),
];
