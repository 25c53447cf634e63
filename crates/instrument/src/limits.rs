//! How many series there may be.

/// How many series there may be. What comes beyond goes to series whose labels say `other`, so nothing is lost but the
/// detail. Each limit but that of a label's length is 65,536 at most; a greater one is taken as that.
///
/// ```
/// let mut limits = dbprobe_instrument::Limits::default();
/// limits.queries = 50;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Distinct queries: combinations of operation, table and name. Each is up to three histograms. Beyond them a query
    /// keeps its operation, for 16 operations, and its table and name become `other`.
    pub queries: usize,
    /// Distinct names of transactions.
    pub transactions: usize,
    /// Distinct names of pools. Figures of all pools beyond them are added up.
    pub pools: usize,
    /// Distinct codes of errors.
    pub error_codes: usize,
    /// Characters of a label's value. A longer name is cut; a longer code of an error becomes `other`.
    pub label: usize,
}

impl Default for Limits {
    /// 500 queries, 100 transactions, 100 pools, 100 codes, 100 characters.
    fn default() -> Self {
        Self { queries: 500, transactions: 100, pools: 100, error_codes: 100, label: 100 }
    }
}
