//! The short health routes: is the exporter alive, has it seen every target, and are they well.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use dbprobe_core::Status;
use serde::{Deserialize, Serialize, Serializer};

use super::admission::Undetailed;
use super::plain::json;
use crate::fleet::Late;
use crate::record::Record;
use crate::service::Service;

/// The version that every answer tells.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Serialize)]
struct Alive {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    late: Vec<Silent>,
}

#[derive(Serialize)]
struct Silent {
    target: String,
    silence_seconds: u64,
}

/// `/healthz`: whether the process and its scheduler move. No database has a say in it, and it waits for nothing.
pub(super) async fn alive(State(service): State<Arc<Service>>, undetailed: Option<Extension<Undetailed>>) -> Response {
    liveness(service.fleet.late(), undetailed.map(|Extension(mark)| mark))
}

pub(super) fn liveness(late: Vec<Late>, undetailed: Option<Undetailed>) -> Response {
    let (status, word) =
        if late.is_empty() { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "error") };
    let silent = late.into_iter().filter(|_| undetailed.is_none());
    let late = silent.map(|late| Silent { target: late.target, silence_seconds: late.silence.as_secs() }).collect();
    json(status, &Alive { status: word, late })
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<usize>,
}

/// `/readyz`: whether every target was probed once.
pub(super) async fn ready(State(service): State<Arc<Service>>, undetailed: Option<Extension<Undetailed>>) -> Response {
    let waiting = service.fleet.records().iter().filter(|record| record.report.is_none()).count();
    if waiting == 0 {
        return json(StatusCode::OK, &Ready { status: "ok", waiting_for: None });
    }
    let waiting_for = undetailed.is_none().then_some(waiting);
    json(StatusCode::SERVICE_UNAVAILABLE, &Ready { status: "starting", waiting_for })
}

/// What `/health` can be asked.
#[derive(Deserialize)]
pub(super) struct Strictness {
    strict: Option<String>,
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    services: Option<Ordered<&'static str>>,
}

/// `/health`: one word a target. 200 also where some are down, unless `strict`.
pub(super) async fn health(
    State(service): State<Arc<Service>>,
    Query(query): Query<Strictness>,
    undetailed: Option<Extension<Undetailed>>,
) -> Response {
    let records = service.fleet.records();
    let overall = overall(&records);
    let strict = matches!(query.strict.as_deref(), Some("1" | "true"));
    let status = if strict && overall != "ok" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let words = || Ordered(records.iter().map(|record| (record.name().to_owned(), word(record))).collect());
    let services = undetailed.is_none().then(words);
    json(status, &Health { status: overall, version: VERSION, services })
}

/// A target's word: that of its damped status, and `error` before the first probe.
pub(super) fn word(record: &Record) -> &'static str {
    record.status.unwrap_or(Status::Unknown).health_word()
}

/// The word for all: `ok` only where each is.
pub(super) fn overall(records: &[Arc<Record>]) -> &'static str {
    if records.iter().all(|record| word(record) == "ok") { "ok" } else { "degraded" }
}

/// A JSON object in the order of the configuration.
pub(super) struct Ordered<T>(pub(super) Vec<(String, T)>);

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
