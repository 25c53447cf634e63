//! A peer that speaks TDS, the protocol of SQL Server, in this process: what the engine `mssql` is tested with where no
//! SQL Server can be had.
//!
//! It is a protocol, not a database: it negotiates, encrypts, logs in, reads requests and writes tokens as [MS-TDS] says,
//! and leaves to a [`Database`] of the test's what a statement means. What a real server does badly on purpose is a
//! [`Fault`] here.
//!
//! ```no_run
//! use std::sync::Arc;
//! use dbprobe_testkit::tds::{Cell, Column, Database, Encryption, Peer, Reply, SessionContext, Settings};
//!
//! struct One;
//!
//! #[async_trait::async_trait]
//! impl Database for One {
//!     async fn batch(&self, _session: &SessionContext, _sql: &str) -> Vec<Reply> {
//!         vec![Reply::rows([Column::int("one")], [[Cell::Int(1)]])]
//!     }
//! }
//!
//! # async fn example() {
//! let peer = Peer::start(Settings::new(Encryption::NotSupported), Arc::new(One)).await;
//! let address = peer.address(); // a client may log in there, with any name, until `peer` is dropped
//! # }
//! ```
//!
//! [MS-TDS]: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds/
//!
//! The modules stand in dependency order: each uses only those above it.

mod reply;
mod settings;

mod buffer;
mod packet;

mod database;

mod column;
mod login;
mod parameter;
mod prelogin;
mod request;
mod token;

mod answer;

mod stream;
mod tls;

mod connection;
mod house;

mod handshake;

mod session;

mod peer;

mod browser;

pub use browser::Browser;
pub use database::{Call, Database, LoggedIn, Login, Parameter, Procedure, SessionContext};
pub use peer::Peer;
pub use reply::{Cell, Column, Environment, Kind, Length, Moment, Reply, ServerError};
pub use settings::{Damage, Encryption, Fault, Identity, Settings, Stage, Tamper};
