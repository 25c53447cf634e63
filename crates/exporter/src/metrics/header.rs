//! What the series of a family have in common.

use std::fmt::Write as _;

use super::format::Format;

/// A family's type, name and meaning, which stand above its series, and the names of their labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    /// The names of the labels beside the target's.
    pub(crate) labels: &'static [&'static str],
}

/// The type of a family.
///
/// There are no others on purpose. The 0.0.4 format knows neither `info` nor `stateset`, and as OpenMetrics has them they
/// would need another name (`db_server` for `db_server_info`) and another label (`db_status` for `status`): the series
/// would depend on the negotiated format. As gauges both are valid everywhere, and other client libraries do the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Header {
    /// Adds the lines to `text`. The help texts have nothing that would have to be escaped.
    pub(crate) fn write(&self, format: Format, text: &mut String) {
        let Self { kind, name, help, .. } = *self;
        let kind = kind.as_str();
        // Writing to a string cannot fail.
        let _ = match (format, self.stem(), self.unit()) {
            (Format::Text, ..) => write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n"),
            (Format::OpenMetrics, stem, None) => write!(text, "# TYPE {stem} {kind}\n# HELP {stem} {help}\n"),
            (Format::OpenMetrics, stem, Some(unit)) => {
                write!(text, "# TYPE {stem} {kind}\n# UNIT {stem} {unit}\n# HELP {stem} {help}\n")
            }
        };
    }

    /// The name without what OpenMetrics counts as a suffix of the samples.
    pub(crate) fn stem(&self) -> &'static str {
        match self.kind {
            Kind::Counter => self.name.strip_suffix("_total").unwrap_or(self.name),
            Kind::Gauge | Kind::Histogram => self.name,
        }
    }

    /// The base unit that the name ends with.
    pub(crate) fn unit(&self) -> Option<&'static str> {
        let ends = |unit: &str| self.stem().strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'));
        ["bytes", "seconds"].into_iter().find(|unit| ends(unit))
    }
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind, name: &'static str, format: Format) -> String {
        let mut text = String::new();
        Header { kind, name, help: "Help.", labels: &[] }.write(format, &mut text);
        text
    }

    #[test]
    fn a_counter_of_openmetrics_has_its_suffix_on_its_samples_only() {
        let name = "process_cpu_seconds_total";
        assert_eq!(
            written(Kind::Counter, name, Format::Text),
            "# HELP process_cpu_seconds_total Help.\n# TYPE process_cpu_seconds_total counter\n"
        );
        assert_eq!(
            written(Kind::Counter, name, Format::OpenMetrics),
            "# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n# HELP process_cpu_seconds Help.\n"
        );
        assert_eq!(written(Kind::Gauge, "db_up", Format::OpenMetrics), "# TYPE db_up gauge\n# HELP db_up Help.\n");
    }
}
