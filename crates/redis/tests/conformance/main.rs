//! The conformance suite on Redis 7 and 8 and on Valkey 8, with a replica, with TLS, on a Unix socket and as the node
//! of a cluster; or on the server that `DBPROBE_TEST_REDIS_DSN` names.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod fixture;

use std::process::ExitCode;

fn main() -> ExitCode {
    fixture::suite().main()
}
