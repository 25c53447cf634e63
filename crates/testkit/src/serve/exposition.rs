//! Prometheus' text format, read strictly: what a scraper would refuse is an error here.

use std::collections::{BTreeMap, BTreeSet};

/// One series with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The metric's name, with `_bucket`, `_sum` or `_count` where it is part of a histogram.
    pub name: String,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

impl Series {
    /// A label's value.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.label(name) == Some(value))
    }
}

/// One scrape.
#[derive(Clone, Debug, Default)]
pub struct Exposition {
    /// Every series, in order.
    pub series: Vec<Series>,
    /// The type of each family that told one: `counter`, `gauge`, `histogram`.
    pub types: BTreeMap<String, String>,
}

impl Exposition {
    /// Reads the text format (version 0.0.4), or OpenMetrics without exemplars and time stamps.
    ///
    /// # Errors
    /// The first line that is not in it, or that says again what was said before.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut exposition = Self::default();
        let mut known = BTreeSet::new();
        for line in text.lines() {
            let broken = |why: &str| format!("{why}: {line}");
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').ok_or_else(|| broken("a TYPE without a type"))?;
                if exposition.types.insert(name.to_owned(), kind.to_owned()).is_some() {
                    return Err(broken("a second TYPE"));
                }
            } else if !line.is_empty() && !line.starts_with('#') {
                let series = series(line).ok_or_else(|| broken("no series"))?;
                if !known.insert((series.name.clone(), series.labels.clone())) {
                    return Err(broken("a series that was there before"));
                }
                exposition.series.push(series);
            }
        }
        Ok(exposition)
    }

    /// Every series of this name with these labels among its own.
    pub fn all<'a>(&'a self, name: &'a str, labels: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = &'a Series> {
        self.series.iter().filter(move |series| series.name == name && series.has(labels))
    }

    /// The value of the only series of this name with these labels among its own; `None` where there is none.
    ///
    /// # Panics
    /// Where there are several: the labels do not say which.
    #[track_caller]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut found = self.all(name, labels);
        let first = found.next()?;
        assert!(found.next().is_none(), "several series {name}{labels:?}");
        Some(first.value)
    }

    /// The sum over every series of this name with these labels among its own.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.all(name, labels).map(|series| series.value).sum()
    }

    /// The status of a target: the one series of the state set that is 1.
    ///
    /// # Panics
    /// Where not exactly one is.
    #[track_caller]
    pub fn status(&self, target: &str) -> Option<&str> {
        let labels = [("target", target)];
        let states: Vec<_> = self.all("db_status", &labels).collect();
        let on: Vec<_> = states.iter().filter(|series| series.value == 1.0).collect();
        assert!(states.is_empty() || on.len() == 1, "a state set with {} states: {states:?}", on.len());
        self.series
            .iter()
            .find(|series| series.name == "db_status" && series.value == 1.0 && series.has(&labels))
            .and_then(|series| series.label("status"))
    }

    /// The names of all families that have a series: a histogram's parts count as the one family.
    pub fn families(&self) -> BTreeSet<&str> {
        self.series.iter().map(|series| self.family(&series.name)).collect()
    }

    fn family<'a>(&self, name: &'a str) -> &'a str {
        let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|part| name.strip_suffix(part));
        let histogram = |family: &&str| self.types.get(*family).is_some_and(|kind| kind == "histogram");
        parts.into_iter().find(histogram).unwrap_or(name)
    }
}

/// `name{label="value",…} 1.5`
fn series(line: &str) -> Option<Series> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let valid = |name: &str| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        !name.is_empty() && name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    let value = match rest.strip_prefix(' ')? {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        number => number.parse().ok()?,
    };
    (valid(name) && labels.keys().all(|label| valid(label))).then(|| Series { name: name.to_owned(), labels, value })
}

/// The labels up to the closing brace, and what stands behind it.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, behind) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut chars = behind.char_indices();
        let end = loop {
            match chars.next()? {
                (at, '"') => break at + 1,
                (_, '\\') => value.push(match chars.next()?.1 {
                    'n' => '\n',
                    kept @ ('\\' | '"') => kept,
                    _ => return None,
                }),
                (_, plain) => value.push(plain),
            }
        };
        if labels.insert(name.to_owned(), value).is_some() {
            return None;
        }
        let behind = behind.get(end..)?;
        rest = match behind.strip_prefix(',') {
            Some(rest) => rest,
            None => behind.starts_with('}').then_some(behind)?,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP db_up Whether.\n# TYPE db_up gauge\ndb_up{target=\"a \\\"b\\\" \\\\ c\",db_role=\"primary\"} 1\n\
        # TYPE t histogram\nt_bucket{le=\"+Inf\"} 2\nt_sum 0.5\nt_count 2\nplain_count 3\n\
        db_status{target=\"x\",status=\"up\"} 0\ndb_status{target=\"x\",status=\"down\"} 1\n";

    #[test]
    fn series_have_their_labels_unescaped_and_families_hold_their_parts() {
        let read = Exposition::parse(TEXT).expect("a text");
        assert_eq!(read.value("db_up", &[("target", "a \"b\" \\ c"), ("db_role", "primary")]), Some(1.0));
        assert_eq!(read.value("db_up", &[("target", "nobody")]), None);
        assert_eq!(read.families().into_iter().collect::<Vec<_>>(), ["db_status", "db_up", "plain_count", "t"]);
        assert_eq!((read.status("x"), read.status("y")), (Some("down"), None));
    }

    #[test]
    fn what_a_scraper_refuses_is_an_error() {
        for broken in [
            "db_up{a=\"1\"} ",
            "db_up{a=1} 1",
            "9lives 1",
            "db_up{a=\"1\",a=\"2\"} 1",
            "db_up{a=\"1\"b=\"2\"} 1",
            "db_up 1\ndb_up 2",
            "x{",
        ] {
            assert!(Exposition::parse(broken).is_err(), "{broken}");
        }
    }
}
