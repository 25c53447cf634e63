//! TLS: options, verification and handshake.

mod options;

mod handshake;

pub use handshake::{describe, handshake, peer_certificate};
pub use options::{Identity, Roots, TlsOptions, Verify, client_config};
