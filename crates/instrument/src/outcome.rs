//! How a query or a transaction ended.

/// How a query or a transaction ended.
// Exhaustive on purpose: an implementation of the protocol has to count all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// With an answer; a transaction was committed.
    Ok,
    /// With an error, whose code follows: the server's own (SQLSTATE, a number), or a word such as `pool_timeout`.
    /// A transaction was rolled back.
    Failed(&'a str),
    /// Its future was dropped before it ended: the client hung up, or a time-out above it struck.
    Cancelled,
}
