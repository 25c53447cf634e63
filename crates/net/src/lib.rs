//! Names, sockets and TLS, the same for every engine that goes over a network.
//!
//! An engine resolves, dials and shakes hands in three calls, so that each is a step of its own in a report:
//! [`resolve()`], [`dial()`] (or [`dial_unix`]) and [`handshake`], whose facts [`describe`] gives. What fails on the socket
//! after that goes through [`io_failure`]. All of them answer with a [`Failure`](dbprobe_core::Failure), none keeps
//! time, and dropping a future ends what it began. What their codes mean stands in one table, [`KNOWLEDGE`].
//!
//! The modules stand in dependency order: each uses only those above it.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod distinguished;
mod knowledge;

mod certificate;

mod presented;

mod rejection;

mod alert;

mod classify;

mod host;
mod hosts;

mod resolve;

mod dial;

mod knock;
mod stranger;
mod tls;

pub use classify::io_failure;
pub use dial::dial;
#[cfg(unix)]
pub use dial::dial_unix;
pub use knock::knock;
pub use knowledge::KNOWLEDGE;
pub use presented::Presented;
pub use rejection::presented;
pub use resolve::{Origin, resolve, resolve_from};
pub use stranger::{look_at, look_into};
pub use tls::{Identity, LateTls, Roots, TlsOptions, Verify, client_config, describe, handshake, peer_certificate};
