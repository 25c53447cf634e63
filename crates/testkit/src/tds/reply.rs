//! What a database answers: results, counts, errors, and what no server should send.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An error or an information, as the server says it ([MS-TDS] 2.2.7.10 and 2.2.7.13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// The number in `sys.messages`: 18456 for a refused login.
    pub number: u32,
    /// Where in the server it was raised; for 18456 a client only ever sees 1.
    pub state: u8,
    /// The severity: up to 10 an information, from 11 on an error, from 20 on the connection ends with it.
    pub class: u8,
    /// The text.
    pub message: String,
    /// The procedure it happened in, or nothing.
    pub procedure: String,
    /// The line of the batch, from 1 on; 0 where there is none.
    pub line: u32,
}

impl ServerError {
    /// Error `number` of state 1, in line 1 of no procedure.
    pub fn new(number: u32, class: u8, message: impl Into<String>) -> Self {
        Self { number, state: 1, class, message: message.into(), procedure: String::new(), line: 1 }
    }

    /// With another state.
    #[must_use]
    pub fn state(mut self, state: u8) -> Self {
        self.state = state;
        self
    }
}

/// One part of the answer to a request.
///
/// The peer ends each part as SQL Server does: a result and a count by a DONE token, errors (and the information that
/// stands beside them) by a DONE token with the error bit; the last DONE says that no more follows, and an empty answer
/// is one DONE.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A result set; its count is that of its rows.
    Rows {
        /// Names and types.
        columns: Vec<Column>,
        /// As many cells a row as there are columns, of their types or [`Cell::Null`].
        rows: Vec<Vec<Cell>>,
    },
    /// A statement without a result, and how many rows it touched; `None` as under `SET NOCOUNT ON`.
    Done {
        /// How many rows, where it says so.
        rows: Option<u64>,
    },
    /// An error. With a class of 20 or more the connection is closed after it.
    Error(ServerError),
    /// An information, as `PRINT` sends it.
    Info(ServerError),
    /// A change of the session's environment.
    Environment(Environment),
    /// These bytes, in the place of tokens.
    Raw(Vec<u8>),
    /// What stands before is sent without an end of message, then the connection is closed.
    Close,
    /// As [`Reply::Close`], by a reset.
    Reset,
}

impl Reply {
    /// A result set.
    pub fn rows<const N: usize>(
        columns: impl IntoIterator<Item = Column>,
        rows: impl IntoIterator<Item = [Cell; N]>,
    ) -> Self {
        Self::Rows { columns: columns.into_iter().collect(), rows: rows.into_iter().map(Vec::from).collect() }
    }

    /// A statement that touched `rows` rows.
    pub fn done(rows: u64) -> Self {
        Self::Done { rows: Some(rows) }
    }

    /// A failed statement.
    pub fn error(number: u32, class: u8, message: impl Into<String>) -> Self {
        Self::Error(ServerError::new(number, class, message))
    }
}

/// A change that a client has to follow ([MS-TDS] 2.2.7.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Another database is current, as after `USE`; the peer sends information 5701 with it.
    Database(String),
    /// Another language is current; the peer sends information 5703 with it.
    Language(String),
    /// A transaction has begun; the peer makes its descriptor up.
    Begin,
    /// The transaction is committed.
    Commit,
    /// The transaction is rolled back, by request or because of an error.
    Rollback,
    /// The transaction has been defected to nothing: ended by the server, as at the end of a batch that doomed it.
    TransactionEnded,
}

/// The name and type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; empty for an expression without an alias.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Whether it may be NULL; decides how the type is written, as SQL Server does it.
    pub nullable: bool,
}

impl Column {
    /// A nullable column.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, nullable: true }
    }

    /// A nullable `int`.
    pub fn int(name: impl Into<String>) -> Self {
        Self::new(name, Kind::Int)
    }

    /// A nullable `bigint`.
    pub fn bigint(name: impl Into<String>) -> Self {
        Self::new(name, Kind::BigInt)
    }

    /// A nullable `bit`.
    pub fn bit(name: impl Into<String>) -> Self {
        Self::new(name, Kind::Bit)
    }

    /// A nullable `nvarchar(4000)`.
    pub fn text(name: impl Into<String>) -> Self {
        Self::new(name, Kind::NVarChar(Length::Most(4000)))
    }

    /// The same, not nullable.
    #[must_use]
    pub fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }
}

/// How much a variable-length column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// At most so many characters or bytes: 4000 and 8000 are the most there are.
    Most(u16),
    /// `(max)`: sent in chunks ([MS-TDS] 2.2.5.2.3), which clients know from TDS 7.2 on.
    Max,
}

/// The types that the peer writes ([MS-TDS] 2.2.5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `bigint`
    BigInt,
    /// `bit`
    Bit,
    /// `datetime2(scale)`, with a scale of 0 to 7
    DateTime2(u8),
    /// `datetimeoffset(scale)`, with a scale of 0 to 7
    DateTimeOffset(u8),
    /// `decimal(precision, scale)`
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// `float(53)`
    Float,
    /// `int`
    Int,
    /// `nvarchar`
    NVarChar(Length),
    /// `smallint`
    SmallInt,
    /// `sql_variant`
    SqlVariant,
    /// `tinyint`
    TinyInt,
    /// `uniqueidentifier`
    UniqueIdentifier,
    /// `varbinary`
    VarBinary(Length),
    /// `varchar`, in code page 1252
    VarChar(Length),
    /// A type that no client knows: this identifier, and these bytes in the place of what describes it. Its cells are
    /// [`Cell::Raw`].
    Unknown {
        /// The identifier.
        id: u8,
        /// What follows it.
        info: Vec<u8>,
    },
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL, of any type.
    Null,
    /// For `bit`.
    Bit(bool),
    /// For `tinyint`, `smallint`, `int`.
    Int(i32),
    /// For `bigint`.
    BigInt(i64),
    /// For `float`.
    Float(f64),
    /// For `decimal`: the value times ten to the power of the scale.
    Decimal(i128),
    /// For `nvarchar` and `varchar`.
    Text(String),
    /// For `varbinary`; for `uniqueidentifier` its 16 bytes as they are written in text.
    Bytes(Vec<u8>),
    /// For `datetime2`, in UTC.
    Time(Moment),
    /// For `datetimeoffset`: the moment, and the minutes east of UTC.
    TimeWithOffset(Moment, i16),
    /// For `sql_variant`: a value and its own type.
    Variant(Box<(Kind, Cell)>),
    /// Bytes as they are, for any type.
    Raw(Vec<u8>),
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// A point in time, since 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Whole seconds since 1970-01-01T00:00:00Z; negative before.
    pub seconds: i64,
    /// And so many nanoseconds after that.
    pub nanoseconds: u32,
}

impl Moment {
    /// Now, by the clock of this machine.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), nanoseconds: since.subsec_nanos() }
    }
}
