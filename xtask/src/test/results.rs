//! The files in which conformance suites leave their numbers: `<suite>-<pid>.jsonl`, a line a server.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace;

/// One suite against one server.
#[derive(Debug, Deserialize)]
pub(super) struct SuiteResult {
    pub(super) suite: String,
    /// The server as it names itself, such as `PostgreSQL 15.18`.
    pub(super) server: String,
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    #[serde(default)]
    pub(super) skips: Vec<Skip>,
    /// Tests that passed at the second try only, and what was seen at the first one.
    #[serde(default)]
    pub(super) unsteady: Vec<Skip>,
}

/// A test that did not run, or not well at once, and why.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Skip {
    pub(super) test: String,
    pub(super) reason: String,
}

/// Reads every result of a run, sorted by suite and server.
pub(super) fn read(directory: &Path) -> Result<Vec<SuiteResult>> {
    let mut results = Vec::new();
    for file in workspace::files(directory, "jsonl")? {
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let result: SuiteResult =
                serde_json::from_str(line).with_context(|| format!("{}: not a result: {line}", file.display()))?;
            results.push(result);
        }
    }
    results.sort_by(|left, right| (&left.suite, &left.server).cmp(&(&right.suite, &right.server)));
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_files_are_read_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let line = |suite: &str, server: &str| {
            format!(r#"{{"suite":"{suite}","server":"{server}","passed":1,"failed":0,"skipped":0}}"#) + "\n"
        };
        let two = line("postgres", "PostgreSQL 17.1") + &line("postgres", "PostgreSQL 15.1");
        fs::write(directory.path().join("postgres-7.jsonl"), two).unwrap();
        fs::write(directory.path().join("sqlite-8.jsonl"), line("sqlite", "SQLite 3")).unwrap();
        let servers: Vec<String> = read(directory.path()).unwrap().into_iter().map(|result| result.server).collect();
        assert_eq!(servers, ["PostgreSQL 15.1", "PostgreSQL 17.1", "SQLite 3"]);
    }

    #[test]
    fn a_broken_line_is_an_error_that_shows_it() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("sqlite-8.jsonl"), "{\"suite\":").unwrap();
        let error = read(directory.path()).map(|_| ()).unwrap_err();
        assert!(error.to_string().ends_with("{\"suite\":"), "{error}");
    }
}
