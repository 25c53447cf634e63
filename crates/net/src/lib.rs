//! Names, sockets and TLS, the same for every engine that goes over a network.
//!
//! The modules stand in dependency order: each uses only those above it.

mod classify;

mod resolve;

mod dial;

pub mod tls;

pub use classify::io_failure;
pub use dial::dial;
#[cfg(unix)]
pub use dial::dial_unix;
pub use resolve::resolve;
pub use tls::{Identity, Roots, TlsOptions, Verify, client_config, describe, handshake, peer_certificate};
