//! The whole text: what stands in it, and what does not.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test may fail as the test itself does")]

mod contract;
mod fleet;
mod golden;
mod reference;
mod text;
