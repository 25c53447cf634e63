//! Who probes: the key of one row in the health table.

use std::fmt;
use std::str::FromStr;

use crate::dsn::DsnError;

/// The name of this prober, which owns one row of the health table.
///
/// 1 to 64 characters of `A-Z a-z 0-9 . _ : @ / -`, so that it is safe inside any statement and label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Prober(String);

impl Prober {
    /// The longest name, in characters: short enough for an indexed column on every engine.
    pub const LONGEST: usize = 64;

    /// This host's name; characters that a prober's name cannot have become `-`.
    pub fn of_this_host() -> Self {
        let host = gethostname::gethostname();
        let name: String =
            host.to_string_lossy().chars().map(|c| if allowed(c) { c } else { '-' }).take(Self::LONGEST).collect();
        Self(if name.is_empty() { "dbprobe".to_owned() } else { name })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Prober {
    type Err = DsnError;

    fn from_str(text: &str) -> Result<Self, DsnError> {
        if text.is_empty() || text.len() > Self::LONGEST || !text.chars().all(allowed) {
            return Err(DsnError::new(format!(
                "a prober's name has 1 to {} characters of A-Z a-z 0-9 . _ : @ / -",
                Self::LONGEST
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Prober {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '@' | '/' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_end_a_string_is_refused() {
        for bad in ["", "a'b", "a\\b", "a b", "ä", &"x".repeat(65)] {
            assert!(bad.parse::<Prober>().is_err(), "{bad}");
        }
        assert!("eu-west/probe_1@host:9091".parse::<Prober>().is_ok());
        assert!(Prober::of_this_host().as_str().parse::<Prober>().is_ok());
    }
}
