//! Spans of time, moments, sizes and numbers for people.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

/// Three significant digits or so, in the unit that fits: `41 µs`, `7.31 ms`, `5.00 s`.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s < 0.000_999_5 => format!("{:.0} µs", s * 1e6),
        s if s < 0.009_995 => format!("{:.2} ms", s * 1e3),
        s if s < 0.099_95 => format!("{:.1} ms", s * 1e3),
        s if s < 0.999_5 => format!("{:.0} ms", s * 1e3),
        s if s < 99.95 => format!("{s:.2} s"),
        _ => rough(duration),
    }
}

/// The two largest units of a span that nobody measures exactly: `42 s`, `3 min`, `2 h 5 min`, `4 d 1 h`.
pub(super) fn rough(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let two = |large: String, rest: u64, unit: &str| match rest {
        0 => large,
        rest => format!("{large} {rest} {unit}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 => two(format!("{hours} h"), minutes % 60, "min"),
        86_400..864_000 => two(format!("{days} d"), hours % 24, "h"),
        _ => format!("{days} d"),
    }
}

/// A limit as the user wrote it, more or less: `100ms`, `2s`, `30d`.
pub(super) fn limit(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    match milliseconds {
        0 => span(duration),
        ms if ms % 86_400_000 == 0 => format!("{} d", ms / 86_400_000),
        ms if ms % 3_600_000 == 0 => format!("{} h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{} min", ms / 60_000),
        ms if ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        ms => format!("{ms} ms"),
    }
}

/// From `then` to `now`; nothing where a clock was set back in between.
pub(super) fn elapsed(then: Timestamp, now: Timestamp) -> Duration {
    now.duration_since(then).try_into().unwrap_or_default()
}

/// A moment in full: `2026-11-21 07:00:00 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The time of day, and the day where that is not today's: `07:00:00`, `Nov 20, 23:59:45`.
pub(super) fn clock(at: Timestamp, now: Timestamp) -> String {
    let day = |at: Timestamp| at.strftime("%F").to_string();
    at.strftime(if day(at) == day(now) { "%H:%M:%S" } else { "%b %-d, %H:%M:%S" }).to_string()
}

/// `text` about the moment `at`, which a pointer over it and programs are told.
pub(super) fn time(at: Timestamp, text: &str) -> Markup {
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) title=(moment(at)) { (text) } }
}

/// A size in binary units: `7.5 MiB`.
pub(super) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mut value = bytes as f64;
    let mut units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"].into_iter().peekable();
    let mut unit = units.next().unwrap_or_default();
    while value >= 1024.0 && units.peek().is_some() {
        value /= 1024.0;
        unit = units.next().unwrap_or_default();
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

/// A whole number with thin gaps between the thousands: `12 345`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_fits_the_span() {
        let shown = [0, 41, 1_000, 7_312, 23_456, 345_678, 999_900, 5_000_000, 123_000_000]
            .map(|microseconds| span(Duration::from_micros(microseconds)));
        assert_eq!(shown, ["0 µs", "41 µs", "1.00 ms", "7.31 ms", "23.5 ms", "346 ms", "1.00 s", "5.00 s", "2 min"]);
    }

    #[test]
    fn a_rough_span_has_two_units_at_most() {
        let shown = [42, 200, 3_600, 7_500, 90_000, 172_800, 9_000_000].map(|s| rough(Duration::from_secs(s)));
        assert_eq!(shown, ["42 s", "3 min", "1 h", "2 h 5 min", "1 d 1 h", "2 d", "104 d"]);
    }

    #[test]
    fn a_limit_reads_as_it_was_written() {
        let shown = [100, 2_000, 60_000, 3_600_000, 2_592_000_000].map(|ms| limit(Duration::from_millis(ms)));
        assert_eq!(shown, ["100 ms", "2 s", "1 min", "1 h", "30 d"]);
    }

    #[test]
    fn sizes_and_counts_read_well() {
        assert_eq!([512, 8192, 7_864_320].map(size), ["512 B", "8.0 KiB", "7.5 MiB"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
    }

    #[test]
    fn a_clock_that_was_set_back_shows_no_time_passed() {
        let [then, now] = [100, 40].map(|second| Timestamp::from_second(second).expect("a time"));
        assert_eq!((elapsed(then, now), elapsed(now, then)), (Duration::ZERO, Duration::from_secs(60)));
        assert_eq!((moment(then), clock(then, now)), ("1970-01-01 00:01:40 UTC".to_owned(), "00:01:40".to_owned()));
        assert_eq!(clock(then, Timestamp::from_second(86_400).expect("a time")), "Jan 1, 00:01:40");
    }
}
