//! Which status codes are expected.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::invalid::InvalidExpectation;

/// The status codes that a server may answer with, such as `200,204,300-399` or `2xx`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(Vec<RangeInclusive<u16>>);

/// The codes that RFC 9110, section 15 gives a meaning to; 1xx are interim and never the answer.
const CODES: RangeInclusive<u16> = 200..=599;

impl Statuses {
    /// These codes and no other.
    ///
    /// # Errors
    /// Without any code, and for one that is no final status (200 to 599).
    pub fn of(codes: impl IntoIterator<Item = u16>) -> Result<Self, InvalidExpectation> {
        Self::checked(codes.into_iter().map(|code| code..=code).collect())
    }

    /// Whether `code` is one of them.
    pub fn contains(&self, code: u16) -> bool {
        self.0.iter().any(|range| range.contains(&code))
    }

    fn checked(ranges: Vec<RangeInclusive<u16>>) -> Result<Self, InvalidExpectation> {
        let sound = |range: &RangeInclusive<u16>| {
            !range.is_empty() && CODES.contains(range.start()) && CODES.contains(range.end())
        };
        if ranges.is_empty() || !ranges.iter().all(sound) {
            return Err(InvalidExpectation::new("a status is a number from 200 to 599, a range of them, or `2xx`"));
        }
        Ok(Self(ranges))
    }
}

impl Default for Statuses {
    /// Success: 200 to 299 (RFC 9110, section 15.3).
    fn default() -> Self {
        Self(vec![200..=299])
    }
}

impl FromStr for Statuses {
    type Err = InvalidExpectation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What cannot be read is a range that is never sound.
        let ranges = text.split(',').map(|part| range(part.trim()).unwrap_or(0..=0));
        Self::checked(ranges.collect())
    }
}

fn range(part: &str) -> Option<RangeInclusive<u16>> {
    if let Some(class) = part.strip_suffix("xx") {
        let first = number(class).filter(|class| *class < 10)? * 100;
        return Some(first..=first + 99);
    }
    match part.split_once('-') {
        Some((first, last)) => Some(number(first)?..=number(last)?),
        None => number(part).map(|code| code..=code),
    }
}

fn number(digits: &str) -> Option<u16> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, range) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{comma}{first}")?,
                (first, last) => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ranges_and_classes_are_read() {
        for (text, shown, inside, outside) in [
            ("200", "200", 200, 201),
            ("200,204, 300-399", "200,204,300-399", 399, 400),
            ("2xx,404", "200-299,404", 299, 300),
        ] {
            let statuses: Statuses = text.parse().expect(text);
            assert_eq!(statuses.to_string(), shown);
            assert_eq!(shown.parse(), Ok(statuses.clone()));
            assert!(statuses.contains(inside) && !statuses.contains(outside), "{text}");
        }
    }

    #[test]
    fn what_no_server_answers_with_is_refused() {
        for text in ["", "ok", "99", "100", "600", "1xx", "6xx", "xx", "20xx", "300-200", "200-", "+200", "200,,201"] {
            assert!(text.parse::<Statuses>().is_err(), "{text}");
        }
        assert!(Statuses::of([]).is_err() && Statuses::of([200, 99]).is_err());
    }
}
