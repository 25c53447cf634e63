//! The answer to a user's own query: typed values.

use dbprobe_core::{Rows, Value};
use mysql_common::constants::ColumnType;

use crate::answer::{Cell, Heading, Table};

/// The rows with their types.
pub(crate) fn typed(table: Table) -> Rows {
    let Table { headings, rows, truncated } = table;
    let rows = rows
        .into_iter()
        .map(|row| row.into_iter().zip(&headings).map(|(cell, heading)| value(cell, heading)).collect())
        .collect();
    Rows { columns: headings.into_iter().map(|heading| heading.name).collect(), rows, truncated }
}

fn value(cell: Cell, heading: &Heading) -> Value {
    use ColumnType::*;
    let Some(text) = cell else { return Value::Null };
    let number = match heading.kind {
        MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONG | MYSQL_TYPE_LONGLONG
        | MYSQL_TYPE_YEAR => text.parse().ok().map(Value::Integer).or_else(|| float(&text)),
        MYSQL_TYPE_FLOAT | MYSQL_TYPE_DOUBLE | MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => float(&text),
        _ => None,
    };
    number.unwrap_or(Value::Text(text))
}

/// A number beyond 2^63, which only an unsigned one can be, is rounded.
fn float(text: &str) -> Option<Value> {
    text.parse().ok().map(Value::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_type_of_their_column() {
        let heading = |kind| Heading { name: "x".into(), kind };
        let read = |text: &str, kind| value(Some(text.to_owned()), &heading(kind));
        assert_eq!(read("-7", ColumnType::MYSQL_TYPE_LONGLONG), Value::Integer(-7));
        assert_eq!(
            read("18446744073709551615", ColumnType::MYSQL_TYPE_LONGLONG),
            Value::Float(18_446_744_073_709_551_615.0)
        );
        assert_eq!(read("1.50", ColumnType::MYSQL_TYPE_NEWDECIMAL), Value::Float(1.5));
        assert_eq!(read("2026-11-21", ColumnType::MYSQL_TYPE_DATE), Value::Text("2026-11-21".into()));
        assert_eq!(value(None, &heading(ColumnType::MYSQL_TYPE_LONG)), Value::Null);
    }
}
