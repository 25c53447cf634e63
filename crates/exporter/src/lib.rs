//! Watches targets and serves what it sees: metrics for Prometheus, health routes, a status page. No other crate speaks
//! Prometheus' language.
//!
//! The modules stand in dependency order: each uses only those above it.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod config_file;
mod histogram;
mod room;
mod schedule;
mod shard;
mod web;

mod record;

mod answers;
mod gate;

mod watch;

mod fleet;

mod service;

mod metrics;
mod page;

mod http;

mod exporter;

pub use dbprobe_config::Naming;
pub use exporter::{Exporter, Options, Reloader, StartError};
#[doc(hidden)]
pub use metrics::Rehearsal;
pub use metrics::{Subject, exposition};
pub use shard::Shard;
pub use web::check_web_config;
