//! Running `cargo test` and counting what its test programs report.

use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::output::{FailedTest, Output};
use crate::images::Choice;
use crate::{process, workspace};

/// What the suites are told through environment variables.
#[derive(Debug)]
pub(super) struct Environment<'run> {
    pub(super) run: &'run str,
    pub(super) results: &'run Path,
    pub(super) choices: &'run [Choice],
}

/// What `cargo test` came to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) totals: Totals,
    pub(super) failed: Vec<FailedTest>,
    /// What failed first and passed when it was run again.
    pub(super) unsteady: Vec<FailedTest>,
    /// Whether cargo exited with 0: a test program that crashes reports no numbers.
    pub(super) succeeded: bool,
}

/// Numbers of tests, over all test programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) ignored: usize,
}

/// Runs all suites, or one engine's. What is not passed on stands in a file, too.
pub(super) fn run(engine: Option<&str>, environment: &Environment<'_>) -> Result<Outcome> {
    let mut command = process::cargo();
    command.current_dir(workspace::root()).args(["test", "--locked", "--all-features", "--no-fail-fast"]);
    match engine {
        Some(engine) => command.arg("--package").arg(format!("dbprobe-{engine}")),
        None => command.arg("--workspace"),
    };
    let whole = environment.results.join("output.txt");
    println!("test: every line of the tests is written to {}", whole.display());
    run_command(command, environment, &whole)
}

/// Runs one `cargo test`. All that it prints goes to the file `whole`.
pub(super) fn run_command(mut command: Command, environment: &Environment<'_>, whole: &Path) -> Result<Outcome> {
    // One pipe for both streams: what a reader sees stays in the order in which it was written.
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    command.env("DBPROBE_TEST_RUN", environment.run).env("DBPROBE_TEST_RESULTS", environment.results);
    command.envs(environment.choices.iter().map(|choice| (choice.image.variable(), &choice.reference)));
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().context("cannot run `cargo test`")?;
    // The command holds our ends of the pipe: without them gone the reader would never see its end.
    drop(command);
    let file = File::create(whole).with_context(|| format!("cannot write {}", whole.display()))?;
    let (totals, failed) = pass_on(reader, file)?;
    Ok(Outcome { totals, failed, unsteady: Vec::new(), succeeded: child.wait()?.success() })
}

fn pass_on(reader: PipeReader, mut file: File) -> Result<(Totals, Vec<FailedTest>)> {
    let mut totals = Totals::default();
    let mut output = Output::new(std::io::stdout());
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        file.write_all(&line)?;
        let text = String::from_utf8_lossy(&line);
        totals.add_line(&text);
        output.line(&text)?;
        line.clear();
    }
    Ok((totals, output.end()?))
}

impl Totals {
    /// Adds the closing line of a test program: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add_line(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        let words: Vec<&str> = counts.split_whitespace().collect();
        for pair in words.windows(2) {
            let &[number, label] = pair else { continue };
            let Ok(number) = number.parse::<usize>() else { continue };
            match label {
                "passed;" => self.passed += number,
                "failed;" => self.failed += number,
                "ignored;" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_add_up_and_other_lines_do_not_count() {
        let mut totals = Totals::default();
        totals
            .add_line("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        totals.add_line("test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out");
        totals.add_line("9 passed; 9 failed");
        assert_eq!(totals, Totals { passed: 5, failed: 4, ignored: 1 });
    }
}
