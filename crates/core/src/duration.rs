//! Spans of time as users write them: `500ms`, `5s`, `1m30s`, `30d`.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// Nobody means more than a hundred years.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// The units, longest first, in nanoseconds.
const UNITS: [(&str, u128); 7] = [
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
];

/// Reads numbers with units, the longest unit first: `1h30m`, `1.5s`.
///
/// # Errors
/// A [`DurationError`] that points at the character; it never repeats what stands there.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let mut rest = 0;
    let mut nanoseconds = 0_u128;
    let mut longest = None;
    if text.is_empty() {
        return Err(DurationError::at(text, 0..0, "nothing is written"));
    }
    while rest < text.len() {
        let (number, unit) = part(text, rest)?;
        let at = UNITS.iter().position(|(name, _)| *name == &text[unit.clone()]);
        let at = at.ok_or_else(|| DurationError::at(text, unit.clone(), "unknown unit"))?;
        if longest.is_some_and(|before| at <= before) {
            return Err(DurationError::at(text, unit, "the longer unit stands first, and each only once"));
        }
        longest = Some(at);
        nanoseconds = nanoseconds.saturating_add(scaled(text, number, UNITS[at].1)?);
        rest = unit.end;
    }
    let seconds = u64::try_from(nanoseconds / 1_000_000_000).unwrap_or(u64::MAX);
    let duration = Duration::new(seconds, u32::try_from(nanoseconds % 1_000_000_000).unwrap_or_default());
    if duration > LONGEST {
        return Err(DurationError::at(text, 0..text.len(), "more than a hundred years"));
    }
    Ok(duration)
}

/// Like [`parse_duration`], for limits that make no sense when they are nothing.
///
/// # Errors
/// Those of [`parse_duration`], and nothing at all.
pub fn parse_positive_duration(text: &str) -> Result<Duration, DurationError> {
    let duration = parse_duration(text)?;
    if duration.is_zero() {
        return Err(DurationError::at(text, 0..text.len(), "must be longer than nothing"));
    }
    Ok(duration)
}

/// The places of the next number and its unit.
fn part(text: &str, start: usize) -> Result<(Range<usize>, Range<usize>), DurationError> {
    let digits = text[start..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(text.len(), |end| start + end);
    if digits == start {
        let character = text[start..].chars().next().map_or(0, char::len_utf8);
        return Err(DurationError::at(text, start..start + character, "a number is expected"));
    }
    let end = text[digits..].find(|c: char| !c.is_alphabetic()).map_or(text.len(), |end| digits + end);
    if end == digits {
        return Err(DurationError::at(text, digits..digits, "a unit is missing"));
    }
    Ok((start..digits, digits..end))
}

/// A decimal number times `unit`, exactly, cut to whole nanoseconds.
fn scaled(text: &str, place: Range<usize>, unit: u128) -> Result<u128, DurationError> {
    let bad = || DurationError::at(text, place.clone(), "this is not a number");
    let (whole, fraction) = text[place.clone()].split_once('.').unwrap_or((&text[place.clone()], "0"));
    // Twelve digits are beyond the limit in every unit but the shortest, and keep the arithmetic exact.
    if whole.is_empty() || fraction.is_empty() || whole.len() > 18 || fraction.len() > 12 || fraction.contains('.') {
        return Err(bad());
    }
    let whole: u128 = whole.parse().map_err(|_| bad())?;
    let parts: u128 = fraction.parse().map_err(|_| bad())?;
    let scale = 10_u128.pow(u32::try_from(fraction.len()).map_err(|_| bad())?);
    Ok(whole.saturating_mul(unit).saturating_add(parts * unit / scale))
}

/// What is wrong with a span of time, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurationError {
    what: &'static str,
    column: usize,
}

impl DurationError {
    fn at(text: &str, place: Range<usize>, what: &'static str) -> Self {
        Self { what, column: text[..place.start].chars().count() + 1 }
    }

    /// The fact, without its place.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The offending character, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at column {}; write for example 500ms, 5s, 1m30s or 30d", self.what, self.column)
    }
}

impl std::error::Error for DurationError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up() {
        for (text, milliseconds) in
            [("500ms", 500), ("5s", 5_000), ("1m30s", 90_000), ("30d", 2_592_000_000), ("1.5s", 1_500), ("0s", 0)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        assert_eq!(parse_duration("1w1d1h1m1s1ms1us"), Ok(Duration::from_micros(694_861_001_001)));
        assert_eq!(parse_duration("0.000001s"), Ok(Duration::from_micros(1)));
    }

    #[test]
    fn an_error_points_at_the_character() {
        for (text, what, column) in [
            ("", "nothing is written", 1),
            ("5", "a unit is missing", 2),
            ("s", "a number is expected", 1),
            ("5 s", "a unit is missing", 2),
            ("-5s", "a number is expected", 1),
            ("1m5x", "unknown unit", 4),
            ("5µs", "unknown unit", 2),
            ("5s1m", "the longer unit stands first, and each only once", 4),
            ("1s1s", "the longer unit stands first, and each only once", 4),
            ("1..5s", "this is not a number", 1),
            (".5s", "this is not a number", 1),
            ("99999999999999999999s", "this is not a number", 1),
            ("40000d", "more than a hundred years", 1),
        ] {
            assert_eq!(parse_duration(text), Err(DurationError { what, column }), "{text}");
        }
    }

    #[test]
    fn nothing_is_no_time_out() {
        assert!(
            parse_positive_duration("0s").is_err()
                && parse_positive_duration("0ms").is_err()
                && parse_positive_duration("1ms").is_ok()
        );
    }

    #[test]
    fn an_error_repeats_nothing_of_the_text() {
        let error = parse_duration("postgres://u:hunter2@h").map_err(|error| error.to_string()).unwrap_err();
        assert!(!error.contains("hunter2") && !error.contains("postgres"), "{error}");
    }
}
