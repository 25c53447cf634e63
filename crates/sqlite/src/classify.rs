//! What SQLite or its driver says, as a failure. What a result code means stands in the table of [`crate::knowledge`].

use dbprobe_core::{Class, Failure};
use rusqlite::Error;

use crate::knowledge::row;

const READING: &str = "a query may only read unless writing was asked for";

/// What SQLite said, with the extended code as text.
pub(crate) fn failure(error: Error) -> Failure {
    let Some((code, message)) = code(&error) else {
        return by_driver(error);
    };
    let failure = match row(code) {
        Some(row) => Failure::new(row.class, format!("{}: {message}", row.name)).advise(row.advice),
        None => Failure::new(Class::Query, format!("SQLITE_ERROR: {message}")),
    };
    failure.code(code.to_string()).caused_by(error)
}

/// The extended code and the text of an error that SQLite itself made.
pub(crate) fn code(error: &Error) -> Option<(i32, String)> {
    match error {
        Error::SqliteFailure(raw, message) => {
            let text = || rusqlite::ffi::code_to_str(raw.extended_code).to_owned();
            Some((raw.extended_code, message.clone().unwrap_or_else(text)))
        }
        Error::SqlInputError { error, msg, .. } => Some((error.extended_code, msg.clone())),
        _ => None,
    }
}

/// Whether a lock was in the way for which SQLite does not wait by itself: one of a shared cache.
pub(crate) fn is_table_lock(error: &Error) -> bool {
    code(error).is_some_and(|(code, _)| code & 0xff == rusqlite::ffi::SQLITE_LOCKED)
}

/// Errors that the driver makes on its own.
fn by_driver(error: Error) -> Failure {
    let failure = match &error {
        Error::InvalidQuery => Failure::new(Class::ReadOnly, "the statement does more than read").advise(READING),
        Error::MultipleStatement => Failure::new(Class::Query, "more than one statement").advise("send one at a time"),
        Error::InvalidParameterCount(..) => Failure::new(Class::Query, "the statement has parameters, or is empty"),
        Error::NulError(_) | Error::InvalidColumnType(..) | Error::Utf8Error(..) => {
            Failure::new(Class::Query, error.to_string())
        }
        _ => Failure::new(Class::Internal, error.to_string()),
    };
    failure.caused_by(error)
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn made(code: i32) -> Failure {
        failure(Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn an_extended_code_without_a_row_is_its_primary_code() {
        let failure = made(ffi::SQLITE_IOERR_CONVPATH);
        assert_eq!((failure.class, failure.code.as_deref()), (Class::Corrupt, Some("6666")));
        assert!(failure.message.starts_with("SQLITE_IOERR: "), "{failure}");
    }

    #[test]
    fn the_classes_of_the_fault_table() {
        let classes = [
            (ffi::SQLITE_BUSY, Class::Locked),
            (ffi::SQLITE_BUSY_SNAPSHOT, Class::Locked),
            (ffi::SQLITE_BUSY_RECOVERY, Class::Starting),
            (ffi::SQLITE_LOCKED_SHAREDCACHE, Class::Locked),
            (ffi::SQLITE_READONLY_DIRECTORY, Class::ReadOnly),
            (ffi::SQLITE_READONLY_DBMOVED, Class::Reset),
            (ffi::SQLITE_IOERR_UNLOCK, Class::Locked),
            (ffi::SQLITE_IOERR_RDLOCK, Class::Locked),
            (ffi::SQLITE_IOERR_DELETE, Class::Corrupt),
            (ffi::SQLITE_FULL, Class::DiskFull),
            (ffi::SQLITE_CORRUPT_INDEX, Class::Corrupt),
            (ffi::SQLITE_NOTADB, Class::Corrupt),
            (ffi::SQLITE_CANTOPEN_ISDIR, Class::NotFound),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, Class::Query),
            (ffi::SQLITE_INTERRUPT, Class::Timeout),
        ];
        for (code, class) in classes {
            assert_eq!(made(code).class, class, "{code}");
        }
    }

    #[test]
    fn every_primary_code_has_its_own_row() {
        for code in 1..=26 {
            assert!(row(code).is_some_and(|row| row.code == code.to_string()), "{code}");
        }
    }

    /// A number beside another one's name would explain the wrong thing.
    #[test]
    fn numbers_and_names_are_those_of_sqlite() {
        for (code, name) in [
            (ffi::SQLITE_BUSY, "SQLITE_BUSY"),
            (ffi::SQLITE_NOTADB, "SQLITE_NOTADB"),
            (ffi::SQLITE_IOERR_UNLOCK, "SQLITE_IOERR_UNLOCK"),
            (ffi::SQLITE_IOERR_RDLOCK, "SQLITE_IOERR_RDLOCK"),
            (ffi::SQLITE_IOERR_DELETE, "SQLITE_IOERR_DELETE"),
            (ffi::SQLITE_IOERR_SHMMAP, "SQLITE_IOERR_SHMMAP"),
            (ffi::SQLITE_READONLY_DIRECTORY, "SQLITE_READONLY_DIRECTORY"),
            (ffi::SQLITE_CANTOPEN_ISDIR, "SQLITE_CANTOPEN_ISDIR"),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, "SQLITE_CONSTRAINT_UNIQUE"),
        ] {
            assert_eq!(row(code).map(|row| row.name), Some(name), "{code}");
        }
    }
}
