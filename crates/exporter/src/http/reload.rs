//! `POST /-/reload`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::plain::plain;
use crate::service::Service;

/// Reads the configuration again, and answers when it is in force or was found to be wrong.
pub(super) async fn reload(State(service): State<Arc<Service>>, headers: HeaderMap) -> Response {
    if from_a_page(&headers) {
        return plain(StatusCode::FORBIDDEN, "a web page may not do this: send it with curl, or send SIGHUP");
    }
    match service.reload().await {
        Ok(()) => plain(StatusCode::OK, "the configuration was read again"),
        Err(reason) => plain(StatusCode::INTERNAL_SERVER_ERROR, reason),
    }
}

/// Whether a browser sends this on behalf of a page. Any page of the world could have it sent with the user's password.
fn from_a_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    headers.contains_key(header::ORIGIN) || site.is_some_and(|site| site != b"none")
}
