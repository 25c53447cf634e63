//! Locks that a migration tool keeps in a table of its own: a run that was killed leaves its lock, and every later run waits
//! for it or gives up.
//!
//! Sources: `_createMigrationLockTable` in <https://github.com/knex/knex/blob/master/lib/migrations/migrate/table-creator.js>,
//! `DATABASECHANGELOGLOCK` in
//! <https://github.com/liquibase/liquibase/blob/master/liquibase-standard/src/main/java/liquibase/sqlgenerator/core/CreateDatabaseChangeLogLockTableGenerator.java>.

use super::records::Records;

/// A table that holds a tool's lock.
#[derive(Debug)]
pub(super) struct Lock {
    tool: &'static str,
    /// In every spelling that matters to an engine.
    pub(super) tables: &'static [&'static str],
    held: &'static str,
    holder: Option<&'static str>,
    release: &'static str,
}

/// Every lock that is known.
pub(super) const LOCKS: &[Lock] = &[
    Lock {
        tool: "knex",
        tables: &["knex_migrations_lock"],
        held: "is_locked",
        holder: None,
        release: "knex migrate:unlock",
    },
    Lock {
        tool: "liquibase",
        tables: &["databasechangeloglock", "DATABASECHANGELOGLOCK"],
        held: "LOCKED",
        holder: Some("LOCKEDBY"),
        release: "liquibase release-locks",
    },
];

/// The lock of a tool, if it keeps one in a table.
pub(super) fn of(tool: &str) -> Option<&'static Lock> {
    LOCKS.iter().find(|lock| lock.tool == tool)
}

impl Lock {
    /// What there is to say; `None` where the lock is free, or the table another's.
    pub(super) fn note(&self, records: &Records<'_>) -> Option<String> {
        let row = records.iter().find(|record| record.flag(self.held) == Some(true))?;
        let holder = self.holder.and_then(|column| row.text(column)).filter(|holder| !holder.is_empty());
        let by = holder.map(|holder| format!(" by {holder}")).unwrap_or_default();
        Some(format!(
            "its lock is held{by}: a run is under way, or one was killed, and then `{}` frees it",
            self.release
        ))
    }
}

#[cfg(test)]
mod tests {
    use dbprobe_core::{Rows, Value};

    use super::*;

    fn told(tool: &str, columns: &[&str], row: Vec<Value>) -> Option<String> {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        let rows = Rows { columns, rows: vec![row], ..Rows::default() };
        of(tool)?.note(&Records(&rows))
    }

    #[test]
    fn a_lock_that_is_held_is_told_with_its_holder() {
        let columns = ["id", "locked", "lockgranted", "lockedby"];
        let row = |held| vec![Value::Integer(1), held, Value::Null, Value::Text("build-7 (10.0.0.7)".to_owned())];
        let note = told("liquibase", &columns, row(Value::Bool(true))).expect("a note");
        assert!(note.contains("held by build-7 (10.0.0.7)") && note.contains("liquibase release-locks"), "{note}");
        assert_eq!(told("liquibase", &columns, row(Value::Bool(false))), None);
        // MySQL's BIT(1) is a byte.
        assert!(told("liquibase", &columns, row(Value::Text("\u{1}".to_owned()))).is_some());
        assert_eq!(told("liquibase", &columns, row(Value::Text("\0".to_owned()))), None);
        let knex = |held| told("knex", &["index", "is_locked"], vec![Value::Integer(1), Value::Integer(held)]);
        assert!(knex(1).is_some_and(|note| note.contains("knex migrate:unlock")) && knex(0).is_none());
        assert_eq!(told("knex", &["a"], vec![Value::Integer(1)]), None, "another's table");
        assert!(of("goose").is_none());
    }
}
