//! `/api/v1/targets`: reports as `dbprobe check -o json` has them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use dbprobe_core::{Class, Failure, Report};

use super::pieces;
use super::plain::{json, json_body, unknown};
use crate::record::Record;
use crate::service::Service;

/// A piece of the list is at least so long, in bytes.
const PIECE: usize = 64 * 1024;

/// The last report of every target, in the order of the configuration.
pub(super) async fn list(State(service): State<Arc<Service>>) -> Response {
    let records = service.fleet.records().into_iter();
    let reports = records.map(move |record| report(&service, &record));
    json_body(StatusCode::OK, array(reports))
}

/// The last report of one target.
pub(super) async fn one(State(service): State<Arc<Service>>, Path(name): Path<String>) -> Response {
    match service.fleet.record(&name) {
        Some(record) => json(StatusCode::OK, &report(&service, &record)),
        None => no_target(),
    }
}

/// The last reports of one target, oldest first.
pub(super) async fn history(State(service): State<Arc<Service>>, Path(name): Path<String>) -> Response {
    let Some(record) = service.fleet.record(&name) else { return no_target() };
    let reports: Vec<Report> = record.history.reports().map(|past| Report { target: name.clone(), ..past }).collect();
    json_body(StatusCode::OK, array(reports.into_iter()))
}

fn no_target() -> Response {
    unknown("there is no target of this name: `/api/v1/targets` lists them")
}

/// The last report under the configured name. Before the first probe it says that there was none.
fn report(service: &Service, record: &Record) -> Report {
    let target = record.name().to_owned();
    match &record.report {
        Some(report) => Report { target, ..Report::clone(report) },
        None => {
            let failure = Failure::new(Class::Starting, "the target was not probed yet");
            let report = Report::unasked(target, None, failure.advise("ask again after the target's interval"));
            Report { checked_at: service.started_at, ..report }
        }
    }
}

/// A JSON array, written while it is read.
fn array(reports: impl Iterator<Item = Report> + Send + 'static) -> Body {
    let mut reports = reports.peekable();
    let mut open = false;
    let mut done = false;
    pieces::body(std::iter::from_fn(move || {
        if done {
            return None;
        }
        let mut piece = String::new();
        while piece.len() < PIECE {
            let Some(report) = reports.next() else {
                done = true;
                piece.push_str(if open { "]\n" } else { "[]\n" });
                break;
            };
            // A report has nothing that JSON could not write.
            let text = serde_json::to_string(&report).unwrap_or_default();
            piece.push(if open { ',' } else { '[' });
            piece.push_str(&text);
            open = true;
        }
        Some(piece)
    }))
}
