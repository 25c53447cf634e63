//! `/metrics`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::negotiation::{content_type, negotiate};
use super::pieces;
use crate::metrics;
use crate::service::Service;

/// Every target's families and the exporter's own. It never waits for a database.
pub(super) async fn metrics(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    let format = negotiate(&headers);
    let pieces = metrics::scrape(&service, format);
    (
        [(header::CONTENT_TYPE, content_type(format)), (header::VARY, axum::http::HeaderValue::from_static("accept"))],
        pieces::body(pieces),
    )
        .into_response()
}
