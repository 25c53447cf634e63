//! The errors of the operating system.

use std::borrow::Cow;
use std::io;

use super::erased::Erased;

pub(super) fn code(error: Erased<'_>) -> Option<Cow<'_, str>> {
    Some(io_code(error.is()?))
}

/// What is inside of it, where that is an error that is known, else its kind.
pub(super) fn io_code(error: &io::Error) -> Cow<'_, str> {
    // `source()` leaves out the error that was put in, and begins with that one's cause.
    let inner = error.get_ref().and_then(|inner| super::cause_code(inner));
    inner.unwrap_or(Cow::Borrowed(word(error.kind())))
}

fn word(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrNotAvailable => "io_address_not_available",
        io::ErrorKind::BrokenPipe => "io_broken_pipe",
        io::ErrorKind::ConnectionAborted => "io_connection_aborted",
        io::ErrorKind::ConnectionRefused => "io_connection_refused",
        io::ErrorKind::ConnectionReset => "io_connection_reset",
        io::ErrorKind::HostUnreachable => "io_host_unreachable",
        io::ErrorKind::NetworkUnreachable => "io_network_unreachable",
        io::ErrorKind::NotConnected => "io_not_connected",
        io::ErrorKind::NotFound => "io_not_found",
        io::ErrorKind::PermissionDenied => "io_permission_denied",
        io::ErrorKind::TimedOut => "io_timed_out",
        io::ErrorKind::UnexpectedEof => "io_unexpected_eof",
        _ => "io",
    }
}
