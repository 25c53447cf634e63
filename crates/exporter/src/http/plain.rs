//! Answers that are a text or JSON.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// A line of plain text.
pub(super) fn plain(status: StatusCode, text: impl std::fmt::Display) -> Response {
    (status, format!("{text}\n")).into_response()
}

/// `value` as JSON, which nobody may keep.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(text) => json_body(status, Body::from(text)),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
        }
    }
}

/// JSON that is there already.
pub(super) fn json_body(status: StatusCode, body: Body) -> Response {
    (status, [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, NO_STORE)], body).into_response()
}

/// A mistake in a request, as JSON.
#[derive(Serialize)]
pub(super) struct Mistake<'a> {
    error: &'a str,
}

/// 404 as JSON. What was asked for is not repeated.
pub(super) fn unknown(error: &str) -> Response {
    json(StatusCode::NOT_FOUND, &Mistake { error })
}
