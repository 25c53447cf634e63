//! Extended result code → class: one table.
//!
//! Source: <https://sqlite.org/rescode.html>.

use dbprobe_core::{Class, Failure};
use rusqlite::Error;

/// A result code, its name without `SQLITE_`, what it means, and what to do next.
type Row = (i32, &'static str, Class, &'static str);

const LOCK: &str = "find the process that holds the lock: `fuser -v` or `lsof` on the file names it";
const DAMAGED: &str = "stop writing, copy the file with its -wal and -journal, then try `.recover` or restore a backup";
const DISK: &str = "look at the kernel's log and at the disk or network file system that holds the file";
const RECOVERY: &str =
    "a writer ended in the middle of a change: open the database once with mode=rw, which repairs it";
const READING: &str = "a query may only read unless writing was asked for";
const CHANGED: &str = "another session changed it at the same moment; it is worth trying again";

/// The exact code counts, else its primary code (the lowest eight bits), for which there is always a row.
const TABLE: &[Row] = &[
    (1, "ERROR", Class::Query, ""),
    (2, "INTERNAL", Class::Internal, ""),
    (3, "PERM", Class::Permission, ""),
    (4, "ABORT", Class::Query, ""),
    (5, "BUSY", Class::Locked, LOCK),
    (261, "BUSY_RECOVERY", Class::Starting, "another process recovers the write-ahead log after a crash: wait"),
    (517, "BUSY_SNAPSHOT", Class::Locked, CHANGED),
    (773, "BUSY_TIMEOUT", Class::Locked, LOCK),
    (6, "LOCKED", Class::Locked, "another session of this process holds the table"),
    (262, "LOCKED_SHAREDCACHE", Class::Locked, "another session of the shared cache holds the table"),
    (518, "LOCKED_VTAB", Class::Locked, ""),
    (7, "NOMEM", Class::Overloaded, "no memory is left"),
    (8, "READONLY", Class::ReadOnly, "check the owner and the mode of the file, and how its file system is mounted"),
    (264, "READONLY_RECOVERY", Class::ReadOnly, RECOVERY),
    (520, "READONLY_CANTLOCK", Class::ReadOnly, "the -shm file cannot be locked: give write permission on it"),
    (776, "READONLY_ROLLBACK", Class::ReadOnly, RECOVERY),
    (1032, "READONLY_DBMOVED", Class::Reset, "the file was moved while it was open"),
    (
        1288,
        "READONLY_CANTINIT",
        Class::ReadOnly,
        "the -shm file cannot be made: give write permission on the directory",
    ),
    (1544, "READONLY_DIRECTORY", Class::ReadOnly, "give write permission on the directory: the journal is made there"),
    (9, "INTERRUPT", Class::Timeout, ""),
    (10, "IOERR", Class::Corrupt, DISK),
    (522, "IOERR_SHORT_READ", Class::Corrupt, "the file is shorter than its header says: it was truncated"),
    (3082, "IOERR_NOMEM", Class::Overloaded, "no memory is left"),
    (2314, "IOERR_UNLOCK", Class::Locked, "the file system does not handle locks: is it a network file system?"),
    (2570, "IOERR_RDLOCK", Class::Locked, "the file system does not handle locks: is it a network file system?"),
    (3594, "IOERR_CHECKRESERVEDLOCK", Class::Locked, "the file system does not handle locks: is it a network one?"),
    (3850, "IOERR_LOCK", Class::Locked, "the file system does not handle locks: is it a network file system?"),
    (6922, "IOERR_VNODE", Class::Reset, "the file was moved while it was open"),
    (8202, "IOERR_DATA", Class::Corrupt, DAMAGED),
    (11, "CORRUPT", Class::Corrupt, DAMAGED),
    (779, "CORRUPT_INDEX", Class::Corrupt, "an index does not fit its table: `REINDEX` rebuilds it"),
    (12, "NOTFOUND", Class::Internal, ""),
    (13, "FULL", Class::DiskFull, "free space on the file system, or raise max_page_count or the quota"),
    (14, "CANTOPEN", Class::NotFound, "check the path"),
    (526, "CANTOPEN_ISDIR", Class::NotFound, "the path is a directory: name the file in it"),
    (15, "PROTOCOL", Class::Locked, CHANGED),
    (16, "EMPTY", Class::Query, ""),
    (17, "SCHEMA", Class::Locked, CHANGED),
    (18, "TOOBIG", Class::Query, ""),
    (19, "CONSTRAINT", Class::Query, ""),
    (20, "MISMATCH", Class::Query, ""),
    (21, "MISUSE", Class::Internal, ""),
    (22, "NOLFS", Class::Unsupported, "the file is too large for this system"),
    (23, "AUTH", Class::ReadOnly, READING),
    (24, "FORMAT", Class::Corrupt, ""),
    (25, "RANGE", Class::Query, ""),
    (26, "NOTADB", Class::Corrupt, "check the path: this is another kind of file, or an encrypted database"),
];

fn row(code: i32) -> Row {
    let exact = |code: i32| TABLE.iter().find(|(known, ..)| *known == code).copied();
    exact(code).or_else(|| exact(code & 0xff)).unwrap_or((code, "ERROR", Class::Query, ""))
}

/// What SQLite said, with the extended code as text.
pub(crate) fn failure(error: Error) -> Failure {
    let Some((code, message)) = code(&error) else {
        return by_driver(error);
    };
    let (_, name, class, advice) = row(code);
    let failure = Failure::new(class, format!("SQLITE_{name}: {message}")).code(code.to_string()).caused_by(error);
    if advice.is_empty() { failure } else { failure.advise(advice) }
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
        let failure = made(ffi::SQLITE_IOERR_FSYNC);
        assert_eq!((failure.class, failure.code.as_deref()), (Class::Corrupt, Some("1034")));
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
    fn every_primary_code_has_one_row() {
        for code in 1..=26 {
            assert_eq!(TABLE.iter().filter(|(known, ..)| *known == code).count(), 1, "{code}");
        }
    }

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<i32> = TABLE.iter().map(|(code, ..)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TABLE.len());
    }
}
