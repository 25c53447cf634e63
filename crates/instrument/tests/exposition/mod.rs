//! The text format of Prometheus, read strictly: what a server would refuse, or take for something else, is a panic.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>
#![allow(dead_code, reason = "not each test asks all of it")]

use std::collections::{BTreeMap, BTreeSet};

use prometheus::{Registry, TextEncoder};

/// The labels of a sample by their names.
pub(crate) type Labels = BTreeMap<String, String>;

/// What a scrape says.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    /// Names of families and their types.
    pub(crate) families: BTreeMap<String, String>,
    samples: BTreeMap<(String, Labels), f64>,
}

impl Exposition {
    /// What the registry would say to a scrape.
    pub(crate) fn of(registry: &Registry) -> Self {
        let text =
            TextEncoder::new().encode_to_string(&registry.gather()).expect("the registry can be written as text");
        let mut exposition = Self::default();
        let mut family = String::new();
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').expect("a name and a text");
                assert!(!help.is_empty(), "{name} has no help");
                family = name.to_owned();
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a name and a type");
                assert_eq!(name, family, "the type follows the help");
                let again = exposition.families.insert(name.to_owned(), kind.to_owned());
                assert_eq!(again, None, "{name} is there twice");
            } else {
                exposition.add(line, &family);
            }
        }
        exposition.check_histograms();
        exposition
    }

    /// The value of the one sample of this name that has exactly these labels.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.samples.get(&(name.to_owned(), labels)).copied()
    }

    /// The sum of all samples of this name.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.of_name(name).map(|(_, value)| value).sum()
    }

    /// How many samples of this name there are.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.of_name(name).count()
    }

    /// The samples of this name.
    pub(crate) fn of_name(&self, name: &str) -> impl Iterator<Item = (&Labels, f64)> {
        let of_name = self.samples.iter().filter(move |((own, _), _)| own == name);
        of_name.map(|((_, labels), value)| (labels, *value))
    }

    fn add(&mut self, line: &str, family: &str) {
        let name_end = line.find(['{', ' ']).expect("a sample");
        let (name, rest) = line.split_at(name_end);
        let suffix = name.strip_prefix(family).expect("samples follow their family");
        let suffixes: &[_] = if self.families[family] == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        assert!(suffixes.contains(&suffix), "{line}");
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(rest) => labels(rest),
            None => (Labels::new(), rest),
        };
        let value = rest.strip_prefix(' ').expect("a blank before the value").parse().expect("a number");
        let again = self.samples.insert((name.to_owned(), labels), value);
        assert_eq!(again, None, "twice the same sample: {line}");
    }

    /// Buckets grow, and the last is the count.
    fn check_histograms(&self) {
        for (family, _) in self.families.iter().filter(|(_, kind)| *kind == "histogram") {
            let mut histograms = BTreeMap::<_, Vec<_>>::new();
            for (labels, value) in self.of_name(&format!("{family}_bucket")) {
                let mut labels = labels.clone();
                let bound: f64 = labels.remove("le").expect("a bound").parse().expect("a number");
                histograms.entry(labels).or_default().push((bound, value));
            }
            assert!(!histograms.is_empty(), "{family} has no buckets");
            for (labels, mut buckets) in histograms {
                buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
                assert!(buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{family} {labels:?}: {buckets:?}");
                let count = self.samples[&(format!("{family}_count"), labels.clone())];
                assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "{family} {labels:?}");
                assert!(self.samples.contains_key(&(format!("{family}_sum"), labels)), "{family} has no sum");
            }
        }
    }
}

/// The labels, and what follows their closing brace.
fn labels(mut text: &str) -> (Labels, &str) {
    let mut labels = Labels::new();
    let mut names = BTreeSet::new();
    loop {
        let (name, rest) = text.split_once("=\"").expect("a label");
        assert!(names.insert(name), "the label {name} is there twice");
        let (value, rest) = unquoted(rest);
        labels.insert(name.to_owned(), value);
        match rest.strip_prefix(',') {
            Some(rest) => text = rest,
            None => return (labels, rest.strip_prefix('}').expect("a closing brace")),
        }
    }
}

/// A value up to its closing quote, and what follows that.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    loop {
        match chars.next().expect("a closing quote") {
            (at, '"') => return (value, &text[at + 1..]),
            (_, '\\') => match chars.next().expect("something escaped").1 {
                'n' => value.push('\n'),
                escaped @ ('"' | '\\') => value.push(escaped),
                other => panic!("\\{other} is no escape"),
            },
            (_, other) => value.push(other),
        }
    }
}
