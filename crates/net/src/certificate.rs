//! What stands in a certificate.

use std::net::IpAddr;

use jiff::Timestamp;
use x509_parser::asn1_rs::{FromDer, Sequence};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Version;

use crate::distinguished::{distinguished, text};

/// Seconds in a day.
const DAY: i128 = 86_400;

/// A certificate, read.
#[derive(Debug)]
pub(crate) struct Certificate<'a> {
    parsed: X509Certificate<'a>,
    der: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads `der`; nothing where it is not a certificate.
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let (_, parsed) = <X509Certificate<'_> as x509_parser::prelude::FromDer<_>>::from_der(der).ok()?;
        Some(Self { parsed, der })
    }

    pub(crate) fn subject(&self) -> String {
        distinguished(self.parsed.subject())
    }

    pub(crate) fn issuer(&self) -> String {
        distinguished(self.parsed.issuer())
    }

    pub(crate) fn not_before(&self) -> Timestamp {
        timestamp(self.parsed.validity().not_before)
    }

    pub(crate) fn not_after(&self) -> Timestamp {
        timestamp(self.parsed.validity().not_after)
    }

    /// Whole days from `now` to the end of its validity, rounded down: -1 as soon as it has expired.
    pub(crate) fn days_left(&self, now: Timestamp) -> i64 {
        let left = i128::from(self.not_after().as_second()) * 1_000_000_000 - now.as_nanosecond();
        i64::try_from(left.div_euclid(DAY * 1_000_000_000)).unwrap_or(i64::MAX)
    }

    /// Whether its issuer is its subject.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.parsed.subject().as_raw() == self.parsed.issuer().as_raw()
    }

    /// Whether it is of version 1, which `openssl x509 -req` makes when it is given no extensions.
    pub(crate) fn is_version_1(&self) -> bool {
        self.parsed.version() == X509Version::V1
    }

    /// Whether it may issue others, which only its extensions can say.
    pub(crate) fn is_authority(&self) -> bool {
        let may_sign = self.parsed.key_usage().ok().flatten().is_none_or(|usage| usage.value.key_cert_sign());
        self.parsed.is_ca() && may_sign
    }

    /// Whether it may issue others with `below` authorities between it and a server, and sets no condition that would
    /// have to be checked as well.
    pub(crate) fn may_issue_above(&self, below: u32) -> bool {
        let limit = self.parsed.basic_constraints().ok().flatten().and_then(|basic| basic.value.path_len_constraint);
        let understood = self.parsed.iter_extensions().all(|extension| match extension.parsed_extension() {
            ParsedExtension::NameConstraints(_) => false,
            ParsedExtension::BasicConstraints(_) | ParsedExtension::KeyUsage(_) => true,
            _ => !extension.critical,
        });
        self.is_authority() && limit.is_none_or(|limit| below <= limit) && understood
    }

    /// The last common name of its subject: where there are several, that is the most specific one.
    pub(crate) fn common_name(&self) -> Option<String> {
        self.parsed.subject().iter_common_name().last().and_then(text)
    }

    /// Whether it says for which DNS names it is made; a malformed list counts as one.
    pub(crate) fn has_dns_names(&self) -> bool {
        self.has_names(|name| matches!(name, GeneralName::DNSName(_) | GeneralName::Invalid(..)))
    }

    /// Whether it says for which addresses it is made; a malformed list counts as one.
    pub(crate) fn has_addresses(&self) -> bool {
        self.has_names(|name| matches!(name, GeneralName::IPAddress(_) | GeneralName::Invalid(..)))
    }

    /// The names and addresses for which it is made, for a message.
    pub(crate) fn names(&self) -> Vec<String> {
        let alternative = self.parsed.subject_alternative_name().ok().flatten();
        let names: Vec<String> = alternative
            .iter()
            .flat_map(|extension| &extension.value.general_names)
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(name.escape_debug().to_string()),
                GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
                _ => None,
            })
            .collect();
        if names.is_empty() { self.common_name().into_iter().collect() } else { names }
    }

    /// What its issuer signed.
    pub(crate) fn signed_part(&self) -> &[u8] {
        self.parsed.tbs_certificate.as_ref()
    }

    /// Its issuer's signature.
    pub(crate) fn signature(&self) -> &[u8] {
        &self.parsed.signature_value.data
    }

    /// How its issuer signed: the content of the AlgorithmIdentifier.
    pub(crate) fn signature_algorithm(&self) -> Option<Vec<u8>> {
        let content = content(self.der)?;
        content_owned(content.get(self.signed_part().len()..)?)
    }

    /// Its public key.
    pub(crate) fn key(&self) -> &[u8] {
        &self.parsed.public_key().subject_public_key.data
    }

    /// What kind of key that is: the content of the AlgorithmIdentifier.
    pub(crate) fn key_algorithm(&self) -> Option<Vec<u8>> {
        content_owned(content(self.parsed.public_key().raw)?)
    }

    /// Whether `self` names `issuer` as its issuer.
    pub(crate) fn names_as_issuer(&self, issuer: &Certificate<'_>) -> bool {
        self.parsed.issuer().as_raw() == issuer.parsed.subject().as_raw()
    }

    fn has_names(&self, is_wanted: impl Fn(&GeneralName<'_>) -> bool) -> bool {
        match self.parsed.subject_alternative_name() {
            Ok(None) => false,
            Ok(Some(extension)) => extension.value.general_names.iter().any(is_wanted),
            Err(_) => true,
        }
    }
}

/// Certificates may end in the year 9999, hours after the last instant that a [`Timestamp`] can hold.
fn timestamp(time: ASN1Time) -> Timestamp {
    let second = time.timestamp().clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// The content of the DER sequence with which `der` begins.
fn content(der: &[u8]) -> Option<&[u8]> {
    let (rest, sequence) = Sequence::from_der(der).ok()?;
    let length = sequence.content.len();
    let whole = &der[..der.len() - rest.len()];
    Some(&whole[whole.len() - length..])
}

fn content_owned(der: &[u8]) -> Option<Vec<u8>> {
    content(der).map(<[u8]>::to_vec)
}
