//! The one row that every statement of ours answers with.

use dbprobe_core::{Class, Failure};
use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

/// The last row of a simple-query message's answer, read by column.
pub(crate) struct Answer {
    row: Option<SimpleQueryRow>,
}

impl Answer {
    pub(crate) fn new(messages: Vec<SimpleQueryMessage>) -> Self {
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Self { row: rows.last() }
    }

    /// The value of `column`; `None` for NULL, for a column that is not there, and without a row.
    pub(crate) fn text(&self, column: usize) -> Option<&str> {
        self.row.as_ref()?.try_get(column).ok().flatten()
    }

    /// A number.
    pub(crate) fn decimal(&self, column: usize) -> Option<f64> {
        self.text(column)?.parse().ok()
    }

    /// A whole number that is not negative.
    pub(crate) fn number(&self, column: usize) -> Result<u64, Failure> {
        self.text(column).and_then(|text| text.parse().ok()).ok_or_else(|| unexpected(column))
    }

    /// True or false.
    pub(crate) fn flag(&self, column: usize) -> Result<bool, Failure> {
        self.maybe_flag(column)?.ok_or_else(|| unexpected(column))
    }

    /// True or false, or nothing without a row.
    pub(crate) fn maybe_flag(&self, column: usize) -> Result<Option<bool>, Failure> {
        match (&self.row, self.text(column)) {
            (None, _) => Ok(None),
            (Some(_), Some("t")) => Ok(Some(true)),
            (Some(_), Some("f")) => Ok(Some(false)),
            (Some(_), _) => Err(unexpected(column)),
        }
    }
}

fn unexpected(column: usize) -> Failure {
    Failure::new(Class::Protocol, format!("column {} of the answer is not what PostgreSQL answers", column + 1))
        .advise("a pooler or another database that speaks PostgreSQL's protocol may be in between")
}
