//! Why a certificate was not accepted.

use std::error::Error as StdError;
use std::fmt;

use dbprobe_core::{Class, Failure};
use jiff::Timestamp;
use rustls::{CertificateError, Error as TlsError};

use crate::certificate::Certificate;
use crate::knowledge::known;
use crate::presented::Presented;

/// Why a certificate was not accepted. The words are stable: they are the code of a failure of class `certificate`.
///
/// | code | meaning |
/// |---|---|
/// | `bad_encoding` | it cannot be read |
/// | `ca_as_server` | it is that of an authority (CA:TRUE), and is not itself among the roots |
/// | `expired` | it, or one in its chain, is no longer valid |
/// | `name_mismatch` | it is made for another name |
/// | `not_yet_valid` | it, or one in its chain, is not valid yet |
/// | `revoked` | its issuer has withdrawn it |
/// | `unknown_issuer` | no trusted root stands at the end of its chain |
/// | `untrusted` | any other reason, which the message names |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    BadEncoding,
    CaAsServer,
    Expired,
    NameMismatch,
    NotYetValid,
    Revoked,
    UnknownIssuer,
    Untrusted,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BadEncoding => "bad_encoding",
            Self::CaAsServer => "ca_as_server",
            Self::Expired => "expired",
            Self::NameMismatch => "name_mismatch",
            Self::NotYetValid => "not_yet_valid",
            Self::Revoked => "revoked",
            Self::UnknownIssuer => "unknown_issuer",
            Self::Untrusted => "untrusted",
        }
    }

    fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::BadEncoding => Self::BadEncoding,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::NameMismatch,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::Revoked => Self::Revoked,
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            // The reason has no variant of its own: rustls passes on what webpki says, by its name.
            CertificateError::Other(other) if other.0.to_string() == "CaUsedAsEndEntity" => Self::CaAsServer,
            _ => Self::Untrusted,
        }
    }
}

/// A refusal of ours, with what the certificate says: after a failed handshake nobody can look at it any more.
#[derive(Debug)]
pub(crate) struct Rejection {
    reason: Reason,
    message: String,
    advice: &'static str,
    presented: Option<Presented>,
}

impl Rejection {
    /// Puts `error` into words with what stands in the certificate `der` that was presented for `host`
    /// as the first of `chain`.
    pub(crate) fn new(error: &CertificateError, der: &[u8], chain: usize, host: &str) -> Self {
        let reason = Reason::of(error);
        match Certificate::read(der) {
            Some(certificate) => Self {
                presented: Some(Presented::new(&certificate, chain)),
                ..Self::of_certificate(reason, error, &certificate, host)
            },
            None => Self::without_certificate(reason, error),
        }
    }

    /// Puts `error` into words where nothing is known of the certificate.
    pub(crate) fn without_certificate(reason: Reason, error: &CertificateError) -> Self {
        let message = format!("the server's certificate was not accepted: {error}");
        Self { reason, message, advice: "look at it with `openssl s_client -showcerts`", presented: None }
    }

    fn of_certificate(reason: Reason, error: &CertificateError, certificate: &Certificate<'_>, host: &str) -> Self {
        let fact = match reason {
            Reason::BadEncoding => format!("is malformed: {error}"),
            Reason::CaAsServer => "is that of an authority (CA:TRUE), not of a server".to_owned(),
            Reason::Expired => expired(error, certificate),
            Reason::NameMismatch => format!("is made for {}, not for {host:?}", listed(&certificate.names())),
            Reason::NotYetValid => not_yet_valid(error, certificate),
            Reason::Revoked => "was revoked by its issuer".to_owned(),
            Reason::UnknownIssuer if certificate.is_self_issued() => {
                "is self-signed and not among the trusted roots".to_owned()
            }
            Reason::UnknownIssuer => format!("comes from {}, which is not trusted", shown(&certificate.issuer())),
            Reason::Untrusted => format!("was not accepted: {error}"),
        };
        let subject = shown(&certificate.subject());
        let until = certificate.not_after();
        let validity = if reason == Reason::Expired { String::new() } else { format!(", valid until {until}") };
        let message = format!("the server's certificate ({subject}{validity}) {fact}");
        Self { reason, message, advice: advice(reason, certificate), presented: None }
    }

    /// What stands in the certificate, where it can be read.
    pub(crate) fn presented(&self) -> Option<&Presented> {
        self.presented.as_ref()
    }

    /// The failure that users see.
    pub(crate) fn failure(&self) -> Failure {
        Failure::new(Class::Certificate, &self.message).code(self.reason.as_str()).advise(self.advice)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Rejection {}

/// The certificate that `failure` is about: the server's own, where this side did not accept it.
///
/// A handshake that has failed leaves nothing to look at; the failure carries it along as its source.
pub fn presented(failure: &Failure) -> Option<&Presented> {
    let mut source = StdError::source(failure);
    while let Some(error) = source {
        if let Some(TlsError::InvalidCertificate(CertificateError::Other(other))) = error.downcast_ref::<TlsError>() {
            return other.0.downcast_ref::<Rejection>().and_then(Rejection::presented);
        }
        source = error.source();
    }
    None
}

/// It may be one further up that has expired: then that is said.
fn expired(error: &CertificateError, certificate: &Certificate<'_>) -> String {
    let own = certificate.not_after().as_second();
    match error {
        CertificateError::ExpiredContext { not_after, .. } if i64::try_from(not_after.as_secs()) != Ok(own) => {
            format!("has an issuer whose certificate expired at {}", instant(not_after.as_secs()))
        }
        _ => format!("expired at {}", certificate.not_after()),
    }
}

fn not_yet_valid(error: &CertificateError, certificate: &Certificate<'_>) -> String {
    let own = certificate.not_before().as_second();
    match error {
        CertificateError::NotValidYetContext { not_before, .. } if i64::try_from(not_before.as_secs()) != Ok(own) => {
            format!("has an issuer whose certificate is only valid from {}", instant(not_before.as_secs()))
        }
        _ => format!("is only valid from {}", certificate.not_before()),
    }
}

/// What to do next: the certificate may tell more than the table knows.
fn advice(reason: Reason, certificate: &Certificate<'_>) -> &'static str {
    match reason {
        Reason::UnknownIssuer if certificate.is_self_issued() => "put it into the root file if you trust it",
        Reason::Untrusted if certificate.is_version_1() => {
            "it is of X.509 version 1: issue it anew as version 3, with a subjectAltName"
        }
        _ => known(reason.as_str()).map_or("", |row| row.advice),
    }
}

/// How many names a message lists: certificates can hold thousands.
const LISTED: usize = 8;

fn listed(names: &[String]) -> String {
    let mut list = names.iter().take(LISTED).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(LISTED) {
        Some(more @ 1..) => list.push_str(&format!(" and {more} more")),
        _ if names.is_empty() => list.push_str("no name at all"),
        _ => {}
    }
    list
}

/// How many characters of a name a message shows: the peer chose them.
const SHOWN: usize = 200;

fn shown(name: &str) -> String {
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn instant(seconds: u64) -> String {
    let timestamp = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    timestamp.unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_counted_and_long_ones_are_cut() {
        let names: Vec<String> = (0..10).map(|at| format!("n{at}")).collect();
        assert_eq!(listed(&names), "n0, n1, n2, n3, n4, n5, n6, n7 and 2 more");
        assert_eq!(listed(&names[..8]), "n0, n1, n2, n3, n4, n5, n6, n7");
        assert_eq!(listed(&[]), "no name at all");
        assert_eq!(shown(&"ä".repeat(300)).chars().count(), SHOWN + 1);
    }

    #[test]
    fn every_refusal_of_rustls_has_its_reason() {
        use CertificateError as E;
        let other =
            |text: &str| E::Other(rustls::OtherError(std::sync::Arc::new(std::io::Error::other(text.to_owned()))));
        let table = [
            (E::BadEncoding, "bad_encoding"),
            (E::Expired, "expired"),
            (E::NotValidYet, "not_yet_valid"),
            (E::Revoked, "revoked"),
            (E::UnknownIssuer, "unknown_issuer"),
            (E::NotValidForName, "name_mismatch"),
            (E::BadSignature, "untrusted"),
            (E::InvalidPurpose, "untrusted"),
            (other("CaUsedAsEndEntity"), "ca_as_server"),
            (other("PathLenConstraintViolated"), "untrusted"),
        ];
        for (error, reason) in table {
            assert_eq!(Reason::of(&error).as_str(), reason, "{error:?}");
            assert!(known(reason).is_some_and(|row| row.class == Class::Certificate), "{reason}");
        }
    }
}
