//! Single facts of a database file.

use dbprobe_core::{Failure, Lookup};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, OptionalExtension};

use crate::database::Database;
use crate::sql;

/// Looks every one of `wanted` up. The clock is this machine's, and a file has no network and no proxy: that is `None`.
pub(crate) fn look_up(database: &mut Database, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
    database.patiently(|connection| wanted.iter().map(|lookup| find(connection, lookup)).collect())
}

fn find(connection: &Connection, lookup: &Lookup) -> Result<Option<String>, Error> {
    match lookup {
        // A module is compiled in, so its version is SQLite's own.
        Lookup::Extension(name) => {
            let found = connection.query_row(sql::FIND_MODULE, [name], |_| Ok(())).optional()?;
            Ok(found.map(|()| rusqlite::version().to_owned()))
        }
        Lookup::Setting(name) => match sql::setting(name) {
            Some(sql) => connection.query_row(&sql, [], |row| row.get_ref(0).map(text)).optional().map(Option::flatten),
            None => Ok(None),
        },
        Lookup::Table(name) => table(connection, name),
        _ => Ok(None),
    }
}

/// A table or view of the file's by its name, with `main.` before it or not. SQLite takes names in any case; one that is
/// written so counts first.
fn table(connection: &Connection, name: &str) -> Result<Option<String>, Error> {
    let find = |name: &str| connection.query_row(sql::FIND_TABLE, [name], |row| row.get::<_, String>(0)).optional();
    if let Some(found) = find(name)? {
        return Ok(Some(full_name(&found)));
    }
    match name.split_once('.') {
        Some((schema, table)) if schema.eq_ignore_ascii_case("main") => {
            // As a statement has it, or as `full_name` wrote it.
            let unquoted =
                table.strip_prefix('"').and_then(|table| table.strip_suffix('"')).map(|it| it.replace("\"\"", "\""));
            Ok(find(unquoted.as_deref().unwrap_or(table))?.map(|found| full_name(&found)))
        }
        _ => Ok(None),
    }
}

fn full_name(table: &str) -> String {
    let is_plain = table.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_plain = is_plain && !table.starts_with(|first: char| first.is_ascii_digit());
    if is_plain { format!("main.{table}") } else { format!("main.\"{}\"", table.replace('"', "\"\"")) }
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()).filter(|text| !text.is_empty()),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(connection: &Connection, name: &str) -> Option<String> {
        find(connection, &Lookup::Setting(name.to_owned())).expect("an answer")
    }

    #[test]
    fn a_look_up_changes_nothing() {
        let connection = Connection::open_in_memory().expect("a database");
        assert_eq!(setting(&connection, "USER_VERSION").as_deref(), Some("0"));
        for name in
            ["user_version = 7", "user_version(7)", "user_version; drop table x", "optimize", "shrink_memory", ""]
        {
            assert_eq!(setting(&connection, name), None, "{name}");
        }
        assert_eq!(setting(&connection, "user_version").as_deref(), Some("0"));
        for name in sql::SETTINGS {
            assert!(setting(&connection, name).is_some(), "{name}");
        }
    }

    #[test]
    fn tables_are_found_as_sqlite_takes_names() {
        let connection = Connection::open_in_memory().expect("a database");
        let script = "CREATE TABLE orders (a); CREATE VIEW \"a \"\"b\" AS SELECT 1; CREATE INDEX i ON orders (a)";
        connection.execute_batch(script).expect("tables");
        let table = |name: &str| table(&connection, name).expect("an answer");
        assert_eq!(table("ORDERS").as_deref(), Some("main.orders"));
        assert_eq!(table("main.orders").as_deref(), Some("main.orders"));
        assert_eq!(table("a \"b").as_deref(), Some("main.\"a \"\"b\""));
        assert_eq!(table("main.\"a \"\"b\"").as_deref(), Some("main.\"a \"\"b\""));
        for missing in ["i", "temp.orders", "other.orders", "orders; drop table orders", "order%", ""] {
            assert_eq!(table(missing), None, "{missing}");
        }
    }
}
