//! Spans of time for people.

use std::time::Duration;

/// Three significant digits or so, in the unit that fits: `41 us`, `7.31 ms`, `5.00 s`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s < 0.000_999_5 => format!("{:.0} us", s * 1e6),
        s if s < 0.009_995 => format!("{:.2} ms", s * 1e3),
        s if s < 0.099_95 => format!("{:.1} ms", s * 1e3),
        s if s < 0.999_5 => format!("{:.0} ms", s * 1e3),
        s if s < 99.95 => format!("{s:.2} s"),
        s => format!("{s:.0} s"),
    }
}

/// Whole units for a span that nobody measures exactly: `29 days`, `4 hours`.
pub(crate) fn rough(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_fits_the_span() {
        let shown = [0, 41, 999, 1_000, 7_312, 9_999, 23_456, 99_960, 345_678, 999_900, 5_000_000, 123_000_000]
            .map(|microseconds| span(Duration::from_micros(microseconds)));
        assert_eq!(
            shown,
            [
                "0 us", "41 us", "999 us", "1.00 ms", "7.31 ms", "10.0 ms", "23.5 ms", "100 ms", "346 ms", "1.00 s",
                "5.00 s", "123 s"
            ]
        );
    }

    #[test]
    fn rough_spans_and_sizes_read_well() {
        assert_eq!(
            [1, 90, 7_199, 86_400, 172_800].map(|s| rough(Duration::from_secs(s))),
            ["1 second", "90 seconds", "119 minutes", "24 hours", "2 days"]
        );
        assert_eq!([512, 8192, 7_864_320, u64::MAX].map(size), ["512 B", "8.0 KiB", "7.5 MiB", "16384.0 PiB"]);
    }
}
