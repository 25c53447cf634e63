//! Names, sockets and TLS against real sockets of this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail as the test itself does")]

mod authority;
mod server;
mod stranger;

mod alerts;
mod certificates;
mod dialling;
mod files;
mod names;
mod version1;
