#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod knowledge;
mod peer;
mod sql;
mod statement;
mod uri;

mod classify;
mod socket;

mod farewell;

mod wire;

mod place;

mod greeting;

mod answer;
mod health;
mod plugin;
mod tls;

mod activity;
mod login;
mod lookup;
mod replication;
mod values;

mod config;
mod conversation;
mod facts;
mod look;
mod opening;

mod cancel;

mod session;

mod driver;

use std::sync::Arc;

use dbprobe_core::{Capability, Engine};

/// MySQL, MariaDB, and what speaks their protocol.
pub const ENGINE: Engine = Engine {
    name: "mysql",
    schemes: &["mysql", "mariadb"],
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
    open: |dsn| Ok(Arc::new(driver::MysqlDriver::new(config::Config::read(dsn)?))),
};
