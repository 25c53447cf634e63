#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod knowledge;
mod sql;

mod classify;
mod config;

mod file;
mod stop;

mod patience;

mod database;

mod facts;
mod lookup;
mod proof;
mod rows;

mod worker;

mod session;

mod driver;

use std::sync::Arc;

use dbprobe_core::{Capability, Engine};

/// SQLite 3, compiled in.
pub const ENGINE: Engine = Engine {
    name: "sqlite",
    schemes: &["file", "sqlite"],
    capabilities: &[
        Capability::Cancel,
        Capability::HealthTable,
        Capability::Lookup,
        Capability::Query,
        Capability::WriteWithoutTable,
    ],
    knowledge: knowledge::KNOWLEDGE,
    open: |dsn| Ok(Arc::new(driver::SqliteDriver::new(config::Config::read(dsn)?))),
};
