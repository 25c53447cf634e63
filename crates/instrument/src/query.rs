//! What a query is called.

/// What a query is called: the labels of its series. None of them holds values, so none grows with the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Query<'a> {
    /// What is done: `select`, `insert`, …
    pub operation: &'a str,
    /// The table, or whatever the operation is done to; empty where there is none.
    pub table: &'a str,
    /// The query's name in the program, such as `get_content_by_id`: never its text.
    pub name: &'a str,
}

impl<'a> Query<'a> {
    /// The query of `operation` on `table` that the program calls `name`.
    pub fn new(operation: &'a str, table: &'a str, name: &'a str) -> Self {
        Self { operation, table, name }
    }
}
