//! One line for Nagios and its kin (the Monitoring Plugins guidelines, "Plugin Output" and "Performance data").

use std::time::Duration;

use dbprobe::{Phase, Report, Status, Thresholds};

use super::span::span;
use crate::printable::printable;

/// How many targets that are not up are described; the line has to fit into 8 KiB.
const DESCRIBED: usize = 8;

/// `DBPROBE OK - orders up in 7.31 ms | total=0.007312s;;;0 …`: worst target first.
pub(super) fn render<'a>(reports: &[&Report], limits: impl Fn(usize) -> &'a Thresholds) -> String {
    let names = super::distinct_names(reports);
    let mut numbered: Vec<(usize, (&Report, String))> = reports.iter().copied().zip(names).enumerate().collect();
    numbered.sort_by_key(|(_, (report, _))| std::cmp::Reverse(report.status()));
    let (order, targets): (Vec<usize>, Vec<(&Report, String)>) = numbered.into_iter().unzip();
    let worst = targets.first().map_or(Status::Unknown, |(report, _)| report.status());
    let text = match targets.as_slice() {
        [(report, name)] => describe(report, name),
        many => overview(many),
    };
    let single = targets.len() == 1;
    let data: Vec<String> = targets
        .iter()
        .zip(order)
        .flat_map(|((report, name), at)| performance(report, limits(at), if single { None } else { Some(name) }))
        .collect();
    let data = if data.is_empty() { String::new() } else { format!(" | {}", data.join(" ")) };
    format!("DBPROBE {} - {}{data}\n", worst.nagios_word(), plain(&text))
}

fn overview(targets: &[(&Report, String)]) -> String {
    let counts: Vec<String> = Status::ALL
        .into_iter()
        .rev()
        .map(|status| (targets.iter().filter(|(report, _)| report.status() == status).count(), status))
        .filter(|(count, _)| *count > 0)
        .map(|(count, status)| format!("{count} {status}"))
        .collect();
    let bad: Vec<_> = targets.iter().filter(|(report, _)| report.status() != Status::Up).collect();
    let mut parts: Vec<String> = bad.iter().take(DESCRIBED).map(|(report, name)| describe(report, name)).collect();
    if bad.len() > DESCRIBED {
        parts.push(format!("and {} more", bad.len() - DESCRIBED));
    }
    let counts = format!("{} targets: {}", targets.len(), counts.join(", "));
    if parts.is_empty() { counts } else { format!("{counts}: {}", parts.join("; ")) }
}

fn describe(report: &Report, name: &str) -> String {
    match report.failure().filter(|_| report.status() != Status::Up) {
        Some(failure) => format!("{name} {}: {failure}", report.status()),
        None => format!("{name} {} in {}", report.status(), span(report.duration)),
    }
}

fn performance(report: &Report, limits: &Thresholds, name: Option<&str>) -> Vec<String> {
    let total = (report.duration > Duration::ZERO).then_some(report.duration);
    let figures = [
        ("total", total, limits.response),
        ("ping", report.latency(Phase::Ping), limits.ping),
        ("write", report.latency(Phase::Write), limits.write),
        ("read", report.latency(Phase::Read), limits.read),
    ];
    figures
        .into_iter()
        .filter_map(|(what, value, limit)| {
            let label = name.map_or_else(|| what.to_owned(), |name| quoted(name, what));
            let limit = limit.map(seconds).unwrap_or_default();
            Some(format!("{label}={}s;{limit};;0", seconds(value?)))
        })
        .collect()
}

/// A label in quotes. The guidelines forbid `=`, and a quote is doubled.
fn quoted(name: &str, what: &str) -> String {
    format!("'{} {what}'", plain(name).replace('=', ":").replace('\'', "''"))
}

/// Seconds as a decimal number without needless zeros.
fn seconds(duration: Duration) -> String {
    let text = format!("{:.6}", duration.as_secs_f64());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

/// One line, without the bar that begins the performance data.
fn plain(text: &str) -> String {
    printable(text).replace('|', "/")
}

#[cfg(test)]
mod tests {
    use super::super::sample::{degraded, down, hostile, is_harmless, unknown, up};
    use super::*;

    fn line(reports: &[Report], limits: &Thresholds) -> String {
        render(&reports.iter().collect::<Vec<_>>(), |_| limits)
    }

    #[test]
    fn one_target_reads_as_in_the_contract() {
        let limit = Some(Duration::from_millis(100));
        let limits = Thresholds { ping: limit, write: limit, read: limit, ..Thresholds::default() };
        assert_eq!(
            line(&[up("orders")], &limits),
            "DBPROBE OK - orders up in 7.31 ms | total=0.007312s;;;0 ping=0.00021s;0.1;;0 write=0.0021s;0.1;;0 read=0.0003s;0.1;;0\n"
        );
    }

    #[test]
    fn what_was_not_measured_is_no_figure() {
        assert_eq!(
            line(&[down("orders")], &Thresholds::default()),
            "DBPROBE CRITICAL - orders down: tcp: nobody listens on the port | total=0.007312s;;;0\n"
        );
        assert_eq!(
            line(&[unknown("argument 1")], &Thresholds::default()),
            "DBPROBE UNKNOWN - argument 1 unknown: configure: this is not a DSN\n"
        );
    }

    #[test]
    fn the_worst_of_several_stands_first_and_labels_differ() {
        let line = line(&[up("a"), degraded("b"), down("c"), up("a"), unknown("d")], &Thresholds::default());
        let (text, data) = line.split_once(" | ").expect("performance data");
        assert_eq!(
            text,
            "DBPROBE CRITICAL - 5 targets: 1 down, 1 unknown, 1 degraded, 2 up: c down: tcp: nobody listens on the port; \
             d unknown: configure: this is not a DSN; b degraded: write: permission denied for table _health_check (42501)"
        );
        for label in ["'a total'=", "'a#2 total'=", "'b ping'=", "'c total'="] {
            assert_eq!(data.matches(label).count(), 1, "{label} in {data}");
        }
    }

    #[test]
    fn a_thousand_targets_down_are_counted_and_not_listed() {
        let text = line(&vec![down("t"); 1_000], &Thresholds::default());
        let (text, _) = text.split_once(" | ").expect("performance data");
        assert!(text.len() < 1_000 && text.ends_with("and 992 more"), "{text}");
    }

    #[test]
    fn a_hostile_text_stays_one_line_and_one_bar() {
        let line = line(&[hostile(), hostile()], &Thresholds::default());
        assert_eq!((line.matches('\n').count(), line.matches('|').count()), (1, 1), "{line}");
        assert!(is_harmless(&line), "{line:?}");
        let (_, data) = line.split_once(" | ").expect("performance data");
        assert!(data.contains("''y'':") && data.matches('=').count() == 2, "{data}");
    }
}
