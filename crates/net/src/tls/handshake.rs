//! The handshake, and what it told.

use std::sync::Arc;

use dbprobe_core::{Class, Failure, Tls};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::options::Verify;
use crate::classify::io_failure;

/// Negotiates TLS on `stream`; `name` is the server's host name or IP address.
///
/// # Errors
/// Classes `certificate`, `tls`, `protocol`, `reset`.
pub async fn handshake<S>(config: Arc<ClientConfig>, name: &str, stream: S) -> Result<TlsStream<S>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = ServerName::try_from(name.to_owned()).map_err(|error| Failure::new(Class::Tls, error.to_string()))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| io_failure(&error, "negotiating TLS"))
}

/// What the handshake on `stream` told.
pub fn describe<S>(stream: &TlsStream<S>, verify: Verify) -> Tls {
    let _ = (stream, verify);
    Tls::default()
}

/// The server's certificate (DER).
pub fn peer_certificate<S>(stream: &TlsStream<S>) -> Option<&[u8]> {
    let certificates = stream.get_ref().1.peer_certificates()?;
    certificates.first().map(|certificate| certificate.as_ref())
}
