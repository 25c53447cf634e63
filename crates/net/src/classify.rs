//! What went wrong on a socket, or in TLS, as a failure.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use dbprobe_core::{Class, Failure};
use rustls::{CertificateError, Error as TlsError, InvalidMessage};

use crate::alert::alert_failure;
use crate::knowledge::known;
use crate::rejection::{Reason, Rejection};

const CUT: &str = "see the server's log for the reason; a crash, a restart, a proxy or a firewall looks like this";

/// The kinds of error of a socket that have an errno, with its name and the fact (`connect(2)`, `tcp(7)`, `unix(7)`).
const NAMED: &[(ErrorKind, &str, &str)] = &[
    (ErrorKind::ConnectionRefused, "ECONNREFUSED", "nobody listens there"),
    (ErrorKind::ConnectionReset, "ECONNRESET", "the connection was reset by the peer"),
    (ErrorKind::ConnectionAborted, "ECONNABORTED", "the connection was aborted"),
    (ErrorKind::BrokenPipe, "EPIPE", "the peer had closed the connection"),
    (ErrorKind::NotConnected, "ENOTCONN", "the connection was gone"),
    (ErrorKind::HostUnreachable, "EHOSTUNREACH", "the host cannot be reached"),
    (ErrorKind::NetworkUnreachable, "ENETUNREACH", "no route leads to the network"),
    (ErrorKind::NetworkDown, "ENETDOWN", "the network is down"),
    (ErrorKind::AddrNotAvailable, "EADDRNOTAVAIL", "this machine has no address from which to reach it"),
    (ErrorKind::PermissionDenied, "EACCES", "this process is not allowed to connect"),
];

/// Those that have none: their class, the fact, and what to do next.
///
/// A time-out has no errno: a code would say that the server itself sent it and goes on.
const NAMELESS: &[(ErrorKind, Class, &str, &str)] = &[
    (ErrorKind::UnexpectedEof, Class::Reset, "the peer closed the connection", CUT),
    (
        ErrorKind::TimedOut,
        Class::Timeout,
        "no answer in time",
        "check the address, the routes and the firewalls between here and there",
    ),
    (
        ErrorKind::InvalidData,
        Class::Protocol,
        "the peer sent what its protocol does not allow",
        "check that the port belongs to the kind of server that the DSN names",
    ),
];

/// The other number that means "not allowed", on all Unixes.
const EPERM: i32 = 1;

/// Turns what a socket answered while `doing` something ("asking for TLS") into a failure.
///
/// Looks for an error of TLS inside first. The code is the name of the errno, where there is one.
pub fn io_failure(error: &io::Error, doing: &str) -> Failure {
    if let Some(tls) = inside(error) {
        return tls_failure(tls).caused_by(tls.clone());
    }
    if let Some((code, fact)) = local_limit(error) {
        return by_code(code, fact, doing).caused_by(copy(error));
    }
    let kind = error.kind();
    let failure = if let Some((_, code, fact)) = NAMED.iter().find(|(named, ..)| *named == kind) {
        let code =
            if kind == ErrorKind::PermissionDenied && error.raw_os_error() == Some(EPERM) { "EPERM" } else { code };
        by_code(code, fact, doing)
    } else if let Some((_, class, fact, advice)) = NAMELESS.iter().find(|(nameless, ..)| *nameless == kind) {
        Failure::new(*class, format!("{fact} while {doing}")).advise(*advice)
    } else {
        Failure::new(Class::Reset, format!("the connection failed while {doing}: {error}")).advise(CUT)
    };
    failure.caused_by(copy(error))
}

/// A failure with the name of an errno, which stands in the table.
fn by_code(code: &str, fact: &str, doing: &str) -> Failure {
    let (class, advice) = known(code).map_or((Class::Reset, CUT), |row| (row.class, row.advice));
    Failure::new(class, format!("{fact} while {doing}")).code(code).advise(advice)
}

/// Turns an error of TLS into a failure.
pub(crate) fn tls_failure(error: &TlsError) -> Failure {
    match error {
        TlsError::AlertReceived(alert) => alert_failure(*alert),
        TlsError::InvalidCertificate(CertificateError::Other(other)) => match other.0.downcast_ref::<Rejection>() {
            Some(rejection) => rejection.failure(),
            None => unread(error),
        },
        TlsError::InvalidCertificate(_) => unread(error),
        // A server that answers in plain text, in words that happen to be no TLS record.
        TlsError::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::InvalidEmptyPayload,
        )
        | TlsError::PeerSentOversizedRecord => {
            Failure::new(Class::Protocol, format!("the peer did not answer in TLS: {error}"))
                .advise("check that the port belongs to the kind of server that the DSN names, and that it speaks TLS")
        }
        TlsError::PeerIncompatible(reason) => {
            Failure::new(Class::Tls, format!("the two sides share no way of TLS: {reason:?}"))
                .advise("let the server offer TLS 1.2 or 1.3 with a forward secret AEAD cipher suite")
        }
        TlsError::NoCertificatesPresented => {
            Failure::new(Class::Tls, "the server presented no certificate").advise("give the server a certificate")
        }
        _ => Failure::new(Class::Tls, format!("TLS failed: {error}"))
            .advise("the server's log has the reason; a proxy in between may have changed what was sent"),
    }
}

/// A certificate error that does not come from our own judgement: the handshake's signature.
fn unread(error: &TlsError) -> Failure {
    match error {
        TlsError::InvalidCertificate(error) => Rejection::without_certificate(Reason::Untrusted, error).failure(),
        _ => Failure::new(Class::Certificate, error.to_string()),
    }
}

/// The error of TLS inside `error`, at any depth.
fn inside(error: &io::Error) -> Option<&TlsError> {
    let mut inner = error.get_ref().map(|inner| inner as &(dyn StdError + 'static));
    while let Some(error) = inner {
        if let Some(tls) = error.downcast_ref::<TlsError>() {
            return Some(tls);
        }
        inner = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(deeper) => Some(deeper),
            None => error.source(),
        };
    }
    None
}

/// Limits of this process or machine, which say nothing of the server (`errno(3)`; the numbers are those of all Unixes):
/// the name and the fact.
#[cfg(unix)]
fn local_limit(error: &io::Error) -> Option<(&'static str, &'static str)> {
    match error.raw_os_error()? {
        23 => Some(("ENFILE", "this machine has no file descriptor left")),
        24 => Some(("EMFILE", "this process has no file descriptor left")),
        _ => None,
    }
}

#[cfg(not(unix))]
fn local_limit(_: &io::Error) -> Option<(&'static str, &'static str)> {
    None
}

/// An [`io::Error`] cannot be cloned: its number, or else its kind and text, are what is kept.
fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linux's numbers, which is where the tests run.
    #[cfg(target_os = "linux")]
    #[test]
    fn every_errno_of_a_socket_has_its_class_and_name() {
        let table = [
            (1, Class::Permission, Some("EPERM")),
            (13, Class::Permission, Some("EACCES")),
            (24, Class::Internal, Some("EMFILE")),
            (32, Class::Reset, Some("EPIPE")),
            (99, Class::Unreachable, Some("EADDRNOTAVAIL")),
            (100, Class::Unreachable, Some("ENETDOWN")),
            (101, Class::Unreachable, Some("ENETUNREACH")),
            (103, Class::Reset, Some("ECONNABORTED")),
            (104, Class::Reset, Some("ECONNRESET")),
            (107, Class::Reset, Some("ENOTCONN")),
            (110, Class::Timeout, None),
            (111, Class::Refused, Some("ECONNREFUSED")),
            (113, Class::Unreachable, Some("EHOSTUNREACH")),
            (5, Class::Reset, None),
        ];
        for (errno, class, code) in table {
            let failure = io_failure(&io::Error::from_raw_os_error(errno), "connecting");
            assert_eq!((failure.class, failure.code.as_deref()), (class, code), "{errno}");
            assert!(failure.message.contains("while connecting"), "{failure}");
        }
    }

    #[test]
    fn every_errno_stands_in_the_table() {
        for (_, code, _) in NAMED {
            assert!(known(code).is_some(), "{code}");
        }
    }

    #[test]
    fn a_time_out_of_the_kernel_loses_the_session() {
        assert!(io_failure(&io::Error::from(ErrorKind::TimedOut), "asking").loses_session());
    }

    #[test]
    fn an_error_of_tls_is_found_at_any_depth() {
        let tls = TlsError::AlertReceived(rustls::AlertDescription::CertificateRequired);
        let error = io::Error::other(io::Error::new(ErrorKind::InvalidData, tls));
        let failure = io_failure(&error, "logging in");
        assert_eq!((failure.class, failure.code.as_deref()), (Class::Auth, Some("certificate_required")));
    }

    #[test]
    fn a_peer_that_closes_is_a_lost_connection() {
        let failure = io_failure(&io::Error::from(ErrorKind::UnexpectedEof), "asking for TLS");
        assert_eq!((failure.class, failure.code), (Class::Reset, None));
    }
}
