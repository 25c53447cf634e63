//! The routes of the contract's section 7, and the server under them.

mod plain;

mod negotiation;
mod pieces;

mod admission;
mod checks;

mod health;
mod reload;
mod scrape;
mod targets;

mod detail;

mod overdue;

mod modules;

mod probe;

mod listener;
mod pace;

mod connection;

mod server;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::page;
use crate::service::Service;
use modules::Flights;
use plain::plain;

pub(crate) use listener::bind;
pub(crate) use server::serve;

/// A smaller answer is not worth the work of compressing it, in bytes.
const COMPRESSED: u64 = 1024;

/// Every route.
pub(crate) fn router(service: Arc<Service>) -> Router {
    let alive = || get(health::alive);
    let ready = || get(health::ready);
    let routes = Router::new()
        .route("/metrics", get(scrape::metrics))
        .route("/probe", get(probe::probe))
        .route("/healthz", alive())
        .route("/livez", alive())
        .route("/-/healthy", alive())
        .route("/readyz", ready())
        .route("/-/ready", ready())
        .route("/health", get(health::health))
        .route("/health/detailed", get(detail::detailed))
        .route("/api/v1/targets", get(targets::list))
        .route("/api/v1/targets/{name}", get(targets::one))
        .route("/api/v1/targets/{name}/history", get(targets::history))
        .route("/-/reload", post(reload::reload).put(reload::reload))
        .merge(page::router())
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(Extension(Flights::new()))
        .with_state(service);
    // On a network of a data centre the time to compress counts more than the last percents of size.
    let compression = CompressionLayer::new().quality(CompressionLevel::Fastest);
    routes.layer(compression.compress_when(SizeAbove::new(COMPRESSED))).layer(CatchPanicLayer::custom(panicked))
}

async fn no_route() -> Response {
    plain(StatusCode::NOT_FOUND, "there is nothing here")
}

async fn no_method() -> Response {
    plain(StatusCode::METHOD_NOT_ALLOWED, "this path has no such method")
}

/// A defect of a route costs one answer.
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = text, "a route panicked");
    plain(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
}
