//! The suite as a library: its names, its outcomes, and what becomes of a server that is not there.

#![allow(clippy::panic, reason = "a broken assumption ends the test with its place")]

use std::collections::BTreeSet;

use dbprobe_testkit::conformance::{Outcome, Suite};
use dbprobe_testkit::environment;
use dbprobe_testkit::fake::{Defect, ENGINE, FAULTS, Fake};
use dbprobe_testkit::fixture::{Fixture, Missing};

fn suite() -> Suite<Fake> {
    Suite::new(&ENGINE).faults(FAULTS)
}

#[test]
fn no_two_cases_have_one_name() {
    let names = suite().names();
    let different: BTreeSet<&String> = names.iter().collect();
    assert_eq!(different.len(), names.len(), "{names:?}");
    assert!(names.iter().all(|name| name.split("::").count() == 2), "{names:?}");
}

#[test]
fn every_defect_names_a_case_that_is_there() {
    let names = suite().names();
    for (defect, case) in Defect::ALL {
        assert!(names.iter().any(|name| name == case), "{defect:?} names {case}");
    }
}

#[test]
fn a_missing_server_skips_its_cases_with_the_reason_and_fails_them_in_ci() {
    let outcomes = suite().server("nowhere", || async { Err(Missing::new("no Docker here")) }).run(|_| true);
    assert_eq!(outcomes.len(), suite().names().len());
    for (name, outcome) in outcomes {
        assert!(name.starts_with("nowhere::"), "{name}");
        match outcome {
            Outcome::Skipped(why) if !environment::in_ci() => assert_eq!(why, "NO SERVER: no Docker here"),
            Outcome::Failed(why) if environment::in_ci() => assert_eq!(why, "no server: no Docker here"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_fixture_that_panics_is_a_missing_server_and_not_the_end_of_the_suite() {
    let start = || async { panic!("the fixture is broken") };
    let outcomes = suite().server("broken", start).run(|name| name == "ping::it_asks_the_server");
    let [(_, Outcome::Skipped(why) | Outcome::Failed(why))] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(why.contains("the fixture is broken"), "{why}");
}

#[test]
fn servers_are_started_once_and_let_go_in_the_end() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let start = || async {
        STARTED.fetch_add(1, Ordering::Relaxed);
        Fake::start()
    };
    let outcomes = suite().server("one", start).run(|name| name.starts_with("inspect::"));
    assert!(outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Passed), "{outcomes:?}");
    assert_eq!(STARTED.load(Ordering::Relaxed), 1);
}

#[test]
fn the_fake_says_who_it_is() {
    assert_eq!(Fake::in_memory().label(), "Fake 7.2 in memory");
}
