//! The certificate that a failed handshake was about.

use jiff::Timestamp;

use crate::certificate::Certificate;

/// What stands in a certificate that a server presented and that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// Its subject (RFC 4514).
    pub subject: String,
    /// Its issuer (RFC 4514).
    pub issuer: String,
    /// The DNS names and addresses that it is made for; its common name where it lists none.
    pub names: Vec<String>,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whole days from now to `not_after`, rounded down; negative when it has expired.
    pub days_left: i64,
    /// How many certificates the server sent, its own included.
    pub chain: usize,
    /// Whether its issuer is its subject.
    pub is_self_issued: bool,
}

impl Presented {
    pub(crate) fn new(certificate: &Certificate<'_>, chain: usize) -> Self {
        Self {
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            names: certificate.names(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            days_left: certificate.days_left(Timestamp::now()),
            chain,
            is_self_issued: certificate.is_self_issued(),
        }
    }
}
