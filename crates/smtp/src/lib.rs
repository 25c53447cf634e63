#![doc = include_str!("../README.md")]

mod base64;
mod reply;

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
    open: |dsn| Ok(Arc::new(driver::SmtpDriver::new(config::Config::read(dsn)?))),
};
