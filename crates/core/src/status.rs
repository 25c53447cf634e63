//! The one word for a target, and every other word that is a view of it.

/// Whether a target is usable. `Ord` goes from best to worst, so the worst of several is their `max`.
// Exhaustive on purpose: exit codes, Nagios words and alerts are built on these four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// Every step asked for passed.
    Up,
    /// Reachable, but a write, an inspection, a threshold or an expectation failed.
    Degraded,
    /// The database was never asked.
    Unknown,
    /// Connect, ping or read failed.
    Down,
}

impl Status {
    /// Every status from best to worst.
    pub const ALL: [Self; 4] = [Self::Up, Self::Degraded, Self::Unknown, Self::Down];

    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Down => "down",
        }
    }

    /// The exit code of `check`, which is also the Nagios plug-in code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Up => 0,
            Self::Degraded => 1,
            Self::Down => 2,
            Self::Unknown => 3,
        }
    }

    /// The Nagios plug-in word.
    pub fn nagios_word(self) -> &'static str {
        match self {
            Self::Up => "OK",
            Self::Degraded => "WARNING",
            Self::Down => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The word of the `/health` route.
    pub fn health_word(self) -> &'static str {
        match self {
            Self::Up => "ok",
            Self::Degraded => "degraded",
            Self::Down | Self::Unknown => "error",
        }
    }

    /// Whether the database answers at all: the `db_up` gauge.
    pub fn answers(self) -> bool {
        matches!(self, Self::Up | Self::Degraded)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_wins_in_the_order_of_the_contract() {
        assert_eq!(Status::ALL.iter().max(), Some(&Status::Down));
        assert!(Status::Down > Status::Unknown && Status::Unknown > Status::Degraded && Status::Degraded > Status::Up);
    }

    #[test]
    fn exit_codes_are_those_of_nagios() {
        assert_eq!(
            Status::ALL.map(|status| (status.exit_code(), status.nagios_word())),
            [(0, "OK"), (1, "WARNING"), (3, "UNKNOWN"), (2, "CRITICAL")]
        );
    }
}
