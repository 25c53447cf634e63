//! An engine that is scripted: it passes the whole suite without a server, and each of its mutants breaks one rule.
//!
//! A [`Fake`] is a small database server in this process, spoken to in lines of text over TCP or over a pipe in memory;
//! [`ENGINE`] is its driver. What the server does in a step is scripted by [`Fake::script`]: it may be late, refuse,
//! hang or make its client panic.

mod answer;
mod client;
mod config;
mod defect;
mod faults;
mod listing;
mod protocol;
mod scene;
mod server;
mod world;

pub use config::ENGINE;
pub use defect::Defect;
pub use faults::FAULTS;
pub use scene::Fake;
pub use world::Act;
