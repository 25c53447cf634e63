//! The conformance suite on every MySQL and MariaDB there is.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod fixture;

use std::process::ExitCode;

fn main() -> ExitCode {
    fixture::suite().main()
}
