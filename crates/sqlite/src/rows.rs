//! A user's own query, within its caps.

use dbprobe_core::{Access, Class, Failure, Query, Rows, Value};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Row};

use crate::classify;
use crate::database::Database;
use crate::sql;

/// Pragmas that only tell. Others change the connection or the file, some of them without a value.
const TELLING: &[&str] = &[
    "application_id",
    "auto_vacuum",
    "collation_list",
    "compile_options",
    "data_version",
    "database_list",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "journal_mode",
    "max_page_count",
    "page_count",
    "page_size",
    "quick_check",
    "schema_version",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Runs the user's statement.
pub(crate) fn query(database: &mut Database, query: &Query) -> Result<Rows, Failure> {
    let rows = match query.access {
        Access::ReadOnly => guarded(&mut database.connection, query),
        Access::ReadWrite => collect(&database.connection, query),
    };
    rows.map_err(|error| match classify::code(&error) {
        Some((rusqlite::ffi::SQLITE_MISUSE, _)) => Failure::new(Class::Query, "the statement is empty"),
        _ => classify::failure(error),
    })
}

/// Two locks on one door: the authorizer refuses statements that do more than read (an ATTACH would create a file), and
/// `query_only` refuses changes, whatever way they take.
fn guarded(connection: &mut Connection, query: &Query) -> Result<Rows, Error> {
    connection.execute_batch(sql::QUERY_ONLY)?;
    connection.authorizer(Some(allowed))?;
    let rows = collect(connection, query);
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    connection.execute_batch(sql::QUERY_ANY)?;
    rows
}

fn allowed(context: AuthContext<'_>) -> Authorization {
    let allowed = match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => !function_name.eq_ignore_ascii_case("load_extension"),
        AuthAction::Pragma { pragma_name, .. } => TELLING.contains(&pragma_name.to_ascii_lowercase().as_str()),
        _ => false,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}

fn collect(connection: &Connection, query: &Query) -> Result<Rows, Error> {
    let mut statement = connection.prepare(&query.sql)?;
    if query.access == Access::ReadOnly && !statement.readonly() {
        return Err(Error::InvalidQuery);
    }
    let columns = statement.column_names().map(str::to_owned).collect();
    let mut rows = Rows { columns, ..Rows::default() };
    let mut bytes = 0;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        bytes += row_size(row, rows.columns.len())?;
        if rows.rows.len() == query.max_rows || bytes > query.max_bytes {
            rows.truncated = true;
            break;
        }
        let values = (0..rows.columns.len()).map(|at| row.get_ref(at).map(value));
        rows.rows.push(values.collect::<Result<_, _>>()?);
    }
    Ok(rows)
}

/// Counted before anything is copied: one value can be a gigabyte.
fn row_size(row: &Row<'_>, columns: usize) -> Result<usize, Error> {
    let sizes = (0..columns).map(|at| {
        Ok(match row.get_ref(at)? {
            ValueRef::Null => 0,
            ValueRef::Integer(_) | ValueRef::Real(_) => 8,
            ValueRef::Text(text) => text.len(),
            ValueRef::Blob(blob) => 3 + 2 * blob.len(),
        })
    });
    sizes.sum()
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Float(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(blob) => {
            let digits: String = blob.iter().map(|byte| format!("{byte:02x}")).collect();
            Value::Text(format!("x'{digits}'"))
        }
    }
}
