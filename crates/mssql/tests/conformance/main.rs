//! The conformance suite on a peer that speaks TDS, in every kind of encryption, and on SQL Server 2022 where it can
//! be had; or on the server that `DBPROBE_TEST_MSSQL_DSN` names.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod fixture;

fn main() -> std::process::ExitCode {
    fixture::suite().main()
}
