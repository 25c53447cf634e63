//! TLS: what the user wants of it, how certificates are judged, and the handshake.

mod files;

mod signature;
mod trust;

mod verify;

mod options;

mod handshake;

mod late;

pub use handshake::{describe, handshake, peer_certificate};
pub use late::LateTls;
pub use options::{Identity, Roots, TlsOptions, Verify, client_config};
