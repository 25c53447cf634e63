//! The handshake, and what it told.

use std::net::IpAddr;
use std::sync::Arc;

use dbprobe_core::{Class, Failure, Tls};
use hickory_resolver::proto::rr::Name;
use jiff::Timestamp;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::options::Verify;
use crate::certificate::Certificate;
use crate::classify::io_failure;

/// Negotiates TLS on `stream`; `name` is the server's host name or IP address.
///
/// A name is also told to the server (RFC 6066, section 3). One outside of ASCII goes in its encoded form.
///
/// # Errors
/// Class `certificate`: the server's certificate was not accepted, with one of the codes `bad_encoding`, `ca_as_server`,
/// `expired`, `name_mismatch`, `not_yet_valid`, `revoked`, `unknown_issuer`, `untrusted`; or the server did not accept
/// ours, with the name of its alert. Class `auth`: the server wants a certificate. Class `tls`: the two sides share no
/// version or cipher suite; the code is the alert's name (RFC 8446, section 6). Class `protocol`: the peer answered, but
/// not in TLS. Class `reset`: it closed the connection. With TLS 1.3 a server judges our certificate after the
/// handshake: then the first read fails, and [`io_failure`] tells the same.
pub async fn handshake<S>(config: Arc<ClientConfig>, name: &str, stream: S) -> Result<TlsStream<S>, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = server_name(name).ok_or_else(|| {
        Failure::new(Class::Config, "the host name cannot be told to a TLS server")
            .advise("check the host name of the DSN")
    })?;
    let connected = TlsConnector::from(config).connect(name, stream).await;
    connected.map_err(|error| io_failure(&error, "negotiating TLS"))
}

/// What the handshake on `stream` told. What cannot be read is left out.
pub fn describe<S>(stream: &TlsStream<S>, verify: Verify) -> Tls {
    let (_, connection) = stream.get_ref();
    let version = connection.protocol_version().map(|version| match version {
        rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2".to_owned(),
        rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
        version => format!("{version:?}"),
    });
    let cipher = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str().map(iana));
    let verified = match verify {
        Verify::None => "none",
        Verify::Ca => "ca",
        Verify::Full => "full",
    };
    let tls = Tls { version, cipher, verified: Some(verified.to_owned()), ..Tls::default() };
    match peer_certificate(stream).and_then(Certificate::read) {
        Some(certificate) => with_facts(tls, &certificate, Timestamp::now()),
        None => tls,
    }
}

/// The server's certificate (DER).
pub fn peer_certificate<S>(stream: &TlsStream<S>) -> Option<&[u8]> {
    let certificates = stream.get_ref().1.peer_certificates()?;
    certificates.first().map(|certificate| certificate.as_ref())
}

fn with_facts(tls: Tls, certificate: &Certificate<'_>, now: Timestamp) -> Tls {
    Tls {
        subject: Some(certificate.subject()),
        issuer: Some(certificate.issuer()),
        not_before: Some(certificate.not_before()),
        not_after: Some(certificate.not_after()),
        days_left: Some(certificate.days_left(now)),
        ..tls
    }
}

/// rustls marks the suites of TLS 1.3 with the version; their registered names have `TLS` alone.
fn iana(suite: &str) -> String {
    suite.strip_prefix("TLS13_").map_or_else(|| suite.to_owned(), |rest| format!("TLS_{rest}"))
}

/// The name as TLS knows it; nothing where no server can have it.
pub(super) fn server_name(name: &str) -> Option<ServerName<'static>> {
    let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    // A certificate knows no scope.
    if let Ok(address) = bare.split('%').next().unwrap_or(bare).parse::<IpAddr>() {
        return Some(address.into());
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let encoded = if name.is_ascii() { name.to_owned() } else { Name::from_utf8(name).ok()?.to_ascii() };
    ServerName::try_from(encoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_without_brackets_scope_and_trailing_dot() {
        for (name, shown) in [
            ("db.example.com.", "db.example.com"),
            ("my_db", "my_db"),
            ("[::1]", "::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("10.0.0.1", "10.0.0.1"),
            ("bücher.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(server_name(name).map(|name| name.to_str().into_owned()).as_deref(), Some(shown));
        }
        assert_eq!(server_name("a b"), None);
        assert_eq!(server_name(""), None);
    }

    #[test]
    fn cipher_suites_have_their_registered_names() {
        assert_eq!(iana("TLS13_AES_256_GCM_SHA384"), "TLS_AES_256_GCM_SHA384");
        assert_eq!(iana("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    }
}
