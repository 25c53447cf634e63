//! How a server's certificate is judged.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::signature::{issued, shook};
use super::trust::Trust;
use crate::certificate::Certificate;
use crate::rejection::Rejection;

/// Judges certificates as webpki does, and where webpki is stricter than OpenSSL, and so than the clients that people
/// compare with, as OpenSSL does:
///
/// - A certificate that is itself among the roots is trusted, whatever it says of itself. `openssl req -x509` marks
///   server certificates as those of an authority (CA:TRUE), which webpki refuses.
/// - A certificate of version 1 is accepted where a chain of authorities leads to a root. The recipe in PostgreSQL's documentation, "Creating
///   Certificates", makes such ones, and webpki does not read them.
/// - A certificate that lists no name of the kind asked for is held against its common name, as libpq does it
///   (documentation of libpq, "Client Verification of Server Certificates").
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    /// Nothing where any certificate will do.
    pub(super) trust: Option<Trust>,
    pub(super) by_name: bool,
}

impl Judge {
    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let Some(trust) = &self.trust else { return Ok(()) };
        self.check_chain(trust, leaf, chain, now)?;
        if self.by_name { check_name(leaf, name) } else { Ok(()) }
    }

    fn check_chain(
        &self,
        trust: &Trust,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let read = Certificate::read(leaf);
        if let Some(certificate) = &read {
            if trust.holds(leaf) {
                return check_dates(certificate, now);
            }
            if certificate.is_version_1() {
                return self.check_version_1(trust, certificate, chain, now);
            }
        }
        let leaf = ParsedCertificate::try_from(leaf)?;
        verify_server_cert_signed_by_trust_anchor(&leaf, &trust.anchors, chain, now, self.algorithms.all)
    }

    /// webpki does not read the leaf, so the chain above it is built here: from what the server sent, up to a root.
    fn check_version_1(
        &self,
        trust: &Trust,
        certificate: &Certificate<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let roots: Vec<_> = trust.certificates.iter().filter_map(|root| Certificate::read(root)).collect();
        let sent: Vec<_> = chain.iter().take(SENT).filter_map(|sent| Certificate::read(sent)).collect();
        let usable: Vec<_> = sent.into_iter().filter(|sent| check_dates(sent, now).is_ok()).collect();
        if !self.leads_to_root(certificate, &usable, &roots, 0) {
            return Err(CertificateError::UnknownIssuer.into());
        }
        check_dates(certificate, now)
    }

    /// Whether a root signed `certificate`, or an authority among `sent` that a root stands behind. `below` authorities
    /// stand between `certificate` and the leaf.
    fn leads_to_root(
        &self,
        certificate: &Certificate<'_>,
        sent: &[Certificate<'_>],
        roots: &[Certificate<'_>],
        below: u32,
    ) -> bool {
        let signed_by = |issuer: &Certificate<'_>| {
            certificate.names_as_issuer(issuer) && issued(issuer, certificate, &self.algorithms)
        };
        let is_root = |root: &Certificate<'_>| (root.is_authority() || root.is_version_1()) && signed_by(root);
        let leads = |between: &Certificate<'_>| {
            between.may_issue_above(below) && signed_by(between) && self.leads_to_root(between, sent, roots, below + 1)
        };
        roots.iter().any(is_root) || (below < DEPTH && sent.iter().any(leads))
    }
}

/// How many certificates that a server sent are looked at, and how many of them may stand in one chain. A hostile server
/// could otherwise make this side check signatures for a long time.
const SENT: usize = 6;
const DEPTH: u32 = 3;

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.judge(leaf, chain, name, now) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            // Nobody can look at the certificate after the handshake has failed: what it says goes along.
            Err(Error::InvalidCertificate(error)) => {
                let rejection = Rejection::new(&error, leaf, chain.len() + 1, &name.to_str());
                Err(CertificateError::Other(OtherError(Arc::new(rejection))).into())
            }
            Err(error) => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match version_1(leaf) {
            Some(leaf) => valid(shook(&leaf, message, signed, &self.algorithms, true)),
            None => verify_tls12_signature(message, leaf, signed, &self.algorithms),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match version_1(leaf) {
            Some(leaf) => valid(is_of_tls13(signed.scheme) && shook(&leaf, message, signed, &self.algorithms, false)),
            None => verify_tls13_signature(message, leaf, signed, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn version_1<'a>(leaf: &'a CertificateDer<'_>) -> Option<Certificate<'a>> {
    Certificate::read(leaf).filter(Certificate::is_version_1)
}

fn valid(is_valid: bool) -> Result<HandshakeSignatureValid, Error> {
    if is_valid { Ok(HandshakeSignatureValid::assertion()) } else { Err(CertificateError::BadSignature.into()) }
}

/// TLS 1.3 has done away with PKCS #1 v1.5 in handshakes (RFC 8446, section 4.2.3).
fn is_of_tls13(scheme: SignatureScheme) -> bool {
    !matches!(
        scheme,
        SignatureScheme::RSA_PKCS1_SHA256 | SignatureScheme::RSA_PKCS1_SHA384 | SignatureScheme::RSA_PKCS1_SHA512
    )
}

fn check_dates(certificate: &Certificate<'_>, time: UnixTime) -> Result<(), Error> {
    let now = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let unix = |at: Timestamp| {
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(at.as_second().try_into().unwrap_or(0)))
    };
    if now < certificate.not_before().as_second() {
        return Err(CertificateError::NotValidYetContext { time, not_before: unix(certificate.not_before()) }.into());
    }
    if now > certificate.not_after().as_second() {
        return Err(CertificateError::ExpiredContext { time, not_after: unix(certificate.not_after()) }.into());
    }
    Ok(())
}

fn check_name(leaf: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let Some(certificate) = Certificate::read(leaf) else {
        return verify_server_name(&ParsedCertificate::try_from(leaf)?, name);
    };
    let is_listed = match name {
        ServerName::IpAddress(_) => certificate.has_addresses(),
        _ => certificate.has_dns_names(),
    };
    if is_listed {
        return verify_server_name(&ParsedCertificate::try_from(leaf)?, name);
    }
    let pattern = certificate.common_name().unwrap_or_default();
    if matches(&pattern, &name.to_str(), matches!(name, ServerName::DnsName(_))) {
        return Ok(());
    }
    Err(CertificateError::NotValidForName.into())
}

/// Whether the common name `pattern` stands for `name`: equal, or with a `*` for its first label.
fn matches(pattern: &str, name: &str, with_wildcard: bool) -> bool {
    if pattern.eq_ignore_ascii_case(name) {
        return true;
    }
    let (Some(pattern), Some((label, rest))) = (pattern.strip_prefix("*."), name.split_once('.')) else { return false };
    with_wildcard && !label.is_empty() && pattern.contains('.') && pattern.eq_ignore_ascii_case(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_name_matches_as_libpq_has_it() {
        for (pattern, name, with_wildcard, is_match) in [
            ("db.example.com", "DB.example.com", true, true),
            ("*.example.com", "db.example.com", true, true),
            ("*.example.com", "a.db.example.com", true, false),
            ("*.example.com", "example.com", true, false),
            ("*.example.com", ".example.com", true, false),
            ("d*.example.com", "db.example.com", true, false),
            ("*.com", "example.com", true, false),
            ("*", "db", true, false),
            ("", "db", true, false),
            ("127.0.0.1", "127.0.0.1", false, true),
            ("*.0.0.1", "127.0.0.1", false, false),
        ] {
            assert_eq!(matches(pattern, name, with_wildcard), is_match, "{pattern} {name}");
        }
    }
}
