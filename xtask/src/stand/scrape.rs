//! What a scrape says of every target, read quickly: ten thousand targets are some hundred megabytes of text.

use std::collections::BTreeMap;

/// One target in one scrape.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Target {
    /// The status that is 1; empty before the first probe.
    pub(crate) status: String,
    pub(crate) probes: f64,
    pub(crate) skipped: f64,
    /// When its last probe began, as a Unix time stamp.
    pub(crate) last_run: Option<f64>,
}

/// Every target of one scrape.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrape {
    pub(crate) targets: BTreeMap<String, Target>,
    pub(crate) series: usize,
}

impl Scrape {
    /// Reads a scrape. Names of targets need no escapes here: we gave them.
    pub(crate) fn parse(text: &str) -> Self {
        let mut scrape = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            scrape.series += 1;
            let Some((name, labels)) = line.split_once('{') else { continue };
            if !matches!(
                name,
                "db_status" | "db_probes_total" | "db_probe_skipped_total" | "db_probe_last_run_timestamp_seconds"
            ) {
                continue;
            }
            let Some((labels, value)) = labels.rsplit_once("} ") else { continue };
            let (Some(target), Ok(value)) = (label(labels, "target"), value.parse::<f64>()) else { continue };
            let target = scrape.targets.entry(target.to_owned()).or_default();
            match name {
                "db_status" if value == 1.0 => label(labels, "status").unwrap_or("").clone_into(&mut target.status),
                "db_probes_total" => target.probes = value,
                "db_probe_skipped_total" => target.skipped = value,
                "db_probe_last_run_timestamp_seconds" => target.last_run = Some(value),
                _ => {}
            }
        }
        scrape
    }

    /// All probes that have ended.
    pub(crate) fn probes(&self) -> f64 {
        self.targets.values().map(|target| target.probes).sum()
    }

    /// All probes that were left out.
    pub(crate) fn skipped(&self) -> f64 {
        self.targets.values().map(|target| target.skipped).sum()
    }

    /// How many targets have this status.
    pub(crate) fn count(&self, status: &str) -> usize {
        self.targets.values().filter(|target| target.status == status).count()
    }
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let at = labels.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = at.checked_sub(1).and_then(|before| labels.as_bytes().get(before));
        before.is_none_or(|byte| *byte == b',')
            && labels.get(at + name.len()..).is_some_and(|rest| rest.starts_with("=\""))
    })?;
    labels.get(at + name.len() + 2..)?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_its_numbers_and_its_status() {
        let text = "# TYPE db_status gauge\ndb_status{target=\"a\",db_role=\"any\",status=\"up\"} 0\n\
            db_status{target=\"a\",status=\"down\"} 1\ndb_probes_total{db_name=\"target\",target=\"a\"} 7\n\
            db_probe_skipped_total{target=\"a\"} 2\ndb_probe_last_run_timestamp_seconds{target=\"a\"} 12.5\ndb_up{target=\"b\"} 1\n";
        let scrape = Scrape::parse(text);
        let expected = Target { status: "down".to_owned(), probes: 7.0, skipped: 2.0, last_run: Some(12.5) };
        assert_eq!(scrape.targets.into_iter().collect::<Vec<_>>(), [("a".to_owned(), expected)]);
        assert_eq!(scrape.series, 6);
    }
}
