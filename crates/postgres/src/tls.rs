//! From libpq's TLS parameters to a rustls configuration.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use dbprobe_core::Failure;
use dbprobe_net::{Identity, Roots, TlsOptions, Verify, client_config};
use tokio_rustls::rustls::ClientConfig;

use crate::config::{RootCertificate, SslMode, TlsSettings};

/// What a handshake needs, made once and kept: it also holds the sessions that can be resumed.
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

/// Reads the files that `settings` names, and those in libpq's usual places.
pub(crate) fn security(settings: &TlsSettings) -> Result<Security, Failure> {
    let (verify, roots) = trust(settings);
    let options = TlsOptions {
        verify,
        roots,
        identity: identity(settings),
        // PostgreSQL 17 wants the protocol's name where TLS comes first.
        alpn: if settings.direct { vec![b"postgresql".to_vec()] } else { Vec::new() },
        // PostgreSQL up to 17 speaks P-256 only unless told otherwise: another guess costs a round trip.
        p256_first: true,
    };
    Ok(Security { config: client_config(&options)?, verify })
}

/// `require` verifies the chain where a root certificate is given, as libpq has it.
fn trust(settings: &TlsSettings) -> (Verify, Roots) {
    let usual = usual("root.crt");
    let roots = match &settings.root {
        RootCertificate::File(path) => Some(Roots::File(path.clone())),
        RootCertificate::System => Some(Roots::System),
        RootCertificate::Default => usual.map(Roots::File),
    };
    let verify = match settings.mode {
        SslMode::VerifyFull => Verify::Full,
        SslMode::VerifyCa => Verify::Ca,
        SslMode::Require if roots.is_some() => Verify::Ca,
        _ => Verify::None,
    };
    (verify, roots.unwrap_or(Roots::System))
}

fn identity(settings: &TlsSettings) -> Option<Identity> {
    if settings.anonymous {
        return None;
    }
    let certificate = settings.certificate.clone().or_else(|| usual("postgresql.crt"))?;
    let key =
        settings.key.clone().or_else(|| usual("postgresql.key")).unwrap_or_else(|| certificate.with_extension("key"));
    Some(Identity { certificate, key })
}

/// `~/.postgresql/NAME`, where it exists.
fn usual(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("HOME")?).join(".postgresql").join(name);
    path.is_file().then_some(path)
}
