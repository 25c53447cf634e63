//! What to do next, and what is close to a limit.

use dbprobe_core::milliseconds;

use super::ask::{Asked, pool};
use super::outcome::Alert;

/// A figure is close to its limit from this share of it on.
const CLOSE: f64 = 0.8;
/// A certificate that expires within so many days is close to its end.
const DAYS: i64 = 30;
/// So many names are listed in one line.
const MOST: usize = 5;

/// What to do next, the most important first: the advice of the alerts, then what is close to a limit, each once.
pub(super) fn recommendations(alerts: &[Alert], asked: &[Asked<'_>]) -> Vec<String> {
    let due = alerts.iter().filter_map(|alert| Some((alert.advice.clone()?, alert.databases.clone())));
    let close = asked.iter().flat_map(|one| close(one).map(|text| (text, vec![one.database.name.clone()])));
    let mut advice: Vec<(String, Vec<String>)> = Vec::new();
    for (text, names) in due.chain(close) {
        match advice.iter_mut().find(|(known, _)| *known == text) {
            Some((_, known)) => {
                let new: Vec<String> = names.into_iter().filter(|name| !known.contains(name)).collect();
                known.extend(new);
            }
            None => advice.push((text, names)),
        }
    }
    advice.into_iter().map(|(text, names)| format!("{}: {text}", listed(&names))).collect()
}

/// `a, b, c, d, e and 3 more`.
fn listed(names: &[String]) -> String {
    match names.len().checked_sub(MOST).filter(|more| *more > 0) {
        Some(more) => format!("{} and {more} more", names[..MOST].join(", ")),
        None => names.join(", "),
    }
}

/// What works, but not for long.
fn close(asked: &Asked<'_>) -> impl Iterator<Item = String> {
    let answers = asked.report.status().answers();
    let crowded = pool(&asked.report).filter(|_| asked.crowded.is_none()).and_then(|pool| {
        let allowed = asked.limits.pool_utilization * 100.0;
        (pool.utilization_percent >= allowed * CLOSE).then(|| {
            format!(
                "{} of {} connections are in use, close to the alert at {allowed:.0} %: `dbprobe pool` says who holds them",
                pool.in_use, pool.limit
            )
        })
    });
    let took = milliseconds(asked.report.duration);
    let limit = milliseconds(asked.limits.response_time);
    let slow = (answers && asked.slow.is_none() && took >= limit * CLOSE).then(|| {
        format!("it took {took:.0} ms, close to the alert at {limit:.0} ms: `dbprobe perf` says where the time goes")
    });
    let days = asked.report.tls.as_ref().and_then(|tls| tls.days_left).filter(|days| *days < DAYS);
    let expiring = days.map(|days| {
        let when = if days < 0 { "has expired".to_owned() } else { format!("expires in {days} days") };
        format!("the server's certificate {when}: renew it and make the server load it")
    });
    [crowded, slow, expiring].into_iter().flatten()
}
