//! The families that a report's facts are exported as, in both dialects.

use std::fmt;

use dbprobe_core::{ExpectedRole, Phase, Report, Status};
use prometheus::TextEncoder;

use crate::family::{Family, Label};

/// Which names a fact is exported under.
// Exhaustive on purpose: it is the value list of `metrics.naming`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// Both dialects side by side.
    #[default]
    Both,
    /// The design's names, some in milliseconds, for dashboards that are there already.
    Compat,
    /// The names that Prometheus' own guidelines lead to.
    Prometheus,
}

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

/// The last probe of each of `subjects` in the text format of Prometheus (version 0.0.4), for example for the textfile
/// collector of node_exporter.
///
/// A value that was not measured has no series. Two subjects of one name, engine and role share their series, and the
/// later one wins: give targets different names.
///
/// # Errors
/// Those of the encoder, which do not happen for names that are constants.
pub fn exposition(subjects: &[Subject<'_>], naming: Naming) -> Result<String, Error> {
    let mut families = Families::default();
    for subject in subjects {
        families.add(subject);
    }
    let families: Vec<_> =
        families.chosen(naming).filter(|family| !family.is_empty()).map(Family::into_proto).collect();
    TextEncoder::new().encode_to_string(&families).map_err(|error| Error(error.to_string()))
}

/// The encoder refused a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the metrics could not be encoded: {}", self.0)
    }
}

impl std::error::Error for Error {}

/// Declares the families once: field, dialects, name and help stand in one line.
macro_rules! families {
    ($($field:ident $naming:ident $name:literal $help:literal)*) => {
        /// Every family, in the order of the exposition.
        struct Families { $($field: Family,)* }

        impl Default for Families {
            fn default() -> Self {
                Self { $($field: Family::new($name, $help),)* }
            }
        }

        impl Families {
            /// Those that `naming` shows.
            fn chosen(self, naming: Naming) -> impl Iterator<Item = Family> {
                let all = [$((Naming::$naming, self.$field),)*];
                all.into_iter().filter_map(move |(dialect, family)| {
                    let shown = dialect == naming || dialect == Naming::Both || naming == Naming::Both;
                    shown.then_some(family)
                })
            }
        }
    };
}

families! {
    up Both "db_up" "Whether the target answers: 1 for the statuses up and degraded."
    status Prometheus "db_status" "The target's status: 1 for the one it has, 0 for the others."
    ping_ms Compat "db_ping_latency_ms" "Round trip of the last probe's ping, in milliseconds."
    read_ms Compat "db_read_latency_ms" "Duration of the last probe's read, in milliseconds."
    write_ms Compat "db_write_latency_ms" "Duration of the last probe's write, in milliseconds."
    connection_count Compat "db_connection_count" "Client connections open now."
    connections Prometheus "db_connections" "Client connections open now."
    connections_max Prometheus "db_connections_max" "Client connections that an ordinary role can have at most."
    size Prometheus "db_size_bytes" "Size of the database."
    lag Prometheus "db_replication_lag_seconds" "How far the replica is behind."
    read_only Prometheus "db_read_only" "Whether the session cannot write."
    phase Prometheus "db_probe_phase_duration_seconds" "How long a phase of the last probe took, also where it failed."
    duration Prometheus "db_probe_duration_seconds" "How long the last probe took."
    last_run Prometheus "db_probe_last_run_timestamp_seconds" "When the last probe began."
    certificate Prometheus "db_tls_certificate_not_after_timestamp_seconds" "Until when the server's certificate is valid."
    server Prometheus "db_server_info" "The server's version and the role that it tells."
    build Prometheus "dbprobe_build_info" "The version of dbprobe."
}

impl Families {
    fn add(&mut self, subject: &Subject<'_>) {
        let report = subject.report;
        let labels = [
            ("target", report.target.as_str()),
            ("db_name", report.engine.as_deref().unwrap_or("unknown")),
            ("db_role", role(subject)),
        ];
        self.add_status(&labels, report);
        self.add_facts(&labels, report);
        self.add_times(&labels, report);
        self.build.set(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    }

    fn add_status(&mut self, labels: &[Label<'_>], report: &Report) {
        for status in Status::ALL {
            let value = f64::from(u8::from(status == report.status()));
            self.status.set(&with(labels, ("status", status.as_str())), value);
        }
        if let Some(version) = &report.inspection.version {
            let role = report.role().map_or("unknown", |role| role.as_str());
            self.server.set(&with(&with(labels, ("version", version)), ("role", role)), 1.0);
        }
    }

    /// What the report's own flat map has: what is not known is absent from it, too.
    fn add_facts(&mut self, labels: &[Label<'_>], report: &Report) {
        for (name, value) in report.metrics() {
            let families: &mut [&mut Family] = match name {
                "db_up" => &mut [&mut self.up],
                "db_ping_latency_ms" => &mut [&mut self.ping_ms],
                "db_read_latency_ms" => &mut [&mut self.read_ms],
                "db_write_latency_ms" => &mut [&mut self.write_ms],
                "db_connection_count" => &mut [&mut self.connection_count, &mut self.connections],
                "db_connections_max" => &mut [&mut self.connections_max],
                "db_size_bytes" => &mut [&mut self.size],
                "db_replication_lag_seconds" => &mut [&mut self.lag],
                "db_read_only" => &mut [&mut self.read_only],
                _ => &mut [],
            };
            for family in families {
                family.set(labels, value);
            }
        }
    }

    fn add_times(&mut self, labels: &[Label<'_>], report: &Report) {
        for phase in Phase::ALL {
            let Some(step) = report.step(phase) else { continue };
            // A DSN that could not be read took no time worth a series.
            if let Some(duration) = step.duration.filter(|_| phase != Phase::Configure) {
                self.phase.set(&with(labels, ("phase", phase.as_str())), duration.as_secs_f64());
            }
        }
        if !report.duration.is_zero() {
            self.duration.set(labels, report.duration.as_secs_f64());
        }
        self.last_run.set(labels, seconds(report.checked_at.as_millisecond()));
        if let Some(not_after) = report.tls.as_ref().and_then(|tls| tls.not_after) {
            self.certificate.set(labels, seconds(not_after.as_millisecond()));
        }
    }
}

fn role(subject: &Subject<'_>) -> &'static str {
    match subject.role {
        ExpectedRole::Any => subject.report.role().map_or("unknown", |role| role.as_str()),
        expected => expected.as_str(),
    }
}

fn with<'a>(labels: &[Label<'a>], label: Label<'a>) -> Vec<Label<'a>> {
    labels.iter().copied().chain([label]).collect()
}

#[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}
