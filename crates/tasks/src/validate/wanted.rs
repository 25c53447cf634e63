//! Extensions and settings as users ask for them.

use std::fmt;
use std::str::FromStr;

use super::range::VersionRange;

/// An extension, and the versions that it may have: `postgis`, `vector>=0.7`, `pgcrypto>=1.3,<2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionWish {
    /// Its name.
    pub name: String,
    /// Its versions; `None` where any will do.
    pub version: Option<VersionRange>,
}

/// A setting and what it has to be: `wal_level=logical`, `max_connections>=200`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingWish {
    /// Its name.
    pub name: String,
    relation: Relation,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    AtLeast,
    AtMost,
    Equal,
    Less,
    More,
    Unequal,
}

/// A wish that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidWish(String);

impl fmt::Display for InvalidWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidWish {}

impl FromStr for ExtensionWish {
    type Err = InvalidWish;

    fn from_str(text: &str) -> Result<Self, InvalidWish> {
        let end = text.find(['<', '>', '=', '!']).unwrap_or(text.len());
        let (name, range) = text.split_at(end);
        if name.trim().is_empty() {
            return Err(InvalidWish("the extension's name is missing; write for example `vector>=0.7`".to_owned()));
        }
        let version = (!range.is_empty()).then(|| range.parse()).transpose();
        let version = version.map_err(|error: super::range::InvalidRange| {
            InvalidWish(format!("the version of the extension: {error}"))
        })?;
        Ok(Self { name: name.trim().to_owned(), version })
    }
}

impl fmt::Display for ExtensionWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, "{version}"))
    }
}

impl FromStr for SettingWish {
    type Err = InvalidWish;

    fn from_str(text: &str) -> Result<Self, InvalidWish> {
        let example = "write for example `wal_level=logical` or `max_connections>=200`";
        let end =
            text.find(['<', '>', '=', '!']).ok_or_else(|| InvalidWish(format!("the value is missing; {example}")))?;
        let (name, rest) = text.split_at(end);
        if name.trim().is_empty() {
            return Err(InvalidWish(format!("the setting's name is missing; {example}")));
        }
        let found = Relation::SIGNS.iter().find_map(|(sign, relation)| Some((*relation, rest.strip_prefix(sign)?)));
        let (relation, value) = found.ok_or_else(|| InvalidWish(format!("`!` is no comparison; {example}")))?;
        let wish = Self { name: name.trim().to_owned(), relation, value: value.trim().to_owned() };
        if wish.relation.is_order() && number(&wish.value).is_none() {
            return Err(InvalidWish(format!("only numbers can be compared by their size; {example}")));
        }
        Ok(wish)
    }
}

impl fmt::Display for SettingWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.name, self.relation.sign(), self.value)
    }
}

impl SettingWish {
    /// Whether `actual` is as wished; `None` where sizes are to be compared and it is no number.
    ///
    /// Sizes and spans carry their unit on some servers: `128MB` is compared as bytes, `5min` as milliseconds, where both sides
    /// have one. Words are compared without regard to case, and `on`, `true`, `yes` and `1` are the same.
    pub fn holds(&self, actual: &str) -> Option<bool> {
        let ordering = number(actual).zip(number(&self.value)).and_then(|(left, right)| left.partial_cmp(&right));
        Some(match self.relation {
            Relation::Equal | Relation::Unequal => {
                let same = ordering.map_or_else(|| word(actual) == word(&self.value), std::cmp::Ordering::is_eq);
                same == (self.relation == Relation::Equal)
            }
            Relation::AtLeast => ordering?.is_ge(),
            Relation::AtMost => ordering?.is_le(),
            Relation::Less => ordering?.is_lt(),
            Relation::More => ordering?.is_gt(),
        })
    }
}

impl Relation {
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

    fn sign(self) -> &'static str {
        let sign = Self::SIGNS.iter().rev().find(|(_, relation)| *relation == self);
        sign.map_or("=", |(sign, _)| sign)
    }

    fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::Unequal)
    }
}

fn word(text: &str) -> String {
    let text = text.trim().to_lowercase();
    match text.as_str() {
        "true" | "yes" | "1" => "on".to_owned(),
        "false" | "no" | "0" => "off".to_owned(),
        _ => text,
    }
}

/// A number with one of PostgreSQL's units, in bytes or milliseconds
/// (<https://www.postgresql.org/docs/current/config-setting.html>).
fn number(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 12] = [
        ("kB", 1024.0),
        ("MB", 1_048_576.0),
        ("GB", 1_073_741_824.0),
        ("TB", 1_099_511_627_776.0),
        ("us", 0.001),
        ("ms", 1.0),
        ("min", 60_000.0),
        ("s", 1000.0),
        ("h", 3_600_000.0),
        ("d", 86_400_000.0),
        ("B", 1.0),
        ("", 1.0),
    ];
    let text = text.trim();
    let (unit, factor) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let digits = text.strip_suffix(unit)?.trim_end();
    // `inf` and `nan` are numbers to Rust only.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || b".-+".contains(&byte));
    digits.parse::<f64>().ok().filter(|_| plain).map(|value| value * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_compared_as_words_or_by_size() {
        for (wish, actual, expected) in [
            ("wal_level=logical", "logical", Some(true)),
            ("wal_level=logical", "replica", Some(false)),
            ("fsync=on", "1", Some(true)),
            ("max_connections>=200", "100", Some(false)),
            ("max_connections >= 200", "200", Some(true)),
            ("shared_buffers>=1GB", "128MB", Some(false)),
            ("shared_buffers=128MB", "131072kB", Some(true)),
            ("statement_timeout<=5min", "30s", Some(true)),
            ("timezone!=UTC", "Etc/UTC", Some(true)),
            ("work_mem>4", "plenty", None),
        ] {
            let read: SettingWish = wish.parse().expect("a wish");
            assert_eq!(read.holds(actual), expected, "{wish} {actual}");
        }
        for wrong in ["wal_level", "=x", "a>b", "a!b"] {
            assert!(wrong.parse::<SettingWish>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_extension_may_name_its_versions() {
        let read: ExtensionWish = "vector>=0.7".parse().expect("a wish");
        assert_eq!(
            (read.name.as_str(), read.version.and_then(|range| range.contains("0.8.0"))),
            ("vector", Some(true))
        );
        assert_eq!("postgis".parse::<ExtensionWish>().map(|wish| wish.version), Ok(None));
        assert!(">=1".parse::<ExtensionWish>().is_err() && "a>=x".parse::<ExtensionWish>().is_err());
    }
}
