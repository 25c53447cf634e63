//! The errors of mysql_async.

use std::borrow::Cow;

use mysql_async::{DriverError, Error, IoError, ServerError};

use super::erased::Erased;
use super::io::io_code;

pub(super) fn code(error: Erased<'_>) -> Option<Cow<'_, str>> {
    error.is().map(mysql_code).or_else(|| error.is().map(server_code))
}

fn mysql_code(error: &Error) -> Cow<'_, str> {
    match error {
        Error::Driver(error) => Cow::Borrowed(driver_word(error)),
        Error::Io(IoError::Io(error)) => io_code(error),
        // Which variants there are depends on the driver's features, which others may turn on.
        #[allow(unreachable_patterns, reason = "without TLS there is no other variant")]
        Error::Io(_) => Cow::Borrowed("tls"),
        Error::Other(error) => super::cause_code(error.as_ref()).unwrap_or(Cow::Borrowed("driver")),
        Error::Server(error) => server_code(error),
        Error::Url(_) => Cow::Borrowed("config"),
    }
}

/// The number: a SQLSTATE of MySQL's is `HY000` for most errors.
fn server_code(error: &ServerError) -> Cow<'_, str> {
    Cow::Owned(error.code.to_string())
}

fn driver_word(error: &DriverError) -> &'static str {
    match error {
        DriverError::ConnectionClosed => "connection_closed",
        DriverError::FromRow { .. } | DriverError::FromValue { .. } => "decode",
        DriverError::PoolDisconnected => "pool_closed",
        DriverError::NoClientSslFlagFromServer => "tls",
        DriverError::BadCompressedPacketHeader
        | DriverError::CantParseServerVersion { .. }
        | DriverError::PacketOutOfOrder
        | DriverError::PacketTooLarge
        | DriverError::UnexpectedPacket { .. } => "protocol",
        DriverError::MixedParams
        | DriverError::Params(_)
        | DriverError::StmtParamsMismatch { .. }
        | DriverError::StmtParamsNumberExceedsLimit { .. } => "encode",
        _ => "driver",
    }
}
