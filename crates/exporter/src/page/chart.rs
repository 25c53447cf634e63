//! The last probes as drawings: a strip of results, and a line of latencies above it.

use std::time::Duration;

use dbprobe_core::{Moment, Phase};
use maud::{Markup, html};

use super::quantity::{moment, span};
use super::state::State;
use crate::record::Record;

/// How many probes are drawn. The newest stands at the right edge.
pub(super) const CELLS: usize = 60;
/// The width of one of them.
const STEP: usize = 4;
const WIDTH: usize = CELLS * STEP;
/// The height of the strip. What is wrong stands taller, so that it shows without colours.
const STRIP: usize = 16;

/// The last results, one cell each.
pub(super) fn strip(record: &Record) -> Markup {
    let moments: Vec<Moment> = last(record.history.moments());
    let missing = CELLS - moments.len();
    let label = strip_label(&moments);
    html! {
        svg.strip viewBox={ "0 0 " (WIDTH) " " (STRIP) } preserveAspectRatio="none" role="img" aria-label=(label) {
            @if missing > 0 {
                rect.none x="0" y=(STRIP - 2) width=(missing * STEP - 1) height="2" {}
            }
            @for (at, moment) in moments.iter().enumerate() {
                (cell((missing + at) * STEP, moment))
            }
        }
    }
}

fn cell(x: usize, result: &Moment) -> Markup {
    let state = State::from(result.status);
    let height = match state {
        State::Up | State::Waiting => STRIP - 6,
        State::Degraded => STRIP - 3,
        State::Unknown | State::Down => STRIP,
    };
    html! {
        rect.(state.as_str()) x=(x) y=(STRIP - height) width=(STEP - 1) height=(height) {
            title { (moment(result.checked_at)) " · " (state.as_str()) " · " (span(result.duration)) }
        }
    }
}

fn strip_label(moments: &[Moment]) -> String {
    let bad = moments.iter().filter(|moment| State::from(moment.status).needs_attention()).count();
    match (moments.len(), bad) {
        (0, _) => "no results yet".to_owned(),
        (all, 0) => format!("the last {all} results: all up"),
        (all, bad) => format!("the last {all} results: {bad} not up"),
    }
}

/// How long `phase` took in the last probes, as a line with gaps where it was not measured. The scale begins at 0 and ends
/// at the slowest, or at `threshold` where that is near enough to be drawn.
pub(super) fn sparkline(record: &Record, phase: Phase, height: usize, threshold: Option<Duration>) -> Markup {
    let latencies: Vec<Option<Duration>> = last(record.history.latencies(phase));
    let most = latencies.iter().flatten().max().copied().unwrap_or_default();
    let threshold = threshold.filter(|limit| !most.is_zero() && *limit <= most * 3);
    let top = most.max(threshold.unwrap_or_default()).max(Duration::from_micros(1));
    let y = |duration: Duration| place(duration, top, height);
    let label = format!("{phase} latency of the last {} probes, at most {}", latencies.len(), span(most));
    html! {
        svg.sparkline viewBox={ "0 0 " (WIDTH) " " (height) } preserveAspectRatio="none" role="img" aria-label=(label) {
            @for run in runs(&latencies) {
                @let points: Vec<(usize, f64)> = run.iter().map(|(at, latency)| (middle(*at), y(*latency))).collect();
                (line(&points, height))
            }
            @if let Some(limit) = threshold {
                line.threshold x1="0" x2=(WIDTH) y1=(number(y(limit))) y2=(number(y(limit))) {
                    title { "limit " (span(limit)) }
                }
            }
        }
    }
}

/// One unbroken piece: the line, and the area under it. A single point becomes a dash, since a line needs two.
fn line(points: &[(usize, f64)], height: usize) -> Markup {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return html! {} };
    let mut text = points.iter().map(|(x, y)| format!("{x},{}", number(*y))).collect::<Vec<_>>().join(" ");
    let (mut left, mut right) = (first.0, last.0);
    if points.len() == 1 {
        (left, right) = (left.saturating_sub(STEP / 2), right + STEP / 2);
        text = format!("{left},{y} {right},{y}", y = number(first.1));
    }
    html! {
        polygon.area points={ (left) "," (height) " " (text) " " (right) "," (height) } {}
        polyline.line points=(text) {}
    }
}

/// The pieces without gaps, each value with its cell.
fn runs(latencies: &[Option<Duration>]) -> Vec<Vec<(usize, Duration)>> {
    let missing = CELLS - latencies.len();
    let mut runs: Vec<Vec<(usize, Duration)>> = vec![Vec::new()];
    for (at, latency) in latencies.iter().enumerate() {
        match (latency, runs.last_mut()) {
            (Some(latency), Some(run)) => run.push((missing + at, *latency)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn middle(cell: usize) -> usize {
    cell * STEP + STEP / 2
}

/// How far from the top: `top` is one unit below the edge, so that its line is not cut off, and 0 is at the bottom.
fn place(duration: Duration, top: Duration, height: usize) -> f64 {
    let height = f64::from(u16::try_from(height).unwrap_or(u16::MAX));
    height - duration.as_secs_f64() / top.as_secs_f64() * (height - 1.0)
}

/// A coordinate without needless digits.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn last<T>(all: impl ExactSizeIterator<Item = T>) -> Vec<T> {
    let more = all.len().saturating_sub(CELLS);
    all.skip(more).collect()
}

/// A horizontal bar that is filled to `share`, from 0 to 1.
pub(super) fn bar(share: f64, class: &str) -> Markup {
    html! {
        svg.bar.(class) viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
            rect.track x="0" y="0" width="100" height="4" {}
            rect.filled x="0" y="0" width=(number((share * 100.0).clamp(0.0, 100.0))) height="4" {}
        }
    }
}
