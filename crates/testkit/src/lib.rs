//! What the engines of dbprobe are tested with: a conformance suite, a fault proxy, a scripted engine with mutants, and servers
//! in containers. It is not published.
//!
//! An engine crate describes its servers by [`fixture::Fixture`] and runs [`conformance::Suite`] on them.
//!
//! The modules stand in dependency order: each uses only those above it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a broken assumption ends the test with its place"
)]

pub mod environment;
mod plan;
pub mod secrecy;

pub mod binary;
pub mod proxy;
pub mod stranger;

pub mod fixture;

pub mod serve;
pub mod server;

pub mod conformance;

pub mod fake;

pub mod trials;

#[cfg(feature = "containers")]
pub mod containers;

#[cfg(feature = "tds")]
pub mod tds;

pub use plan::plan;
