//! `/health/detailed`: four checks a target, with figures.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::checks::Checks;
use super::health::{Ordered, VERSION, overall, word};
use super::plain::{json, unknown};
use crate::record::Record;
use crate::service::Service;

/// What `/health/detailed` can be asked.
#[derive(Deserialize)]
pub(super) struct Choice {
    service: Option<String>,
}

#[derive(Serialize)]
struct Detailed {
    status: &'static str,
    version: &'static str,
    timestamp: Timestamp,
    services: Ordered<Detail>,
}

/// What is known of one target. What is not known is absent.
#[derive(Serialize)]
struct Detail {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
    checks: Checks,
}

/// Every target's checks, or those of one.
pub(super) async fn detailed(State(service): State<Arc<Service>>, Query(choice): Query<Choice>) -> Response {
    let records = match &choice.service {
        None => service.fleet.records(),
        Some(name) => match service.fleet.record(name) {
            Some(record) => vec![record],
            None => return unknown("there is no service of this name: `/health` lists them"),
        },
    };
    let services = Ordered(records.iter().map(|record| (record.name().to_owned(), Detail::of(record))).collect());
    let detailed = Detailed { status: overall(&records), version: VERSION, timestamp: Timestamp::now(), services };
    json(StatusCode::OK, &detailed)
}

impl Detail {
    fn of(record: &Record) -> Self {
        let report = record.report.as_deref();
        Self {
            status: word(record),
            engine: record.engine().map(str::to_owned),
            since: record.since,
            checked_at: report.map(|report| report.checked_at),
            duration_ms: report.map(|report| dbprobe_core::milliseconds(report.duration)),
            checks: report.map(|report| Checks::of(report, &record.settings.plan.thresholds)).unwrap_or_default(),
        }
    }
}
