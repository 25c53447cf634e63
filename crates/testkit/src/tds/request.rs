//! Requests: batches, calls of procedures, transaction manager requests ([MS-TDS] 2.2.6.6, 2.2.6.7, 2.2.6.9).

use super::buffer::{Malformed, Reader, text};
use super::database::{Call, Procedure};
use super::login::{TDS_7_2, rank};
use super::packet::{Message, kind};
use super::parameter;
use super::reply::{Environment, Reply};

/// What a client wants.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Request {
    Batch(String),
    /// One call or more.
    Calls(Vec<Call>),
    Transaction(Transaction),
}

/// What a transaction manager request asks for; bare SQL does the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transaction {
    Begin(Isolation),
    Commit {
        /// Another transaction begins at once.
        begin: Option<Isolation>,
    },
    Rollback {
        begin: Option<Isolation>,
    },
    /// A save point.
    Save,
}

/// `ISOLATION_LEVEL`: 0 leaves it as it is.
pub(super) type Isolation = u8;

impl Transaction {
    /// The statements that it stands for, and the change that each brings.
    pub(super) fn steps(self) -> Vec<(String, Option<Environment>)> {
        let begin = |isolation: Isolation| {
            let level = match isolation {
                1 => "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; ",
                2 => "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; ",
                3 => "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; ",
                4 => "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; ",
                5 => "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; ",
                _ => "",
            };
            (format!("{level}BEGIN TRANSACTION"), Some(Environment::Begin))
        };
        let commit = ("COMMIT TRANSACTION".to_owned(), Some(Environment::Commit));
        let rollback = ("ROLLBACK TRANSACTION".to_owned(), Some(Environment::Rollback));
        match self {
            Self::Begin(isolation) => vec![begin(isolation)],
            Self::Commit { begin: again } => [commit].into_iter().chain(again.map(begin)).collect(),
            Self::Rollback { begin: again } => [rollback].into_iter().chain(again.map(begin)).collect(),
            Self::Save => vec![("SAVE TRANSACTION".to_owned(), None)],
        }
    }
}

/// A database that only knows SQL does not say that a transaction changed: then this does.
pub(super) fn with_change(mut replies: Vec<Reply>, change: Option<Environment>) -> Vec<Reply> {
    let silent = !replies.iter().any(|reply| matches!(reply, Reply::Error(_) | Reply::Environment(_)));
    if let (true, Some(change)) = (silent, change) {
        replies.insert(0, Reply::Environment(change));
    }
    replies
}

/// Reads a request of a session that speaks this version.
pub(super) fn read(message: &Message, version: u32) -> Result<Request, Malformed> {
    let mut reader = Reader::new(&message.payload);
    if rank(version) >= TDS_7_2 {
        let length = usize::try_from(reader.u32()?).map_err(|_| Malformed)?;
        // The descriptor of the transaction and the like: nothing here depends on it.
        reader.bytes(length.checked_sub(4).ok_or(Malformed)?)?;
    }
    match message.kind {
        kind::SQL_BATCH => text(reader.rest()).map(Request::Batch),
        kind::RPC => calls(reader).map(Request::Calls),
        kind::TRANSACTION_MANAGER => transaction(reader).map(Request::Transaction),
        _ => Err(Malformed),
    }
}

/// Calls are separated by a byte that no parameter begins with.
fn calls(mut reader: Reader<'_>) -> Result<Vec<Call>, Malformed> {
    let mut calls = Vec::new();
    while !reader.is_empty() {
        let procedure = match reader.u16()? {
            0xffff => Procedure::Id(reader.u16()?),
            units => Procedure::Name(reader.text(units.into())?),
        };
        reader.u16()?; // recompile, no metadata, reuse metadata
        let mut parameters = Vec::new();
        while let Some(byte) = reader.peek() {
            if matches!(byte, 0x80 | 0xfe | 0xff) {
                reader.u8()?;
                break;
            }
            parameters.push(parameter::read(&mut reader)?);
        }
        calls.push(Call { procedure, parameters });
    }
    Ok(calls)
}

fn transaction(mut reader: Reader<'_>) -> Result<Transaction, Malformed> {
    let name = |reader: &mut Reader<'_>| {
        let length = reader.u8()?;
        reader.bytes(length.into()).map(|_| ())
    };
    let again = |reader: &mut Reader<'_>| {
        name(reader)?;
        let begins = reader.u8()? & 1 != 0;
        if begins { reader.u8().map(Some) } else { Ok(None) }
    };
    match reader.u16()? {
        5 => {
            let isolation = reader.u8()?;
            name(&mut reader)?;
            Ok(Transaction::Begin(isolation))
        }
        7 => again(&mut reader).map(|begin| Transaction::Commit { begin }),
        8 => again(&mut reader).map(|begin| Transaction::Rollback { begin }),
        9 => name(&mut reader).map(|()| Transaction::Save),
        _ => Err(Malformed),
    }
}
