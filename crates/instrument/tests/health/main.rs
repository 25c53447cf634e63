//! The health service, on a clock that only moves when nothing else can: every time is exact.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod asking;
mod details;
mod failures;
mod flight;
mod mounted;
mod shape;
