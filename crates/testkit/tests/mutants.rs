//! A suite that passes everything proves nothing: each mutant of the scripted engine breaks one rule, and the case for that
//! rule has to notice.

use std::process::ExitCode;
use std::time::Duration;

use dbprobe_testkit::conformance::{Outcome, Suite, one_line_a_panic};
use dbprobe_testkit::fake::{Defect, ENGINE, FAULTS, Fake};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    one_line_a_panic();
    // One at a time: some mutants leave threads and descriptors behind, which others count.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let trials = Defect::ALL.map(|(defect, case)| {
        Trial::test(format!("{}_is_caught_by_{case}", defect.name()), move || is_caught(defect, case))
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

fn is_caught(defect: Defect, case: &str) -> Result<(), Failed> {
    let suite = |defect: Option<Defect>| {
        let start = move || async move {
            let fake = Fake::start()?;
            Ok(match defect {
                Some(defect) => fake.with_defect(defect),
                None => fake,
            })
        };
        // What leaks, leaks for good: there is no use in waiting long for it to go.
        Suite::new(&ENGINE).server("mutant", start).faults(FAULTS).patience(Duration::from_millis(300))
    };
    match suite(Some(defect)).run(|name| name == case).as_slice() {
        [(_, Outcome::Failed(_))] => Ok(()),
        [] => Err(format!("there is no case {case}").into()),
        others => Err(format!("the mutant lives: {others:?}").into()),
    }
}
