//! What a server says when it breaks TLS off.

use dbprobe_core::{Class, Failure};
use rustls::AlertDescription;

/// An alert, its name in the standards, its class, and what to do next.
type Row = (AlertDescription, &'static str, Class, &'static str);

const OURS: &str = "check the client certificate and its key; the server's log has the reason";
const DEFECT: &str = "the server's log has the reason; the two sides may disagree about TLS itself";

/// The alerts of RFC 8446 (section 6) and RFC 5246 (section 7.2) that end a connection.
///
/// Those about certificates are about ours: the server's own is judged on this side.
const TABLE: &[Row] = &[
    (AlertDescription::AccessDenied, "access_denied", Class::Auth, OURS),
    (AlertDescription::BadCertificate, "bad_certificate", Class::Certificate, OURS),
    (AlertDescription::BadRecordMac, "bad_record_mac", Class::Tls, DEFECT),
    (AlertDescription::CertificateExpired, "certificate_expired", Class::Certificate, "renew the client certificate"),
    (
        AlertDescription::CertificateRequired,
        "certificate_required",
        Class::Auth,
        "the server wants a client certificate: name one, with its key",
    ),
    (AlertDescription::CertificateRevoked, "certificate_revoked", Class::Certificate, "renew the client certificate"),
    (AlertDescription::CertificateUnknown, "certificate_unknown", Class::Certificate, OURS),
    (AlertDescription::DecodeError, "decode_error", Class::Tls, DEFECT),
    (AlertDescription::DecryptError, "decrypt_error", Class::Tls, DEFECT),
    (
        AlertDescription::HandshakeFailure,
        "handshake_failure",
        Class::Tls,
        "the two sides share no cipher suite, or the server wants a client certificate; its log has the reason",
    ),
    (AlertDescription::IllegalParameter, "illegal_parameter", Class::Tls, DEFECT),
    (AlertDescription::InappropriateFallback, "inappropriate_fallback", Class::Tls, DEFECT),
    (
        AlertDescription::InsufficientSecurity,
        "insufficient_security",
        Class::Tls,
        "the server accepts only stronger cipher suites than those offered",
    ),
    (AlertDescription::InternalError, "internal_error", Class::Tls, "the server's log has the reason"),
    (AlertDescription::MissingExtension, "missing_extension", Class::Tls, DEFECT),
    (
        AlertDescription::NoApplicationProtocol,
        "no_application_protocol",
        Class::Tls,
        "the server speaks TLS, but not the protocol that was asked for: check the port",
    ),
    (
        AlertDescription::ProtocolVersion,
        "protocol_version",
        Class::Tls,
        "the server speaks neither TLS 1.2 nor TLS 1.3: raise its highest version",
    ),
    (AlertDescription::RecordOverflow, "record_overflow", Class::Tls, DEFECT),
    (AlertDescription::UnexpectedMessage, "unexpected_message", Class::Tls, DEFECT),
    (
        AlertDescription::UnknownCA,
        "unknown_ca",
        Class::Certificate,
        "the server does not trust the issuer of the client certificate: add that authority to the server's",
    ),
    (
        AlertDescription::UnrecognisedName,
        "unrecognized_name",
        Class::Tls,
        "the server, or a proxy before it, does not know this host name: check it",
    ),
    (AlertDescription::UnsupportedCertificate, "unsupported_certificate", Class::Certificate, OURS),
    (AlertDescription::UnsupportedExtension, "unsupported_extension", Class::Tls, DEFECT),
    (AlertDescription::UserCanceled, "user_canceled", Class::Tls, "the server's log has the reason"),
];

/// The failure for an `alert` that the server sent.
pub(crate) fn alert_failure(alert: AlertDescription) -> Failure {
    if alert == AlertDescription::CloseNotify {
        return Failure::new(Class::Reset, "the server ended the TLS connection")
            .advise("the server's log has the reason");
    }
    let Some((_, name, class, advice)) = TABLE.iter().find(|(known, ..)| *known == alert) else {
        let number = u8::from(alert);
        let message = format!("the server broke off TLS with alert {number}");
        return Failure::new(Class::Tls, message).code(format!("alert_{number}")).advise(DEFECT);
    };
    let message = match class {
        Class::Auth => "the server refused the connection for want of an accepted client certificate",
        Class::Certificate => "the server did not accept the client certificate",
        _ => "the server broke off TLS",
    };
    Failure::new(*class, message).code(*name).advise(*advice)
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
    fn a_goodbye_is_a_lost_connection() {
        assert_eq!(alert_failure(AlertDescription::CloseNotify).class, Class::Reset);
    }
}
