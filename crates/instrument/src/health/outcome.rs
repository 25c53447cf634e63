//! What is answered until the next check.

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use super::checks::{Checks, Seen};
use super::failure::Failure;
use super::status::Status;
use super::view::View;

/// The answer to all who ask until the next check, written once.
pub(super) struct Outcome {
    pub(super) status: StatusCode,
    pub(super) summary: Bytes,
    pub(super) details: Bytes,
    /// When it was known.
    pub(super) since: Instant,
}

#[derive(Serialize)]
struct Summary<'a> {
    service: &'a str,
    status: Status,
    connectivity: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_time_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool_utilization_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_connections: Option<u64>,
    #[serde(flatten)]
    time: Time,
}

#[derive(Serialize)]
struct Details<'a> {
    service: &'a str,
    overall_status: Status,
    checks: &'a View,
    #[serde(flatten)]
    time: Time,
}

/// When the check began, for people and for arithmetic.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Time {
    timestamp: Timestamp,
    timestamp_seconds: f64,
}

impl Time {
    /// To the millisecond.
    pub(super) fn now() -> Self {
        let now = Timestamp::now();
        let milliseconds = now.as_millisecond();
        let timestamp = Timestamp::from_millisecond(milliseconds).unwrap_or(now);
        Self { timestamp, timestamp_seconds: milliseconds as f64 / 1000.0 }
    }
}

impl Outcome {
    pub(super) fn new(checks: &Checks, seen: Seen, time: Time) -> Self {
        Self::of(checks, &View::of(checks, seen), time)
    }

    /// The answer where nothing could be looked at.
    pub(super) fn unanswered(checks: &Checks, failure: Failure) -> Self {
        Self::of(checks, &View::unanswered(failure), Time::now())
    }

    fn of(checks: &Checks, view: &View, time: Time) -> Self {
        let (service, status, pool) = (checks.service.as_str(), view.status(), view.connection_pool.as_ref());
        let summary = Summary {
            service,
            status,
            connectivity: view.connectivity.status,
            response_time_seconds: view.connectivity.times.response_time_seconds,
            pool_utilization_percent: pool.and_then(|pool| pool.utilization_percent),
            active_connections: pool.and_then(|pool| pool.active),
            time,
        };
        Self {
            status: if status == Status::Unhealthy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK },
            summary: json(&summary),
            details: json(&Details { service, overall_status: status, checks: view, time }),
            since: Instant::now(),
        }
    }
}

fn json(value: &impl Serialize) -> Bytes {
    // Words, numbers and maps by strings always have a JSON form.
    serde_json::to_vec(value).unwrap_or_default().into()
}
