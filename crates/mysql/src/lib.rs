#![doc = include_str!("../README.md")]

mod classify;
mod peer;
mod sql;
mod uri;

mod socket;

mod farewell;

mod wire;

mod place;

mod greeting;

mod answer;
mod health;
mod plugin;
mod tls;

mod login;
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
        Capability::Cancel,
        Capability::Connections,
        Capability::HealthTable,
        Capability::Query,
        Capability::Role,
        Capability::Tls,
        Capability::WriteWithoutTable,
    ],
    open: |dsn| Ok(Arc::new(driver::MysqlDriver::new(config::Config::read(dsn)?))),
};
