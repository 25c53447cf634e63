//! A handshake whose certificate is judged only when it is over.

use std::sync::Arc;

use dbprobe_core::Failure;
use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::client::TlsStream;

use super::handshake::{handshake, server_name};
use super::options::{TlsOptions, Verify, client_config, judge_of};
use crate::classify::tls_failure;

/// TLS for servers that hold a handshake that is broken off against their clients, as MySQL does (`max_connect_errors`).
///
/// The handshake is finished whatever the certificate is; only then the certificate is judged as the options say. Nothing
/// secret may be sent before [`LateTls::handshake`] has told the judgement, and after a bad one only a goodbye.
#[derive(Clone, Debug)]
pub struct LateTls {
    config: Arc<ClientConfig>,
    judge: Arc<dyn ServerCertVerifier>,
}

impl LateTls {
    /// Reads the files that `options` name; see [`client_config`].
    ///
    /// # Errors
    /// Those of [`client_config`].
    pub fn new(options: &TlsOptions) -> Result<Self, Failure> {
        let config = client_config(&TlsOptions { verify: Verify::None, ..options.clone() })?;
        Ok(Self { config, judge: judge_of(options)? })
    }

    /// Negotiates TLS on `stream` with the server `name`, then judges its certificate: the stream, and the judgement.
    ///
    /// # Errors
    /// Those of [`handshake`], but for class `certificate` about the server's own, which is the judgement.
    pub async fn handshake<S>(&self, name: &str, stream: S) -> Result<(TlsStream<S>, Result<(), Failure>), Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = handshake(self.config.clone(), name, stream).await?;
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let judgement = self.judge(chain, name);
        Ok((stream, judgement))
    }

    fn judge(&self, chain: &[CertificateDer<'_>], name: &str) -> Result<(), Failure> {
        let failure = |error: &rustls::Error| tls_failure(error).caused_by(error.clone());
        let (Some((leaf, rest)), Some(name)) = (chain.split_first(), server_name(name)) else {
            return Err(failure(&rustls::Error::NoCertificatesPresented));
        };
        let judged = self.judge.verify_server_cert(leaf, rest, &name, &[], UnixTime::now());
        judged.map(drop).map_err(|error| failure(&error))
    }
}
