//! From the DSN's TLS parameters to a rustls configuration.

use std::fmt;
use std::path::PathBuf;

use dbprobe_core::Failure;
use dbprobe_net::{Identity, LateTls, Roots, TlsOptions, Verify};

/// How much TLS is asked for; the words and their order are those of MySQL's `--ssl-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    Disabled,
    Preferred,
    Required,
    VerifyCa,
    VerifyIdentity,
}

/// TLS as the DSN asks for it.
#[derive(Clone, Debug)]
pub(crate) struct TlsSettings {
    pub(crate) mode: SslMode,
    pub(crate) roots: Option<PathBuf>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

/// What a handshake needs, made once and kept: it also holds the sessions that can be resumed.
#[derive(Clone)]
pub(crate) struct Security {
    pub(crate) tls: LateTls,
    pub(crate) verify: Verify,
}

/// A configuration holds a private key, so only how far it verifies is shown.
impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Security({:?})", self.verify)
    }
}

/// Reads the files that `settings` name.
pub(crate) fn security(settings: &TlsSettings) -> Result<Security, Failure> {
    let verify = match settings.mode {
        SslMode::VerifyIdentity => Verify::Full,
        SslMode::VerifyCa => Verify::Ca,
        SslMode::Disabled | SslMode::Preferred | SslMode::Required => Verify::None,
    };
    let identity = settings.certificate.clone().map(|certificate| {
        let key = settings.key.clone().unwrap_or_else(|| certificate.with_extension("key"));
        Identity { certificate, key }
    });
    let options = TlsOptions {
        verify,
        roots: settings.roots.clone().map_or(Roots::System, Roots::File),
        identity,
        alpn: Vec::new(),
        // Both servers take X25519 at the first guess.
        p256_first: false,
    };
    Ok(Security { tls: LateTls::new(&options)?, verify })
}
