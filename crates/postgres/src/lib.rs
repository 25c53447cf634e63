#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod activity;
mod knowledge;
mod overheard;
mod peer;
mod sql;
mod uri;

mod classify;
mod wire;

mod place;

mod opening;

mod answer;
mod config;
mod lookup;
mod rows;
mod tls;

mod cancel;
mod passfile;

mod session;

mod driver;

use std::sync::Arc;

use dbprobe_core::{Capability, Engine};

/// PostgreSQL, and what speaks its protocol.
pub const ENGINE: Engine = Engine {
    name: "postgres",
    schemes: &["postgres", "postgresql"],
    capabilities: &[
        Capability::Activity,
        Capability::Cancel,
        Capability::Connections,
        Capability::HealthTable,
        Capability::Lookup,
        Capability::Query,
        Capability::Role,
        Capability::Tls,
        Capability::WriteWithoutTable,
    ],
    knowledge: knowledge::KNOWLEDGE,
    open: |dsn| Ok(Arc::new(driver::PostgresDriver::new(config::Config::read(dsn)?))),
};
