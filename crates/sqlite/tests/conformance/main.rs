//! The conformance suite on a database with a rollback journal.

#![allow(clippy::expect_used, reason = "a fixture, which may stop at once")]

mod fixture;

use std::process::ExitCode;

fn main() -> ExitCode {
    fixture::suite("delete").main()
}
