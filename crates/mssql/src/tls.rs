//! From the DSN's words about TLS to a rustls configuration.

use std::fmt;
use std::sync::Arc;

use dbprobe_core::{Class, Failure};
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

/// A failed handshake, with the next step for what is peculiar to SQL Server.
pub(crate) fn advised(failure: Failure, encrypt: Encrypt) -> Failure {
    let advice = match (failure.class, failure.code.as_deref()) {
        // A certificate of a container, or of a fresh installation, is signed by nobody.
        (Class::Certificate, Some("unknown_issuer" | "ca_as_server")) => {
            "name the authority with `certificate=PATH` or the certificate itself with `serverCertificate=PATH`; a \
             container and a fresh installation sign for themselves: TrustServerCertificate=true takes any certificate"
        }
        // Its signature cannot be checked, whoever is trusted.
        (Class::Certificate, Some("untrusted")) if failure.message.ends_with("BadSignature") => {
            "look at the certificate: older servers make themselves one with a key of 1024 bits, which no setting \
             makes acceptable; give the server a certificate with 2048 bits or more"
        }
        // It sends no alert.
        (Class::Reset, _) if encrypt == Encrypt::Strict => {
            "encrypt=strict takes SQL Server 2022 or later, an older one hangs up like this: say encrypt=true; else see \
             the server's error log"
        }
        (Class::Reset, _) => {
            "a server without TLS 1.2, or without a cipher suite of ECDHE and GCM, hangs up like this: bring it up to \
             date; else see its error log"
        }
        _ => return failure,
    };
    failure.advise(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_peculiar_to_the_server_has_advice_of_its_own() {
        let advice = |class, code: &str, encrypt| {
            let failure = Failure::new(class, "it was not accepted: BadSignature").code(code).advise("usual");
            advised(failure, encrypt).advice.unwrap_or_default()
        };
        assert!(advice(Class::Certificate, "unknown_issuer", Encrypt::Session).contains("TrustServerCertificate=true"));
        assert!(advice(Class::Certificate, "untrusted", Encrypt::Session).contains("2048 bits"));
        assert!(advice(Class::Reset, "ECONNRESET", Encrypt::Session).contains("TLS 1.2"));
        assert!(advice(Class::Reset, "ECONNRESET", Encrypt::Strict).contains("encrypt=true"));
        assert_eq!(advice(Class::Certificate, "expired", Encrypt::Session), "usual");
    }
}
