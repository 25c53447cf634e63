#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod knowledge;
mod protocol;

mod classify;
mod config;

mod lines;
mod mysql;

mod greeting;

mod session;

mod driver;

use std::sync::Arc;

use dbprobe_core::Engine;

/// Any port that accepts TCP connections.
pub const ENGINE: Engine = Engine {
    name: "tcp",
    schemes: &["tcp"],
    capabilities: &[],
    knowledge: knowledge::KNOWLEDGE,
    open: |dsn| Ok(Arc::new(driver::TcpDriver::new(config::Config::read(dsn)?))),
};
