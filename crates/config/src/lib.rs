#![doc = include_str!("../README.md")]
//!
//! # Inside
//!
//! The modules stand in dependency order: each uses only those above it.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod place;
mod spelling;

mod findings;
mod node;

mod document;
mod field;

mod fields;

mod address;
mod destination;
mod metrics;
mod name;
mod page;

mod allow;

mod queries;
mod settings;

mod dsn;

mod target;

mod modules;

mod config;

mod masked;

pub use address::parse as parse_address;
pub use config::Config;
pub use destination::Refused;
pub use error::ConfigError;
pub use masked::Masked;
pub use metrics::{Metrics, Naming};
pub use modules::Module;
pub use place::Place;
pub use queries::QuerySettings;
pub use target::TargetSettings;
