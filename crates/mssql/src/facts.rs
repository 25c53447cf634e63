//! From the facts that a server tells to an inspection, and what was learned about which it does tell.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dbprobe_core::{Inspection, Role};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::answer::Answer;
use crate::sql::FACTS;

/// What one session found out about a server and the next ones need not find out again. It belongs to the target.
#[derive(Debug, Default)]
pub(crate) struct Learned(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    plain_ping: bool,
    bare: bool,
    takes_no_parameters: bool,
    known_facts: Option<Vec<usize>>,
}

impl Learned {
    /// Whether the server is one that does not have what the full ping asks for.
    pub(crate) fn pings_plainly(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).plain_ping
    }

    pub(crate) fn ping_plainly(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).plain_ping = true;
    }

    /// Whether the server is one that does not have the settings that every batch begins with.
    pub(crate) fn is_bare(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bare
    }

    pub(crate) fn bare(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bare = true;
    }

    /// Whether the server is one that takes statements as whole texts only.
    pub(crate) fn takes_no_parameters(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).takes_no_parameters
    }

    pub(crate) fn took_no_parameters(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).takes_no_parameters = true;
    }

    /// The facts that the server tells, where it does not take all of them at once.
    pub(crate) fn known_facts(&self) -> Option<Vec<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known_facts.clone()
    }

    pub(crate) fn knows_facts(&self, known: Option<Vec<usize>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known_facts = known;
    }
}

/// Facts by their names in [`FACTS`].
#[derive(Debug, Default)]
pub(crate) struct Facts(Vec<(&'static str, String)>);

impl Facts {
    /// The facts at the places `known`, one in each column of `answer`.
    pub(crate) fn of(answer: &Answer, known: impl IntoIterator<Item = usize>) -> Self {
        let mut facts = Self::default();
        for (column, at) in known.into_iter().enumerate() {
            facts.add(at, answer.text(column));
        }
        facts
    }

    /// Adds the fact at the place `at`; what is not known is left out.
    pub(crate) fn add(&mut self, at: usize, value: Option<&str>) {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        if let (Some((name, _)), Some(value)) = (FACTS.get(at), value) {
            self.0.push((name, value.to_owned()));
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    fn is_babelfish(&self) -> bool {
        self.text("babelfish") == Some("1")
    }

    /// A secondary replica of an availability group says so; one of Azure's and one of log shipping are known by this:
    /// the session cannot write, though the database is not set to read-only.
    fn role(&self) -> Option<Role> {
        let is_replica = match self.text("primary") {
            Some("0") => true,
            Some("1") => false,
            _ => self.text("standby") == Some("1") || (self.is_read_only()? && self.text("read_only") == Some("0")),
        };
        Some(if is_replica { Role::Replica } else { Role::Primary })
    }

    fn is_read_only(&self) -> Option<bool> {
        match self.text("updateability") {
            Some("READ_ONLY") => Some(true),
            Some("READ_WRITE") => Some(false),
            _ => self.text("read_only").map(|flag| flag == "1"),
        }
    }

    /// In UTC. Babelfish's `tempdb` is as old as the cluster.
    fn started_at(&self) -> Option<Timestamp> {
        let of_tempdb = || if self.is_babelfish() { None } else { self.text("tempdb_created") };
        let time: DateTime = self.text("started").or_else(of_tempdb)?.parse().ok()?;
        time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    }

    pub(crate) fn inspection(&self) -> Inspection {
        let mut inspection = Inspection::default();
        inspection.version = self.text("version").map(str::to_owned);
        inspection.role = self.role();
        inspection.read_only = self.is_read_only();
        inspection.started_at = self.started_at();
        inspection.connections = self.number("connections").filter(|count| *count > 0);
        inspection.connections_max = self.number("connections_max").filter(|count| *count > 0);
        inspection.size_bytes = self.number("size_bytes").filter(|size| *size > 0);
        inspection.replication_lag = self.number("lag").map(Duration::from_secs);
        let product = if self.is_babelfish() { "Babelfish" } else { "SQL Server" };
        let facts = &mut inspection.facts;
        if self.text("version").is_some() {
            facts.insert("product".to_owned(), product.to_owned());
        }
        for name in ["edition", "recovery_model"] {
            if let Some(value) = self.text(name) {
                facts.insert(name.to_owned(), value.to_owned());
            }
        }
        inspection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(known: &[(&str, &str)]) -> Facts {
        let mut facts = Facts::default();
        for (name, value) in known {
            let at = FACTS.iter().position(|(fact, _)| fact == name).expect("a fact");
            facts.add(at, Some(value));
        }
        facts
    }

    #[test]
    fn a_replica_is_told_from_a_read_only_database() {
        let role = |known: &[(&str, &str)]| facts(known).role();
        assert_eq!(role(&[("updateability", "READ_WRITE"), ("read_only", "0")]), Some(Role::Primary));
        assert_eq!(role(&[("updateability", "READ_ONLY"), ("read_only", "1")]), Some(Role::Primary));
        assert_eq!(role(&[("updateability", "READ_ONLY"), ("read_only", "0")]), Some(Role::Replica));
        assert_eq!(role(&[("primary", "0"), ("updateability", "READ_ONLY")]), Some(Role::Replica));
        assert_eq!(role(&[("primary", "1"), ("updateability", "READ_WRITE")]), Some(Role::Primary));
        assert_eq!(role(&[("version", "16.0")]), None);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let known = facts(&[("version", "16.0.4135.4"), ("connections", "0"), ("started", "2026-11-21T07:00:00.123")]);
        let inspection = known.inspection();
        assert_eq!((inspection.connections, inspection.size_bytes), (None, None));
        assert_eq!(inspection.started_at.map(|at| at.to_string()).as_deref(), Some("2026-11-21T07:00:00.123Z"));
        assert_eq!(inspection.facts.get("product").map(String::as_str), Some("SQL Server"));
        let babelfish = facts(&[("version", "12"), ("babelfish", "1"), ("tempdb_created", "2026-11-21T07:00:00")]);
        assert_eq!(babelfish.inspection().started_at, None);
        assert_eq!(babelfish.inspection().facts.get("product").map(String::as_str), Some("Babelfish"));
    }
}
