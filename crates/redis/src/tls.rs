//! TLS, made once for each target.

use std::fmt;
use std::sync::Arc;

use dbprobe_core::Failure;
use dbprobe_net::{TlsOptions, Verify, client_config};
use tokio_rustls::rustls::ClientConfig;

use crate::config::TlsSettings;

/// What a handshake needs; it also holds the sessions that can be resumed.
#[derive(Clone)]
pub(crate) struct Security {
    pub(crate) config: Arc<ClientConfig>,
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
    let options = TlsOptions {
        verify: settings.verify,
        roots: settings.roots.clone(),
        identity: settings.identity.clone(),
        alpn: Vec::new(),
        p256_first: false,
    };
    Ok(Security { config: client_config(&options)?, verify: settings.verify })
}
