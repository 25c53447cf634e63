//! The numbers of a suite: for `cargo xtask test`, and for whoever reads the end of the output.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::outcome::Outcome;
use crate::environment;

/// What came of one server's cases.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Tally {
    suite: String,
    server: String,
    passed: usize,
    failed: usize,
    skipped: usize,
    skips: Vec<Skip>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unsteady: Vec<Skip>,
}

#[derive(Debug, Serialize)]
struct Skip {
    test: String,
    reason: String,
}

/// Runs `case`, and in CI a second time where it failed: on a machine with many neighbours a server may have been slower
/// than anybody would wait for. What passes only then is noted as unsteady, with what was seen first, and shown at the end
/// of the run, which bears no more than a few of them.
pub(crate) fn steadied(tallies: &Tallies, server: &str, name: &str, case: impl Fn() -> Outcome) -> Outcome {
    let outcome = match case() {
        Outcome::Failed(first) if environment::in_ci() => match case() {
            Outcome::Failed(second) => Outcome::Failed(format!("{second}; the first time: {first}")),
            outcome => {
                tallies.add_unsteady(server, name, &first);
                outcome
            }
        },
        outcome => outcome,
    };
    tallies.add(server, name, &outcome);
    outcome
}

/// The tallies of a suite, one a server.
#[derive(Debug, Default)]
pub(crate) struct Tallies(Mutex<BTreeMap<String, Tally>>);

impl Tallies {
    /// Adds the outcome of `case` on the server `name`.
    pub(crate) fn add(&self, name: &str, case: &str, outcome: &Outcome) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry(name.to_owned()).or_default();
        match outcome {
            Outcome::Passed => tally.passed += 1,
            Outcome::Failed(_) => tally.failed += 1,
            Outcome::Skipped(reason) => {
                tally.skipped += 1;
                tally.skips.push(Skip { test: case.to_owned(), reason: reason.clone() });
            }
        }
    }

    /// Adds that `case` failed on the server `name` before it ended otherwise.
    fn add_unsteady(&self, name: &str, case: &str, first: &str) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unsteady = Skip { test: case.to_owned(), reason: first.to_owned() };
        tallies.entry(name.to_owned()).or_default().unsteady.push(unsteady);
    }

    /// Every tally, with the names of the suite and of its server filled in.
    pub(crate) fn take(&self, suite: &str, label: impl Fn(&str) -> Option<String>) -> Vec<Tally> {
        let tallies = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let named = tallies.into_iter().map(|(name, tally)| Tally {
            suite: suite.to_owned(),
            server: label(&name).unwrap_or(name),
            ..tally
        });
        named.collect()
    }
}

/// Prints what was skipped, and leaves the numbers where the environment asks for them.
pub(crate) fn report(tallies: &[Tally]) -> io::Result<()> {
    io::stdout().write_all(skips(tallies).as_bytes())?;
    environment::results_directory().map_or(Ok(()), |directory| save(tallies, &directory))
}

/// Appends a line a server to `<suite>-<pid>.jsonl` in `directory`.
fn save(tallies: &[Tally], directory: &Path) -> io::Result<()> {
    let Some(first) = tallies.first() else { return Ok(()) };
    let mut lines = String::new();
    for tally in tallies {
        let line = serde_json::to_string(tally).map_err(io::Error::other)?;
        lines.push_str(&line);
        lines.push('\n');
    }
    std::fs::create_dir_all(directory)?;
    let file = directory.join(format!("{}-{}.jsonl", first.suite, std::process::id()));
    std::fs::OpenOptions::new().create(true).append(true).open(file)?.write_all(lines.as_bytes())
}

/// What was skipped and why, for the end of the output; equal reasons of one server are joined.
fn skips(tallies: &[Tally]) -> String {
    let mut text = String::new();
    for tally in tallies {
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for skip in &tally.skips {
            by_reason.entry(&skip.reason).or_default().push(&skip.test);
        }
        for (reason, tests) in by_reason {
            let tests = if tests.len() > 8 { format!("{} cases", tests.len()) } else { tests.join(", ") };
            let _ = writeln!(text, "skipped on {}: {reason}: {tests}", tally.server);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_at_the_second_try_is_noted() {
        let tallies = Tallies::default();
        tallies.add_unsteady("db", "ping::a", "late");
        tallies.add("db", "ping::a", &Outcome::Passed);
        let line = serde_json::to_string(&tallies.take("db", |_| None)).expect("JSON");
        assert!(line.contains(r#""passed":1,"#) && line.contains(r#""unsteady":[{"test":"ping::a","reason":"late"}]"#));
    }

    #[test]
    fn a_line_a_server_is_left_as_xtask_reads_it() {
        let tallies = Tallies::default();
        tallies.add("db-15", "ping::a", &Outcome::Passed);
        tallies.add("db-15", "ping::b", &Outcome::Failed("no".to_owned()));
        tallies.add("db-15", "ping::c", &Outcome::Skipped("not here".to_owned()));
        let tallies = tallies.take("db", |name| (name == "db-15").then(|| "Database 15.1".to_owned()));
        let directory = tempfile::tempdir().expect("a directory");
        save(&tallies, directory.path()).expect("saved");
        let file = directory.path().join(format!("db-{}.jsonl", std::process::id()));
        let line = std::fs::read_to_string(file).expect("a file");
        assert_eq!(
            line,
            concat!(
                r#"{"suite":"db","server":"Database 15.1","passed":1,"failed":1,"skipped":1,"#,
                r#""skips":[{"test":"ping::c","reason":"not here"}]}"#,
                "\n"
            )
        );
        assert_eq!(skips(&tallies), "skipped on Database 15.1: not here: ping::c\n");
    }
}
