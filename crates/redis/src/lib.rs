#![doc = include_str!("../README.md")]

mod classify;
mod peer;
mod uri;

mod config;
mod wire;

mod commands;
mod flight;
mod info;
mod setup;
mod slots;
mod tls;

mod greeting;

mod login;
mod session;

mod driver;

use std::sync::Arc;

use dbprobe_core::{Capability, Engine};

/// Redis, Valkey, and what speaks their protocol.
pub const ENGINE: Engine = Engine {
    name: "redis",
    schemes: &["redis", "rediss", "redis+unix", "valkey", "valkeys"],
    capabilities: &[Capability::Connections, Capability::HealthKey, Capability::Role, Capability::Tls],
    open: |dsn| Ok(Arc::new(driver::RedisDriver::new(config::Config::read(dsn)?))),
};
