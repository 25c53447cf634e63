//! The status page: how all targets are, and everything about one.
//!
//! It is made on the server, escaped by type, and complete without a script; the script only brings it up to date.
//!
//! The modules stand in dependency order: each uses only those above it.

mod quantity;
mod state;

mod assets;
mod outages;
mod scene;

mod chart;
mod selection;
mod waterfall;

mod layout;
mod row;

mod facts;

mod detail;
mod overview;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::service::Service;
use layout::answer;
use scene::Scene;
use selection::{Question, Selection};

/// `/`, `/targets/{name}` and what they need.
pub(crate) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(all_targets))
        .route("/targets/{name}", get(one_target))
        .route("/assets/{name}", get(assets::get))
}

async fn all_targets(State(service): State<Arc<Service>>, Query(question): Query<Question>) -> Response {
    answer(StatusCode::OK, &overview::page(&Scene::of(&service), Selection::of(&question)))
}

async fn one_target(State(service): State<Arc<Service>>, Path(name): Path<String>) -> Response {
    let scene = Scene::of(&service);
    match service.fleet.record(&name) {
        Some(record) => answer(StatusCode::OK, &detail::page(&scene, &record)),
        None => answer(StatusCode::NOT_FOUND, &detail::missing(&scene)),
    }
}
