//! The errors of sqlx.

use std::borrow::Cow;

use sqlx::Error;

use super::erased::Erased;
use super::io::io_code;

pub(super) fn code(error: Erased<'_>) -> Option<Cow<'_, str>> {
    error.is().map(sqlx_code)
}

/// The database's own code as sqlx has it (PostgreSQL and MySQL: SQLSTATE; SQLite: extended result code), else a word.
fn sqlx_code(error: &Error) -> Cow<'_, str> {
    match error {
        Error::Database(error) => error.code().unwrap_or(Cow::Borrowed("database")),
        Error::Io(error) => io_code(error),
        Error::AnyDriverError(error) => super::cause_code(error.as_ref()).unwrap_or(Cow::Borrowed("driver")),
        other => Cow::Borrowed(word(other)),
    }
}

fn word(error: &Error) -> &'static str {
    match error {
        Error::BeginFailed | Error::InvalidSavePointStatement => "transaction",
        Error::ColumnIndexOutOfBounds { .. } | Error::ColumnNotFound(_) => "column_not_found",
        Error::ColumnDecode { .. } | Error::Decode(_) => "decode",
        Error::Configuration(_) => "config",
        Error::Encode(_) | Error::InvalidArgument(_) => "encode",
        Error::PoolClosed => "pool_closed",
        Error::PoolTimedOut => "pool_timeout",
        Error::Protocol(_) => "protocol",
        Error::RowNotFound => "row_not_found",
        Error::Tls(_) => "tls",
        Error::TypeNotFound { .. } => "type_not_found",
        Error::WorkerCrashed => "worker_crashed",
        _ => "driver",
    }
}
