//! From the DSN's words about TLS to a rustls configuration.

use std::fmt;
use std::sync::Arc;

use dbprobe_core::Failure;
use dbprobe_net::{Roots, TlsOptions, Verify, client_config};
use tokio_rustls::rustls::ClientConfig;

use crate::config::{Encrypt, TlsSettings};

/// What a handshake needs, made once and kept: it also holds the sessions that can be resumed.
#[derive(Clone)]
pub(crate) struct Security {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) verify: Verify,
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Security({:?})", self.verify)
    }
}

/// Reads the files that `settings` names.
pub(crate) fn security(settings: &TlsSettings) -> Result<Security, Failure> {
    let roots = settings.pinned.as_ref().or(settings.authority.as_ref());
    let verify = match () {
        () if settings.trust => Verify::None,
        // The certificate itself is compared, whatever names stand in it.
        () if settings.pinned.is_some() => Verify::Ca,
        () => Verify::Full,
    };
    let options = TlsOptions {
        verify,
        roots: roots.map_or(Roots::System, |path| Roots::File(path.clone())),
        identity: None,
        // [MS-TDS] 3.2.5.1: the protocol's name goes where TLS comes first.
        alpn: if settings.encrypt == Encrypt::Strict { vec![b"tds/8.0".to_vec()] } else { Vec::new() },
        // Servers in FIPS mode take no other curve.
        p256_first: true,
    };
    Ok(Security { config: client_config(&options)?, verify })
}
