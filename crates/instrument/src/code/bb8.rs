//! The errors of bb8, of a pool of tokio-postgres.

use std::borrow::Cow;

use bb8::RunError;

use super::erased::Erased;
use super::tokio_postgres::postgres_code;

pub(super) fn code(error: Erased<'_>) -> Option<Cow<'_, str>> {
    Some(match error.is::<RunError<tokio_postgres::Error>>()? {
        RunError::TimedOut => Cow::Borrowed("pool_timeout"),
        RunError::User(error) => postgres_code(error),
    })
}
