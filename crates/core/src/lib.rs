//! The contract of dbprobe: what a target, an engine, a session and a report are, and how one probe goes.
//!
//! One way through the house: `&str` → [`Dsn`] → [`Driver`] → [`Session`] → [`Report`]. This crate knows no engine, no
//! command line and no metrics format; `crates/README.md` has the map.
//!
//! The modules stand in dependency order: each uses only those above it.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod activity;
mod class;
mod duration;
mod file;
mod lookup;
mod phase;
mod role;
mod secret;
mod status;

mod dsn;
mod knowledge;
mod piece;

mod failure;

mod inspection;
mod nonce;
mod prober;
mod query;
mod setup;
mod target;
mod tls;
mod write;

mod template;

mod interrupt;

mod plan;
mod step;

mod guard;
mod report;
mod steps;

#[cfg(feature = "serde")]
mod reading;
#[cfg(feature = "serde")]
mod wire;

mod driver;

mod engine;
mod expectations;

mod registry;

mod connection;

mod prepare;
mod probe;
mod source;

mod history;

mod monitor;

mod check;
#[cfg(feature = "schema")]
pub mod schema;

pub use activity::{Activities, Activity, ActivityState};
pub use check::Check;
pub use class::Class;
pub use connection::Connection;
pub use driver::{Driver, Session, SessionExt};
pub use dsn::{Dsn, DsnError};
pub use duration::{DurationError, parse_duration, parse_positive_duration};
pub use engine::{Capability, Engine};
pub use failure::Failure;
pub use file::read_file;
pub use guard::Cancel;
pub use history::{History, Moment};
pub use inspection::{Inspection, Pong};
pub use interrupt::Interrupt;
pub use knowledge::Knowledge;
pub use lookup::Lookup;
pub use monitor::{Monitor, Policy};
pub use nonce::Nonce;
pub use phase::Phase;
pub use piece::Piece;
pub use plan::{Level, Plan, Thresholds};
pub use prepare::prepare;
pub use probe::probe;
pub use prober::Prober;
pub use query::{Access, Query, Rows, Value};
#[cfg(feature = "serde")]
pub use reading::Reading;
pub use registry::{Absent, Registry};
pub use report::{Report, milliseconds, now, status};
pub use role::{ExpectedRole, Role};
pub use secret::Secret;
pub use setup::{Setup, SetupOptions, SetupStatement};
pub use source::Source;
pub use status::Status;
pub use step::{Attempt, Outcome, Step};
pub use steps::Steps;
pub use target::{Endpoint, Target, percent_encode};
pub use template::Template;
pub use tls::Tls;
pub use write::{WriteMode, WriteProof, WriteRequest, Written};

/// The attribute that an implementation of [`Driver`] or [`Session`] stands under.
pub use async_trait::async_trait;
