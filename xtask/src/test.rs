//! `cargo xtask test`: every suite against real servers, a table of what ran, and no container left.

mod again;
mod output;
mod results;
pub(crate) mod run_name;
mod suites;
mod verdict;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::images::{self, Choice, IMAGES, Image};
use crate::{docker, workspace};
use suites::Environment;
use verdict::{Expected, Verdict};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the suite of this engine.
    #[arg(long)]
    engine: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let engines = engines(arguments.engine.as_deref())?;
    let rows = rows(&engines, arguments.engine.is_none());
    let (choices, obstacle) = servers(rows.clone());

    let run = run_name::new();
    let results = workspace::target().join("test-results").join(&run);
    fs::create_dir_all(&results).with_context(|| format!("cannot make {}", results.display()))?;
    let cleanup = (!choices.is_empty()).then(|| Cleanup::new(&run));
    let environment = Environment { run: &run, results: &results, choices: &choices };
    let mut outcome = suites::run(arguments.engine.as_deref(), &environment)?;
    if in_ci() {
        again::try_again(&mut outcome, &environment)?;
    }
    drop(cleanup);

    let verdict = Verdict {
        expected: rows.iter().map(|row| Expected::of(row, &choices)).collect(),
        engines,
        obstacle,
        outcome,
        suites: results::read(&results)?,
    };
    verdict.print();
    if verdict.fails(in_ci()) {
        // The table has said why; an error's text would push its last line out of sight.
        std::process::exit(1);
    }
    Ok(())
}

fn engines(only: Option<&str>) -> Result<Vec<String>> {
    let mut engines = workspace::engines(&workspace::root())?;
    if let Some(only) = only {
        engines.retain(|engine| engine == only);
        if engines.is_empty() {
            bail!("there is no engine crate named {only}");
        }
    }
    Ok(engines)
}

/// The rows whose server a suite has to start, with those of the exporter's tests where all suites run. An engine with
/// a server named by `DBPROBE_TEST_<ENGINE>_DSN` needs none.
fn rows(engines: &[String], all: bool) -> Vec<&'static Image> {
    let has_server = |engine: &str| {
        std::env::var(format!("DBPROBE_TEST_{}_DSN", engine.to_uppercase())).is_ok_and(|dsn| !dsn.is_empty())
    };
    let has_suite = |row: &Image| engines.iter().any(|engine| engine == row.engine) || (all && row.engine == "serve");
    IMAGES.iter().filter(|row| has_suite(row) && !has_server(row.engine)).collect()
}

/// Gets the images, or the reason why suites that need a server will be skipped.
fn servers(rows: Vec<&'static Image>) -> (Vec<Choice>, Option<String>) {
    if rows.is_empty() {
        return (Vec::new(), None);
    }
    match docker::find().and_then(|_| images::get(rows, images::Rebuild::WhenChanged)) {
        Ok(choices) => (choices, None),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    }
}

/// In CI a missing server is a failure; on a desk it is a skip.
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

/// Removes the containers of this run when it goes, and those of killed runs when it comes.
pub(crate) struct Cleanup<'run> {
    run: &'run str,
}

impl<'run> Cleanup<'run> {
    pub(crate) fn new(run: &'run str) -> Self {
        for other in docker::runs().unwrap_or_default() {
            if run_name::is_dead(&other) {
                remove(&other);
            }
        }
        Self { run }
    }
}

impl Drop for Cleanup<'_> {
    fn drop(&mut self) {
        remove(self.run);
    }
}

fn remove(run: &str) {
    match docker::remove_run(run) {
        Ok(0) => {}
        Ok(count) => eprintln!("test: removed {count} containers that run {run} left"),
        Err(error) => eprintln!("test: cannot remove the containers of run {run}: {error:#}"),
    }
}
