#![doc = include_str!("../README.md")]

mod classify;
mod peer;
mod sql;
mod uri;

mod wire;

mod place;

mod opening;

mod answer;
mod config;
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
        Capability::Cancel,
        Capability::Connections,
        Capability::HealthTable,
        Capability::Query,
        Capability::Role,
        Capability::Tls,
        Capability::WriteWithoutTable,
    ],
    open: |dsn| Ok(Arc::new(driver::PostgresDriver::new(config::Config::read(dsn)?))),
};
