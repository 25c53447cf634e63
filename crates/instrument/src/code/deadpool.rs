//! The errors of deadpool, of a pool of tokio-postgres.

use std::borrow::Cow;

use deadpool_postgres::{HookError, PoolError};

use super::erased::Erased;
use super::tokio_postgres::postgres_code;

pub(super) fn code(error: Erased<'_>) -> Option<Cow<'_, str>> {
    error.is().map(pool_code).or_else(|| error.is().map(hook_code))
}

fn pool_code(error: &PoolError) -> Cow<'_, str> {
    match error {
        PoolError::Backend(error) => postgres_code(error),
        PoolError::Closed => Cow::Borrowed("pool_closed"),
        PoolError::NoRuntimeSpecified => Cow::Borrowed("config"),
        PoolError::PostCreateHook(error) => hook_code(error),
        PoolError::Timeout(_) => Cow::Borrowed("pool_timeout"),
    }
}

fn hook_code(error: &HookError) -> Cow<'_, str> {
    match error {
        HookError::Backend(error) => postgres_code(error),
        HookError::Message(_) => Cow::Borrowed("pool_hook"),
    }
}
