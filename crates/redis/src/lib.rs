#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod knowledge;
mod peer;
mod uri;

mod classify;
mod config;
mod wire;

mod commands;
mod flight;
mod info;
mod setup;
mod slots;
mod tls;

mod greeting;

mod activity;
mod login;
mod lookup;
mod session;

mod driver;

use std::sync::Arc;

use dbprobe_core::{Capability, Engine};

/// Redis, Valkey, and what speaks their protocol.
pub const ENGINE: Engine = Engine {
    name: "redis",
    schemes: &["redis", "rediss", "redis+unix", "valkey", "valkeys"],
    capabilities: &[
        Capability::Activity,
        Capability::Connections,
        Capability::HealthKey,
        Capability::Lookup,
        Capability::Role,
        Capability::Tls,
    ],
    knowledge: knowledge::KNOWLEDGE,
    open: |dsn| Ok(Arc::new(driver::RedisDriver::new(config::Config::read(dsn)?))),
};
