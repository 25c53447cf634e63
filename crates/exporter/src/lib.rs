//! Reports as Prometheus metrics. No other crate speaks that language.
//!
//! The modules stand in dependency order: each uses only those above it.

mod family;

mod families;

pub use families::{Naming, Subject, exposition};
