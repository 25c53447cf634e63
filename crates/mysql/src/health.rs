//! The health table as a session finds it.

/// What the ping found under the name of the health table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HealthTable {
    /// Nobody has looked yet.
    Unknown,
    Missing,
    /// A view, a table of an odd engine, or one with triggers: `why`.
    Distrusted(&'static str),
    Trusted,
}

impl HealthTable {
    /// From the table's kind and engine, and the number of its triggers, as far as they are visible.
    ///
    /// A view may call functions in our name, and an engine such as FEDERATED or CONNECT sends a write elsewhere. A
    /// trigger runs in its maker's name, so it could not use our rights; but it would run on every probe.
    pub(crate) fn new(kind: Option<&str>, triggers: u64) -> Self {
        match kind {
            None => Self::Missing,
            Some("BASE TABLE/InnoDB" | "BASE TABLE/ROCKSDB" | "BASE TABLE/ndbcluster") if triggers == 0 => {
                Self::Trusted
            }
            Some(kind) if !kind.starts_with("BASE TABLE/") => Self::Distrusted("it is not a table but a view"),
            Some(_) if triggers > 0 => Self::Distrusted("it has triggers"),
            Some(_) => Self::Distrusted("its engine is not InnoDB"),
        }
    }

    /// Why it is not used, where it is there.
    pub(crate) fn distrust(&self) -> Option<&'static str> {
        match self {
            Self::Distrusted(why) => Some(why),
            Self::Unknown | Self::Missing | Self::Trusted => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_table_of_a_transactional_engine_is_trusted() {
        assert_eq!(HealthTable::new(None, 0), HealthTable::Missing);
        assert_eq!(HealthTable::new(Some("BASE TABLE/InnoDB"), 0), HealthTable::Trusted);
        for (kind, triggers) in [
            ("BASE TABLE/InnoDB", 1),
            ("BASE TABLE/MEMORY", 0),
            ("BASE TABLE/FEDERATED", 0),
            ("BASE TABLE/", 0),
            ("VIEW/", 0),
            ("SEQUENCE/InnoDB", 0),
            ("SYSTEM VERSIONED/InnoDB", 0),
        ] {
            assert!(HealthTable::new(Some(kind), triggers).distrust().is_some(), "{kind} with {triggers}");
        }
    }
}
