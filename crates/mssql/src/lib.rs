#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod frame;
mod knowledge;
mod login_ack;
mod peer;
mod sql;
mod uri;

mod classify;
mod config;
mod tls;
mod tunnel;

mod browser;
mod prelogin;

mod line;

mod answer;
mod cancel;
mod facts;
mod rows;

mod activity;

mod session;

mod driver;

use std::sync::Arc;

use dbprobe_core::{Capability, Engine};

/// SQL Server, and what speaks its protocol.
pub const ENGINE: Engine = Engine {
    name: "mssql",
    schemes: &["sqlserver", "mssql"],
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
    open: |dsn| Ok(Arc::new(driver::MssqlDriver::new(config::Config::read(dsn)?))),
};
