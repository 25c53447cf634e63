//! Servers in containers: official images, or whatever [`environment::image`](crate::environment::image) names.
//!
//! Ports are published on 127.0.0.1 only. Every container carries the label `dbprobe.test` with the name of the run, so that
//! `cargo xtask test` finds what a killed run left behind. Dropping a [`Node`] removes its container, in and outside a
//! runtime, also while a panic unwinds.

mod certificates;
mod chromium;
mod mssql;
mod mysql;
mod nginx;
mod node;
mod postfix;
mod postgres;
mod recipe;
mod redis;

pub use certificates::Certificates;
pub use chromium::Chromium;
pub use mssql::Mssql;
pub use mysql::{MySql, Product};
pub use nginx::Nginx;
pub use node::{Node, Paused};
pub use postfix::Postfix;
pub use postgres::Postgres;
pub use recipe::Recipe;
pub use redis::{Identity, Redis};
