//! The conformance suite on a database with a rollback journal.

#![allow(clippy::expect_used, reason = "a fixture, which may stop at once")]

mod database;

use std::process::ExitCode;

use database::{Database, FAULTS};
use dbprobe_sqlite::ENGINE;
use dbprobe_testkit::conformance::Suite;

fn main() -> ExitCode {
    Suite::new(&ENGINE).server("delete", || Database::start("delete")).faults(FAULTS).main()
}
