//! The TDS peer speaks the protocol: to the client that the engine uses, and byte by byte to nobody's client.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod clerk;
mod client;
mod wire;

mod answers;
mod browser;
mod damages;
mod encryption;
mod handshakes;
mod lives;
mod logins;
mod requests;
