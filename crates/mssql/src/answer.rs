//! The one row that every statement of ours answers with.

use dbprobe_core::{Class, Failure};
use tiberius::{ColumnData, Row};

/// The last row of a batch's answer, read by column.
pub(crate) struct Answer {
    row: Option<Row>,
}

impl Answer {
    pub(crate) fn new(results: Vec<Vec<Row>>) -> Self {
        Self { row: results.into_iter().flatten().next_back() }
    }

    /// Every row by itself.
    pub(crate) fn each(results: Vec<Vec<Row>>) -> Vec<Self> {
        results.into_iter().flatten().map(|row| Self { row: Some(row) }).collect()
    }

    fn cell(&self, column: usize) -> Option<&ColumnData<'static>> {
        let row = self.row.as_ref()?;
        row.cells().nth(column).map(|(_, data)| data)
    }

    /// The text in `column`; `None` for NULL, for a column that is not there, and without a row.
    pub(crate) fn text(&self, column: usize) -> Option<&str> {
        match self.cell(column)? {
            ColumnData::String(text) => text.as_deref(),
            _ => None,
        }
    }

    /// The number in `column`, whatever its size.
    pub(crate) fn number(&self, column: usize) -> Option<i64> {
        match self.cell(column)? {
            ColumnData::U8(number) => number.map(i64::from),
            ColumnData::I16(number) => number.map(i64::from),
            ColumnData::I32(number) => number.map(i64::from),
            ColumnData::I64(number) => *number,
            ColumnData::Bit(flag) => flag.map(i64::from),
            _ => None,
        }
    }

    /// True or false, or nothing without a row.
    pub(crate) fn maybe_flag(&self, column: usize) -> Result<Option<bool>, Failure> {
        match (&self.row, self.number(column)) {
            (None, _) => Ok(None),
            (Some(_), Some(0)) => Ok(Some(false)),
            (Some(_), Some(1)) => Ok(Some(true)),
            (Some(_), _) => Err(unexpected(column)),
        }
    }

    /// True or false.
    pub(crate) fn flag(&self, column: usize) -> Result<bool, Failure> {
        self.maybe_flag(column)?.ok_or_else(|| unexpected(column))
    }
}

pub(crate) fn unexpected(column: usize) -> Failure {
    Failure::new(Class::Protocol, format!("column {} of the answer is not what SQL Server answers", column + 1))
        .advise("another database that speaks TDS may be behind the port")
}
