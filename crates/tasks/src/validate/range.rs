//! Which versions a server may have.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A range of versions such as `>=14,<18`: every part of it has to hold.
///
/// A version is compared as far as the range writes it: 17.5 is `<=17` and `=17`, and not `>17`. What follows the numbers, as
/// in `10.11.6-MariaDB`, does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRange {
    text: String,
    parts: Vec<(Comparison, Vec<u64>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Equal,
    Less,
    More,
    Unequal,
}

/// A range that cannot be read, with the column of the mistake, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRange {
    column: usize,
    what: &'static str,
}

impl fmt::Display for InvalidRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at column {}; write for example `>=14,<18`", self.what, self.column)
    }
}

impl std::error::Error for InvalidRange {}

impl VersionRange {
    /// Whether `version` is in the range; `None` where it does not begin with a number.
    pub fn contains(&self, version: &str) -> Option<bool> {
        let version = leading(version)?;
        Some(self.parts.iter().all(|(comparison, bound)| comparison.holds(compare(&version, bound))))
    }
}

impl Comparison {
    /// Longer signs first: `>=` begins with `>`.
    const SIGNS: [(&'static str, Self); 7] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("!=", Self::Unequal),
        ("==", Self::Equal),
        (">", Self::More),
        ("<", Self::Less),
        ("=", Self::Equal),
    ];

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::AtLeast => ordering != Ordering::Less,
            Self::AtMost => ordering != Ordering::Greater,
            Self::Equal => ordering == Ordering::Equal,
            Self::Less => ordering == Ordering::Less,
            Self::More => ordering == Ordering::Greater,
            Self::Unequal => ordering != Ordering::Equal,
        }
    }
}

/// As many parts as the bound has; a missing one is 0.
fn compare(version: &[u64], bound: &[u64]) -> Ordering {
    let parts = bound.iter().enumerate().map(|(at, bound)| version.get(at).unwrap_or(&0).cmp(bound));
    parts.into_iter().find(|ordering| *ordering != Ordering::Equal).unwrap_or(Ordering::Equal)
}

/// The dotted numbers that a version begins with.
fn leading(version: &str) -> Option<Vec<u64>> {
    let version = version.trim().trim_start_matches(['v', 'V']);
    let end = version.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(version.len());
    let numbers: Vec<u64> = version[..end].split('.').map_while(|part| part.parse().ok()).collect();
    (!numbers.is_empty()).then_some(numbers)
}

impl FromStr for VersionRange {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let (mut parts, mut offset) = (Vec::new(), 0);
        for part in text.split(',') {
            parts.push(read(part, |at, what| InvalidRange { column: text[..offset + at].chars().count() + 1, what })?);
            offset += part.len() + 1;
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

fn read(
    part: &str,
    wrong: impl Fn(usize, &'static str) -> InvalidRange,
) -> Result<(Comparison, Vec<u64>), InvalidRange> {
    let start = part.len() - part.trim_start().len();
    let sign = Comparison::SIGNS.iter().find(|(sign, _)| part[start..].starts_with(sign));
    let (length, comparison) = sign.map_or((0, Comparison::Equal), |(sign, comparison)| (sign.len(), *comparison));
    let after = &part[start + length..];
    let at = part.len() - after.trim_start().len();
    let version = after.trim();
    if version.is_empty() {
        return Err(wrong(at, "a version is missing"));
    }
    let mut numbers = Vec::new();
    let mut offset = at;
    for number in version.split('.') {
        let whole = number.bytes().all(|byte| byte.is_ascii_digit());
        let parsed = number.parse().ok().filter(|_| whole);
        numbers.push(parsed.ok_or_else(|| wrong(offset, "a number is expected"))?);
        offset += number.len() + 1;
    }
    Ok((comparison, numbers))
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_far_as_the_range_writes_them() {
        for (range, version, expected) in [
            (">=14,<18", "15.20", Some(true)),
            (">=14,<18", "18.0", Some(false)),
            (">=14,<18", "13.9 (Debian 13.9-1)", Some(false)),
            (">= 10.11 , != 10.11.5", "10.11.6-MariaDB", Some(true)),
            (">= 10.11 , != 10.11.5", "10.11.5-MariaDB", Some(false)),
            ("<=17", "17.5", Some(true)),
            (">17", "17.5", Some(false)),
            ("17", "17.5", Some(true)),
            ("=3.40.1", "3.40", Some(false)),
            ("<10", "9.12", Some(true)),
            (">=1", "unknown", None),
        ] {
            let read: VersionRange = range.parse().expect("a range");
            assert_eq!(read.contains(version), expected, "{range} {version}");
        }
    }

    #[test]
    fn a_mistake_is_pointed_at() {
        for (range, column) in
            [("", 1), (">=14,", 6), (">=14,<x", 7), (">=14.x", 6), ("~14", 1), (">=14..2", 6), (">", 2)]
        {
            let error = range.parse::<VersionRange>().expect_err(range);
            assert_eq!(error.column, column, "{range}: {error}");
        }
    }
}
