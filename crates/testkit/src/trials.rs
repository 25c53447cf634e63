//! Tests outside the suite that need a server: they are skipped, counted and reported like the suite's own cases.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::conformance::{Outcome, Tallies, one_line_a_panic, report, steadied, text};
use crate::environment;
use crate::fixture::Missing;

/// A test: it panics when it fails, and says so when there is no server for it.
type Test = fn() -> Result<(), Missing>;

/// A program of tests that need servers, to be run with `harness = false`.
pub struct Trials {
    suite: &'static str,
    server: &'static str,
    tests: Vec<(&'static str, Test, Absence)>,
}

/// What it means that a test cannot be run.
#[derive(Clone, Copy)]
enum Absence {
    /// In CI it is a failure.
    Failure,
    /// It is a skip everywhere: not every machine lets it be run.
    Skip,
}

impl Trials {
    /// A program without tests. Its numbers are reported for `suite` on `server`.
    pub fn new(suite: &'static str, server: &'static str) -> Self {
        Self { suite, server, tests: Vec::new() }
    }

    /// With a test.
    #[must_use]
    pub fn test(mut self, name: &'static str, test: Test) -> Self {
        self.tests.push((name, test, Absence::Failure));
        self
    }

    /// With a test that not every machine lets be run, such as one that only root can: it is skipped there, counted and
    /// reported, in CI as well.
    #[must_use]
    pub fn test_where_possible(mut self, name: &'static str, test: Test) -> Self {
        self.tests.push((name, test, Absence::Skip));
        self
    }

    /// Runs what the command line asks for. A missing server is a skip with a reason; with `CI` set it is a failure.
    pub fn main(self) -> ExitCode {
        let arguments = Arguments::from_args();
        one_line_a_panic();
        let tallies = Arc::new(Tallies::default());
        let trials = self.tests.iter().map(|test| trial(self.server, *test, &tallies)).collect();
        let conclusion = libtest_mimic::run(&arguments, trials);
        match report(&tallies.take(self.suite, |_| None)) {
            Ok(()) => conclusion.exit_code(),
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "cannot leave the results: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

fn trial(server: &'static str, (name, test, absence): (&'static str, Test, Absence), tallies: &Arc<Tallies>) -> Trial {
    let tallies = Arc::clone(tallies);
    Trial::ignorable_test(name, move || match steadied(&tallies, server, name, || run(test, absence)) {
        Outcome::Passed => Ok(Completion::Completed),
        Outcome::Failed(why) => Err(Failed::from(why)),
        Outcome::Skipped(why) => Ok(Completion::ignored_with(why)),
    })
}

fn run(test: Test, absence: Absence) -> Outcome {
    match std::panic::catch_unwind(test) {
        Ok(Ok(())) => Outcome::Passed,
        Ok(Err(Missing { why })) if matches!(absence, Absence::Skip) => Outcome::Skipped(why),
        Ok(Err(Missing { why })) if environment::in_ci() => Outcome::Failed(format!("no server: {why}")),
        Ok(Err(Missing { why })) => Outcome::Skipped(format!("NO SERVER: {why}")),
        Err(panic) => Outcome::Failed(text(panic.as_ref()).to_owned()),
    }
}
