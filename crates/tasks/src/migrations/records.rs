//! The rows of a history, by the names of their columns.

use dbprobe_core::{Rows, Value};

/// The rows of a history table.
pub(super) struct Records<'a>(pub(super) &'a Rows);

/// One of them.
pub(super) struct Record<'a> {
    columns: &'a [String],
    values: &'a [Value],
}

impl<'a> Records<'a> {
    /// Whether the table has these columns, whatever their case.
    pub(super) fn have(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.0.columns.iter().any(|column| column.eq_ignore_ascii_case(name)))
    }

    /// How many columns the table has.
    pub(super) fn width(&self) -> usize {
        self.0.columns.len()
    }

    /// The rows; that of an empty table, which is nothing but NULLs, is left out.
    pub(super) fn iter(&self) -> impl Iterator<Item = Record<'a>> {
        let rows: &'a Rows = self.0;
        let known = rows.rows.iter().filter(|row| row.iter().any(|value| *value != Value::Null));
        known.map(|values| Record { columns: &rows.columns, values })
    }
}

impl Record<'_> {
    /// A value as text; `None` for NULL, and where there is no such column.
    pub(super) fn text(&self, column: &str) -> Option<String> {
        match self.value(column)? {
            Value::Null => None,
            Value::Text(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(format!("{number:.0}")),
            Value::Bool(flag) => Some(flag.to_string()),
            other => Some(format!("{other:?}")),
        }
    }

    /// A value as yes or no: engines without the type keep 0 and 1.
    pub(super) fn flag(&self, column: &str) -> Option<bool> {
        match self.value(column)? {
            Value::Bool(flag) => Some(*flag),
            Value::Integer(number) => Some(*number != 0),
            Value::Text(text) => match text.to_ascii_lowercase().as_str() {
                // The last of each is a bit of MySQL's.
                "1" | "t" | "true" | "\u{1}" => Some(true),
                "0" | "f" | "false" | "\0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A value as a whole number.
    pub(super) fn integer(&self, column: &str) -> Option<i64> {
        self.text(column)?.parse().ok()
    }

    fn value(&self, column: &str) -> Option<&Value> {
        let at = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column))?;
        self.values.get(at)
    }
}
