//! The roots that are trusted.

use std::path::Path;

use dbprobe_core::Failure;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::files::{certificates, config};
use crate::certificate::Certificate;

/// The roots that are trusted: as webpki wants them, and as they are.
#[derive(Debug)]
pub(super) struct Trust {
    pub(super) anchors: RootCertStore,
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Those in the PEM file `path`.
    pub(super) fn file(path: &Path) -> Result<Self, Failure> {
        let what = "the root file";
        let trust = Self::new(certificates(path, what)?);
        // One that webpki does not take as an authority may still be the server's own.
        if !trust.certificates.iter().any(|certificate| Certificate::read(certificate).is_some()) {
            let message = format!("{what} {} holds no certificate that can be read", path.display());
            return Err(config(message).advise("name the certificate of the authority, in PEM"));
        }
        Ok(trust)
    }

    /// Those of the operating system, or those of Mozilla that are built in where it has none, as in an image without a
    /// bundle of certificates. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    pub(super) fn system() -> Self {
        let trust = Self::new(rustls_native_certs::load_native_certs().certs);
        if !trust.anchors.is_empty() {
            return trust;
        }
        let anchors = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self { anchors, certificates: Vec::new() }
    }

    /// A bundle may hold some that cannot be read, which concerns only the servers below those.
    fn new(certificates: Vec<CertificateDer<'static>>) -> Self {
        let mut anchors = RootCertStore::empty();
        anchors.add_parsable_certificates(certificates.iter().cloned());
        Self { anchors, certificates }
    }

    /// Whether the certificate `der` is itself trusted.
    pub(super) fn holds(&self, der: &[u8]) -> bool {
        self.certificates.iter().any(|certificate| certificate.as_ref() == der)
    }
}
