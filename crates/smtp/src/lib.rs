#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod asked;
mod base64;
mod reply;

mod knowledge;

mod classify;

mod line;

mod extensions;
mod hello;

mod config;

mod login;
mod look;

mod session;

mod driver;

use std::sync::Arc;

use dbprobe_core::{Capability, Engine};

/// Mail servers that speak SMTP.
pub const ENGINE: Engine = Engine {
    name: "smtp",
    schemes: &["smtp", "smtps"],
    capabilities: &[Capability::Tls],
    knowledge: knowledge::KNOWLEDGE,
    open: |dsn| Ok(Arc::new(driver::SmtpDriver::new(config::Config::read(dsn)?))),
};
