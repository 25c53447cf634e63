//! The conformance suite on nginx, plain and with TLS; or on the server that `DBPROBE_TEST_HTTP_DSN` names.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod fixture;

use std::process::ExitCode;

fn main() -> ExitCode {
    fixture::suite().main()
}
