//! Why there is no answer: a status for the client, the reason for the log.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

/// Why there is no answer.
pub(crate) struct Failure(StatusCode);

impl Failure {
    /// There is no such thing.
    pub(crate) const NOT_FOUND: Self = Self(StatusCode::NOT_FOUND);
    /// It took too long.
    pub(crate) const TIMEOUT: Self = Self(StatusCode::GATEWAY_TIMEOUT);
    /// Nobody thought of it.
    pub(crate) const INTERNAL: Self = Self(StatusCode::INTERNAL_SERVER_ERROR);
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let failure = match error.code() {
            Some(&SqlState::UNIQUE_VIOLATION) => Self(StatusCode::CONFLICT),
            Some(&SqlState::CHECK_VIOLATION | &SqlState::FOREIGN_KEY_VIOLATION) => {
                Self(StatusCode::UNPROCESSABLE_ENTITY)
            }
            Some(_) => Self::INTERNAL,
            None => Self(StatusCode::SERVICE_UNAVAILABLE),
        };
        if failure.0.is_server_error() {
            tracing::warn!("the database: {error}");
        }
        failure
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        tracing::warn!("no connection: {error}");
        Self(StatusCode::SERVICE_UNAVAILABLE)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}
