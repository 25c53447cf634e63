//! Numbers as both text formats have them.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

/// A sample's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Real(f64),
    Whole(u64),
}

impl Number {
    /// Adds the number to `text`, in the shortest form that reads back as the same value.
    pub(crate) fn write(self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Whole(number) => write!(text, "{number}"),
            Self::Real(number) if number.is_infinite() => write!(text, "{}Inf", if number > 0.0 { '+' } else { '-' }),
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and far smaller than 2^63")]
            Self::Real(number) if number.fract() == 0.0 && number.abs() < 1e15 => write!(text, "{}", number as i64),
            Self::Real(number) => write!(text, "{number:?}"),
        };
    }
}

impl From<bool> for Number {
    fn from(flag: bool) -> Self {
        Self::Whole(u64::from(flag))
    }
}

impl From<Duration> for Number {
    fn from(duration: Duration) -> Self {
        Self::Real(duration.as_secs_f64())
    }
}

impl From<Timestamp> for Number {
    fn from(time: Timestamp) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years")]
        let milliseconds = time.as_millisecond() as f64;
        Self::Real(milliseconds / 1000.0)
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self::Whole(number)
    }
}

impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Self::Whole(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

/// The label `le` of a bucket: OpenMetrics' canonical number, `1.0` and not `1`.
///
/// The text format would take either. One spelling in both keeps a series the same, whichever format is negotiated.
/// Source: OpenMetrics 1.0.0, "Considerations: Canonical Numbers"; the exponent has two digits as C and Go print it.
pub(crate) fn bound(bound: f64) -> String {
    if (1e-4..1e6).contains(&bound.abs()) || bound == 0.0 || !bound.is_finite() {
        return if bound == f64::INFINITY { "+Inf".to_owned() } else { format!("{bound:?}") };
    }
    let scientific = format!("{bound:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(number: impl Into<Number>) -> String {
        let mut text = String::new();
        number.into().write(&mut text);
        text
    }

    #[test]
    fn numbers_are_short_and_exact() {
        let cases = [(0.0, "0"), (4.0, "4"), (-1.0, "-1"), (0.0005, "0.0005"), (1_795_153_200.123, "1795153200.123")];
        for (number, text) in cases {
            assert_eq!(written(number), text);
        }
        assert_eq!((written(1e-7).as_str(), written(1e300).as_str()), ("1e-7", "1e300"));
        assert_eq!(written(u64::MAX), "18446744073709551615");
        assert_eq!(written(true), "1");
        assert_eq!(written(Duration::from_micros(7_300)), "0.0073");
    }

    #[test]
    fn what_is_no_number_has_the_spelling_of_the_formats() {
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(written), ["NaN", "+Inf", "-Inf"]);
    }

    #[test]
    fn bounds_are_canonical() {
        let cases = [
            (0.0, "0.0"),
            (0.000_05, "5e-05"),
            (0.000_1, "0.0001"),
            (0.000_25, "0.00025"),
            (0.95, "0.95"),
            (1.0, "1.0"),
            (10.0, "10.0"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (2.5e10, "2.5e+10"),
            (1e-10, "1e-10"),
            (f64::INFINITY, "+Inf"),
        ];
        for (number, text) in cases {
            assert_eq!(bound(number), text);
        }
    }
}
