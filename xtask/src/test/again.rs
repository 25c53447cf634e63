//! A second try, alone, for the few tests that failed: CI machines stall. On a desk there is none.

use std::fs;

use anyhow::{Context, Result};

use super::output::FailedTest;
use super::suites::{self, Environment, Outcome};
use super::verdict::UNSTEADY;
use crate::{process, workspace};

/// Runs the failed tests again, where they are few, and moves those that pass now to the unsteady ones.
pub(super) fn try_again(outcome: &mut Outcome, environment: &Environment<'_>) -> Result<()> {
    let failed = outcome.failed.clone();
    // A program that crashed has no failed test to be named.
    if failed.is_empty() || failed.len() > UNSTEADY || failed.len() != outcome.totals.failed {
        return Ok(());
    }
    // In a place of their own: the numbers of the first run count.
    let results = environment.results.join("again");
    fs::create_dir_all(&results).with_context(|| format!("cannot make {}", results.display()))?;
    let environment = Environment { results: &results, ..*environment };
    for (number, test) in failed.iter().enumerate() {
        println!("test: again, alone: {} ({})", test.name, test.program);
        let mut command = process::cargo();
        command.current_dir(workspace::root()).args(["test", "--locked", "--all-features"]);
        command.args(test.program.split_whitespace()).args(["--", "--exact", &test.name]);
        let second = suites::run_command(command, &environment, &results.join(format!("{number}.txt")))?;
        // A name that is not found passes, too, and proves nothing.
        if second.succeeded && second.totals.passed == 1 {
            outcome.settle(test);
        }
    }
    outcome.succeeded = outcome.failed.is_empty();
    Ok(())
}

impl Outcome {
    fn settle(&mut self, test: &FailedTest) {
        self.failed.retain(|failed| failed != test);
        self.unsteady.push(test.clone());
        self.totals.failed -= 1;
        self.totals.passed += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::suites::Totals;
    use super::*;

    #[test]
    fn a_test_that_passes_now_is_unsteady_and_no_longer_failed() {
        let test = |name: &str| FailedTest { name: name.to_owned(), program: "-p a --lib".to_owned() };
        let totals = Totals { passed: 3, failed: 2, ignored: 0 };
        let mut outcome = Outcome { totals, failed: vec![test("a"), test("b")], ..Outcome::default() };
        outcome.settle(&test("a"));
        assert_eq!((outcome.failed, outcome.unsteady), (vec![test("b")], vec![test("a")]));
        assert_eq!(outcome.totals, Totals { passed: 4, failed: 1, ignored: 0 });
    }
}
