//! `/probe`: a fresh probe, as blackbox_exporter has it.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dbprobe_core::{Dsn, Report};
use serde::Deserialize;

use super::modules::{Flights, Trouble};
use super::negotiation::{content_type, negotiate};
use super::overdue::timed_out;
use super::plain::plain;
use crate::metrics::{self, Format};
use crate::record::Record;
use crate::service::Service;

/// Prometheus gives up after this where it does not say so: its default scrape time-out.
const SCRAPE_TIMEOUT: f64 = 10.0;
/// What is left for the answer to travel.
const MARGIN: f64 = 0.5;
/// The shortest and the longest time for a probe, in seconds.
const LIMITS: (f64, f64) = (0.1, 600.0);

/// What `/probe` can be asked.
#[derive(Deserialize)]
pub(super) struct Wanted {
    target: Option<String>,
    module: Option<String>,
    debug: Option<String>,
}

/// Probes one target now and answers with its metrics.
pub(super) async fn probe(
    State(service): State<Arc<Service>>,
    Extension(flights): Extension<Flights>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let Some(target) = wanted.target.filter(|target| !target.is_empty()) else {
        return plain(StatusCode::BAD_REQUEST, "`target` is missing: /probe?target=NAME");
    };
    let limit = limit(&headers);
    let probed = match &wanted.module {
        Some(module) => flights.probe(&service, module, &target, limit).await,
        None => configured(&service, &target, limit).await,
    };
    let record = match probed {
        Ok(record) => record,
        Err(trouble) => return refusal(&trouble),
    };
    let debug = matches!(wanted.debug.as_deref(), Some("1" | "true"));
    let format = if debug { Format::Text } else { negotiate(&headers) };
    let text = metrics::probe(&service, &record, format);
    if debug {
        return explained(&record, &text);
    }
    ([(header::CONTENT_TYPE, content_type(format))], text).into_response()
}

/// What the scraper leaves for the probe. A header that is not a positive number says nothing.
fn limit(headers: &HeaderMap) -> Duration {
    let told = headers.get("x-prometheus-scrape-timeout-seconds").and_then(|value| value.to_str().ok()?.parse().ok());
    let seconds = told.filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0).unwrap_or(SCRAPE_TIMEOUT);
    Duration::from_secs_f64((seconds - MARGIN).clamp(LIMITS.0, LIMITS.1))
}

/// Probes a configured target. Where no probe ended in time, the record says so.
async fn configured(service: &Service, name: &str, limit: Duration) -> Result<Arc<Record>, Trouble> {
    let before = service.fleet.record(name).ok_or_else(|| unknown(service, name))?;
    let after = service.fleet.probe(name, limit).await.ok_or(Trouble::UnknownTarget)?;
    let fresh = match (&before.report, &after.report) {
        (Some(before), Some(after)) => !Arc::ptr_eq(before, after),
        (_, after) => after.is_some(),
    };
    Ok(if fresh { after } else { Arc::new(timed_out(&after, limit)) })
}

/// Why there is no such target.
fn unknown(service: &Service, name: &str) -> Trouble {
    let dsn = Dsn::parse(name).ok().filter(|dsn| service.registry.knows(dsn) || name.contains("://"));
    dsn.map_or(Trouble::UnknownTarget, |_| Trouble::Dsn)
}

/// What a person wants to see of a probe.
fn explained(record: &Record, metrics: &str) -> Response {
    let report = record.report.as_deref().map(|report| Report { target: record.name().to_owned(), ..report.clone() });
    let report = report.and_then(|report| serde_json::to_string_pretty(&report).ok()).unwrap_or_default();
    let text = format!("Report of the probe:\n{report}\n\n\nMetrics that would have been returned:\n{metrics}");
    ([(header::CACHE_CONTROL, "no-store")], text).into_response()
}

/// What was asked for is never repeated: it may be a DSN with a password.
fn refusal(trouble: &Trouble) -> Response {
    match trouble {
        Trouble::Busy => {
            let text = "too many probes of modules are under way: ask again";
            ([(header::RETRY_AFTER, "1")], plain(StatusCode::SERVICE_UNAVAILABLE, text)).into_response()
        }
        Trouble::Dsn => plain(
            StatusCode::BAD_REQUEST,
            "a DSN has no place in a URL: `target` is the name of a configured target, or with `module` an address \
             that the module allows",
        ),
        Trouble::Refused(reason) => plain(StatusCode::FORBIDDEN, reason),
        Trouble::UnknownModule => {
            plain(StatusCode::BAD_REQUEST, "there is no module of this name: see `probe.modules` of the configuration")
        }
        Trouble::UnknownTarget => plain(
            StatusCode::NOT_FOUND,
            "there is no target of this name: a target's name is its key under `targets` of the configuration, and \
             /api/v1/targets lists them",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scrapers_header_leaves_half_a_second_for_the_answer() {
        let cases = [
            ("10", 9.5),
            ("2.5", 2.0),
            ("0.55", 0.1),
            ("0.2", 0.1),
            ("0", 9.5),
            ("-3", 9.5),
            ("NaN", 9.5),
            ("inf", 9.5),
            ("soon", 9.5),
            ("1e300", 600.0),
        ];
        for (text, seconds) in cases {
            let headers = HeaderMap::from_iter([(
                "x-prometheus-scrape-timeout-seconds".parse().expect("a name"),
                text.parse().expect("a value"),
            )]);
            assert_eq!(limit(&headers).as_millis(), Duration::from_secs_f64(seconds).as_millis(), "{text}");
        }
        assert_eq!(limit(&HeaderMap::new()), Duration::from_millis(9500));
    }
}
