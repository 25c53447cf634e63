//! The errors of tokio-postgres.

use std::borrow::Cow;
use std::error::Error as _;

use tokio_postgres::Error;

use super::erased::Erased;

pub(super) fn code(error: Erased<'_>) -> Option<Cow<'_, str>> {
    error.is().map(postgres_code)
}

/// The SQLSTATE, else what the network or TLS said. The driver shows what else it was in its text only.
pub(super) fn postgres_code(error: &Error) -> Cow<'_, str> {
    if let Some(state) = error.code() {
        return Cow::Borrowed(state.code());
    }
    if error.is_closed() {
        return Cow::Borrowed("connection_closed");
    }
    error.source().and_then(super::cause_code).unwrap_or(Cow::Borrowed("driver"))
}
