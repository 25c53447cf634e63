//! What the user wants of TLS, and the configuration made of it.

use std::path::PathBuf;
use std::sync::Arc;

use dbprobe_core::{Class, Failure, Phase};
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, InconsistentKeys, NamedGroup};

use super::files::{certificates, config, key};
use super::trust::Trust;
use super::verify::Judge;

/// How far the server's certificate is verified.
// Exhaustive on purpose: an engine translates its own words to these three, and must not miss one.
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
// Exhaustive on purpose, as `Verify` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Those of the operating system, or Mozilla's, which are built in, where it has none.
    System,
    /// Those in this PEM file.
    File(PathBuf),
}

/// The certificate with which this side shows who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The PEM file with the certificate, and with its chain where it has one.
    pub certificate: PathBuf,
    /// The PEM file with the private key, not encrypted.
    pub key: PathBuf,
}

/// What the user wants of TLS.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// How far the server's certificate is verified.
    pub verify: Verify,
    /// Which roots are trusted. They are not read where nothing is verified.
    pub roots: Roots,
    /// The certificate to show when the server asks for one.
    pub identity: Option<Identity>,
    /// The application protocols to offer, in the order of preference.
    pub alpn: Vec<Vec<u8>>,
    /// Whether the P-256 curve is offered first: another guess costs a round trip with a server that takes no other.
    pub p256_first: bool,
}

/// Reads the files that `options` name and makes a configuration for handshakes.
///
/// It holds the sessions that can be resumed, so it is made once and kept with the target. Reading the system's roots
/// takes milliseconds. Nothing of the process is used or set.
///
/// # Errors
/// Class `config` in phase `configure`, naming the file: it is missing, unreadable, holds no PEM, or the key does not fit
/// the certificate.
pub fn client_config(options: &TlsOptions) -> Result<Arc<ClientConfig>, Failure> {
    let provider = Arc::new(provider(options.p256_first));
    let judge = judge(options, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(internal)?
        .dangerous()
        .with_custom_certificate_verifier(judge);
    let mut config = match &options.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let chain = certificates(&identity.certificate, "the client's certificate")?;
            let key = key(&identity.key)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| unfit(identity, error))?
        }
    };
    config.alpn_protocols.clone_from(&options.alpn);
    Ok(Arc::new(config))
}

fn provider(p256_first: bool) -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    if p256_first {
        // The sort is stable: the others keep their order.
        provider.kx_groups.sort_by_key(|group| group.name() != NamedGroup::secp256r1);
    }
    provider
}

/// How certificates are judged with `options`.
pub(super) fn judge_of(options: &TlsOptions) -> Result<Arc<dyn ServerCertVerifier>, Failure> {
    judge(options, &provider(options.p256_first))
}

fn judge(options: &TlsOptions, provider: &CryptoProvider) -> Result<Arc<dyn ServerCertVerifier>, Failure> {
    let trust = match (&options.verify, &options.roots) {
        (Verify::None, _) => None,
        (_, Roots::System) => Some(Trust::system()),
        (_, Roots::File(path)) => Some(Trust::file(path)?),
    };
    let algorithms = provider.signature_verification_algorithms;
    Ok(Arc::new(Judge { algorithms, trust, by_name: options.verify == Verify::Full }))
}

fn unfit(identity: &Identity, error: rustls::Error) -> Failure {
    let (key, certificate) = (identity.key.display(), identity.certificate.display());
    let failure = match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            config(format!("the client's key {key} does not fit the certificate {certificate}"))
                .advise("name the key with which the certificate was requested")
        }
        rustls::Error::InvalidCertificate(_) => {
            config(format!("the client's certificate {certificate} cannot be read"))
                .advise("it must be of X.509 version 3: issue it anew")
        }
        _ => config(format!("the client's key {key} cannot be used")).advise("use an RSA, ECDSA or Ed25519 key in PEM"),
    };
    failure.caused_by(error)
}

fn internal(error: rustls::Error) -> Failure {
    Failure::new(Class::Internal, format!("TLS cannot be set up: {error}")).in_phase(Phase::Configure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(p256_first: bool) -> Vec<NamedGroup> {
        provider(p256_first).kx_groups.iter().map(|group| group.name()).collect()
    }

    #[test]
    fn p256_is_offered_first_only_where_it_is_asked_for() {
        assert_eq!(groups(true)[..2], [NamedGroup::secp256r1, NamedGroup::X25519]);
        assert_eq!(groups(false)[0], NamedGroup::X25519);
        assert_eq!(groups(true).len(), groups(false).len());
    }
}
