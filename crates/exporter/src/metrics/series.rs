//! Writes the series of one family.

use super::format::Format;
use super::header::Header;
use super::label;
use super::number::{self, Number};
use crate::histogram::Histogram;

/// The series of one family, written one after the other. The header stands above the first, so a family without any
/// leaves nothing.
pub(crate) struct Series<'a> {
    pub(crate) text: &'a mut String,
    pub(crate) header: &'a Header,
    pub(crate) format: Format,
    /// Whether the header is there already.
    pub(crate) begun: &'a mut bool,
    /// The labels that every series here has, as they are written.
    pub(crate) labels: &'a str,
    pub(crate) bounds: &'a mut Bounds,
}

/// The labels `le` of the last histogram: all of a scrape have the same buckets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds(Vec<(f64, String)>);

impl Series<'_> {
    /// Adds the series that has no further labels. It returns something only for `?` to work where it is called.
    pub(crate) fn add(&mut self, value: impl Into<Number>) -> Option<()> {
        self.add_with(&[], value)
    }

    /// Adds the series whose further labels have `values`, in the order of the header.
    pub(crate) fn add_with(&mut self, values: &[&str], value: impl Into<Number>) -> Option<()> {
        let own = self.written(values);
        self.add_written(&own, value.into());
        Some(())
    }

    /// Adds the series whose further labels are `own`, as they are written.
    pub(crate) fn add_written(&mut self, own: &str, value: Number) {
        self.begin();
        self.line("", own, None, value);
    }

    /// Adds the series of a histogram whose further labels have `values`.
    pub(crate) fn add_histogram(&mut self, values: &[&str], histogram: &Histogram) -> Option<()> {
        self.begin();
        let own = self.written(values);
        let mut bounds = std::mem::take(self.bounds);
        for (place, (bound, count)) in histogram.buckets().enumerate() {
            self.line("_bucket", &own, Some(bounds.label(place, bound)), count.into());
        }
        *self.bounds = bounds;
        self.line("_bucket", &own, Some("+Inf"), histogram.count().into());
        self.line("_sum", &own, None, histogram.sum().into());
        self.line("_count", &own, None, histogram.count().into());
        Some(())
    }

    /// The further labels with `values`, as they are written.
    pub(crate) fn written(&self, values: &[&str]) -> String {
        let mut text = String::new();
        for (name, value) in self.header.labels.iter().zip(values) {
            label::write(&mut text, (name, value));
        }
        text
    }

    fn begin(&mut self) {
        if !std::mem::replace(self.begun, true) {
            self.header.write(self.format, self.text);
        }
    }

    fn line(&mut self, suffix: &str, own: &str, le: Option<&str>, value: Number) {
        let text = &mut *self.text;
        text.push_str(self.header.name);
        text.push_str(suffix);
        let mut separator = "{";
        for labels in [self.labels, own] {
            if !labels.is_empty() {
                text.push_str(separator);
                text.push_str(labels);
                separator = ",";
            }
        }
        if let Some(le) = le {
            text.push_str(separator);
            text.push_str("le=\"");
            text.push_str(le);
            text.push('"');
            separator = ",";
        }
        text.push_str(if separator == "{" { " " } else { "} " });
        value.write(text);
        text.push('\n');
    }
}

impl Bounds {
    fn label(&mut self, place: usize, bound: f64) -> &str {
        if self.0.get(place).is_none_or(|(known, _)| *known != bound) {
            self.0.truncate(place);
            self.0.push((bound, number::bound(bound)));
        }
        self.0.get(place).map_or("", |(_, label)| label)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::header::Kind;
    use super::*;

    fn written(kind: Kind, labels: &str, add: impl FnOnce(&mut Series<'_>)) -> String {
        let (mut text, mut begun, mut bounds) = (String::new(), true, Bounds::default());
        let header = Header { kind, name: "family", help: "", labels: &["c", "e"] };
        let (text_, format) = (&mut text, Format::Text);
        add(&mut Series { text: text_, header: &header, format, begun: &mut begun, labels, bounds: &mut bounds });
        text
    }

    #[test]
    fn labels_stand_in_braces_where_there_are_any() {
        let add = |series: &mut Series<'_>| _ = series.add(1_u64);
        assert_eq!(written(Kind::Gauge, "", add), "family 1\n");
        assert_eq!(written(Kind::Gauge, "a=\"b\"", add), "family{a=\"b\"} 1\n");
        let add = |series: &mut Series<'_>| _ = series.add_with(&["d", ""], 0.5);
        assert_eq!(written(Kind::Gauge, "a=\"b\"", add), "family{a=\"b\",c=\"d\",e=\"\"} 0.5\n");
        assert_eq!(written(Kind::Gauge, "", add), "family{c=\"d\",e=\"\"} 0.5\n");
    }

    #[test]
    fn buckets_add_up_to_the_count() {
        let mut histogram = Histogram::new([0.001, 1.0].into());
        for milliseconds in [1, 500, 750, 2_000] {
            histogram.observe(Duration::from_millis(milliseconds));
        }
        let text = written(Kind::Histogram, "", |series| _ = series.add_histogram(&[], &histogram));
        let expected = "family_bucket{le=\"0.001\"} 1\nfamily_bucket{le=\"1.0\"} 3\nfamily_bucket{le=\"+Inf\"} 4\n\
            family_sum 3.251\nfamily_count 4\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_histogram_without_buckets_has_a_sum_and_a_count() {
        let mut histogram = Histogram::new([].into());
        histogram.observe(Duration::from_secs(2));
        let text = written(Kind::Histogram, "", |series| _ = series.add_histogram(&[], &histogram));
        assert_eq!(text, "family_bucket{le=\"+Inf\"} 1\nfamily_sum 2\nfamily_count 1\n");
    }

    #[test]
    fn other_buckets_have_other_labels() {
        let mut bounds = Bounds::default();
        assert_eq!((bounds.label(0, 0.1).to_owned(), bounds.label(1, 1.0).to_owned()), ("0.1".into(), "1.0".into()));
        assert_eq!(bounds.label(0, 0.2), "0.2");
        assert_eq!(bounds.label(1, 1.0), "1.0");
    }
}
