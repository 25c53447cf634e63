//! The conformance suite on a database with a write-ahead log. A program of its own, because sessions are counted by
//! their threads.

#![allow(clippy::expect_used, reason = "a fixture, which may stop at once")]

mod database;

use std::process::ExitCode;

use database::{Database, FAULTS};
use dbprobe_sqlite::ENGINE;
use dbprobe_testkit::conformance::Suite;

fn main() -> ExitCode {
    Suite::new(&ENGINE).server("wal", || Database::start("wal")).faults(FAULTS).main()
}
