//! What a server says when it breaks TLS off.

use dbprobe_core::{Class, Failure};
use rustls::AlertDescription;

use crate::knowledge::known;

/// The alerts of RFC 8446 (section 6) and RFC 5246 (section 7.2) that end a connection, by their names there.
const NAMES: &[(AlertDescription, &str)] = &[
    (AlertDescription::AccessDenied, "access_denied"),
    (AlertDescription::BadCertificate, "bad_certificate"),
    (AlertDescription::BadRecordMac, "bad_record_mac"),
    (AlertDescription::CertificateExpired, "certificate_expired"),
    (AlertDescription::CertificateRequired, "certificate_required"),
    (AlertDescription::CertificateRevoked, "certificate_revoked"),
    (AlertDescription::CertificateUnknown, "certificate_unknown"),
    (AlertDescription::DecodeError, "decode_error"),
    (AlertDescription::DecryptError, "decrypt_error"),
    (AlertDescription::HandshakeFailure, "handshake_failure"),
    (AlertDescription::IllegalParameter, "illegal_parameter"),
    (AlertDescription::InappropriateFallback, "inappropriate_fallback"),
    (AlertDescription::InsufficientSecurity, "insufficient_security"),
    (AlertDescription::InternalError, "internal_error"),
    (AlertDescription::MissingExtension, "missing_extension"),
    (AlertDescription::NoApplicationProtocol, "no_application_protocol"),
    (AlertDescription::ProtocolVersion, "protocol_version"),
    (AlertDescription::RecordOverflow, "record_overflow"),
    (AlertDescription::UnexpectedMessage, "unexpected_message"),
    (AlertDescription::UnknownCA, "unknown_ca"),
    (AlertDescription::UnrecognisedName, "unrecognized_name"),
    (AlertDescription::UnsupportedCertificate, "unsupported_certificate"),
    (AlertDescription::UnsupportedExtension, "unsupported_extension"),
    (AlertDescription::UserCanceled, "user_canceled"),
];

/// The failure for an `alert` that the server sent.
pub(crate) fn alert_failure(alert: AlertDescription) -> Failure {
    if alert == AlertDescription::CloseNotify {
        return Failure::new(Class::Reset, "the server ended the TLS connection")
            .advise("the server's log has the reason");
    }
    let name = NAMES.iter().find(|(known, _)| *known == alert).map(|(_, name)| *name);
    let code = name.map_or_else(|| format!("alert_{}", u8::from(alert)), str::to_owned);
    let (class, advice) = known(&code).map_or((Class::Tls, ""), |row| (row.class, row.advice));
    let message = match class {
        Class::Auth => "the server refused the connection for want of an accepted client certificate".to_owned(),
        Class::Certificate => "the server did not accept the client certificate".to_owned(),
        _ if name.is_none() => format!("the server broke off TLS with alert {}", u8::from(alert)),
        _ => "the server broke off TLS".to_owned(),
    };
    Failure::new(class, message).code(code).advise(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_about_a_certificate_is_about_ours() {
        let table = [
            (AlertDescription::CertificateRequired, Class::Auth, "certificate_required"),
            (AlertDescription::UnknownCA, Class::Certificate, "unknown_ca"),
            (AlertDescription::ProtocolVersion, Class::Tls, "protocol_version"),
            (AlertDescription::HandshakeFailure, Class::Tls, "handshake_failure"),
            (AlertDescription::Unknown(200), Class::Tls, "alert_200"),
        ];
        for (alert, class, code) in table {
            let failure = alert_failure(alert);
            assert_eq!((failure.class, failure.code.as_deref()), (class, Some(code)));
        }
    }

    #[test]
    fn every_alert_stands_in_the_table() {
        for (_, name) in NAMES {
            assert!(known(name).is_some_and(|row| !row.advice.is_empty()), "{name}");
        }
    }

    #[test]
    fn a_goodbye_is_a_lost_connection() {
        assert_eq!(alert_failure(AlertDescription::CloseNotify).class, Class::Reset);
    }
}
