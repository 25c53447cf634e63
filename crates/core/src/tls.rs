//! What a TLS handshake told.

use jiff::Timestamp;

/// What a TLS handshake told about the connection and the server's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tls {
    /// `TLSv1.2` or `TLSv1.3`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub version: Option<String>,
    /// The cipher suite by its IANA name.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub cipher: Option<String>,
    /// How far the certificate was verified: `none`, `ca` (its chain) or `full` (its chain and name).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub verified: Option<String>,
    /// The subject of the server's certificate (RFC 4514).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub subject: Option<String>,
    /// The issuer of the server's certificate (RFC 4514).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub issuer: Option<String>,
    /// From when the server's certificate is valid.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub not_before: Option<Timestamp>,
    /// Until when the server's certificate is valid.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub not_after: Option<Timestamp>,
    /// Whole days from the check to `not_after`, rounded down; negative when it has expired.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub days_left: Option<i64>,
}

impl Tls {
    /// The same handshake, with the days that are left at `now`.
    pub(crate) fn at(self, now: Timestamp) -> Self {
        let days = |end: Timestamp| (end.as_second() - now.as_second()).div_euclid(86_400);
        Self { days_left: self.not_after.map(days).or(self.days_left), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_left_from_now_on_and_rounded_down() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let tls = Tls { not_after: Some(at(172_800)), days_left: Some(9), ..Tls::default() };
        let left = [0, 1, 172_800, 172_801].map(|second| tls.clone().at(at(second)).days_left);
        assert_eq!(left, [2, 1, 0, -1].map(Some));
        assert_eq!(Tls { days_left: Some(9), ..Tls::default() }.at(at(0)).days_left, Some(9));
    }
}
