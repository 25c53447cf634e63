//! One metric family: a name, what it means, and its series.

use std::collections::BTreeMap;

use prometheus::proto::{self, LabelPair, MetricType};

/// A label's name and value.
pub(crate) type Label<'a> = (&'static str, &'a str);

/// One family of gauges.
pub(crate) struct Family {
    name: &'static str,
    help: &'static str,
    series: BTreeMap<Vec<(&'static str, String)>, f64>,
}

impl Family {
    pub(crate) fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, series: BTreeMap::new() }
    }

    /// Sets the series of `labels`; a series that was there before has its new value only.
    pub(crate) fn set(&mut self, labels: &[Label<'_>], value: f64) {
        let labels = labels.iter().map(|(name, value)| (*name, printable(value))).collect();
        self.series.insert(labels, value);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    pub(crate) fn into_proto(self) -> proto::MetricFamily {
        let mut family = proto::MetricFamily::default();
        family.set_name(self.name.to_owned());
        family.set_help(self.help.to_owned());
        family.set_field_type(MetricType::GAUGE);
        family.set_metric(self.series.into_iter().map(metric).collect());
        family
    }
}

fn metric((labels, value): (Vec<(&'static str, String)>, f64)) -> proto::Metric {
    let mut metric = proto::Metric::from_label(labels.into_iter().map(label).collect());
    let mut gauge = proto::Gauge::default();
    gauge.set_value(value);
    metric.set_gauge(gauge);
    metric
}

fn label((name, value): (&'static str, String)) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value);
    pair
}

/// The encoder escapes what the format needs (`\`, `"`, line feed). Other control characters are legal there, but a
/// server could use them to write on the terminal of whoever reads the metrics.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
