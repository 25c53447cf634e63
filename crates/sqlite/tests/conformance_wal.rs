//! The conformance suite on a database with a write-ahead log. A program of its own, because sessions are counted by
//! their threads.

#![allow(clippy::expect_used, reason = "a fixture, which may stop at once")]

#[path = "conformance/fixture/mod.rs"]
mod fixture;

use std::process::ExitCode;

fn main() -> ExitCode {
    fixture::suite("wal").main()
}
