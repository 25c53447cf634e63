//! Proofs that a write works, and the reads that go with them.

use std::ops::ControlFlow;

use dbprobe_core::{Class, Failure, Setup, WriteMode, WriteProof, WriteRequest, Written};
use rusqlite::{Connection, Error, Params, Row};

use crate::database::Database;
use crate::sql;

const HEALTH_TABLE: &std::ffi::CStr = c"_health_check";
const FOREIGN_TABLE: &str =
    "if it is about `_health_check`: the table is not dbprobe's; compare with `dbprobe init --print`";

/// Writes as `request` asks.
pub(crate) fn write(database: &mut Database, request: &WriteRequest) -> Result<Written, Failure> {
    let exists = has_health_table(database)?;
    let by_table = match request.mode {
        WriteMode::Table => true,
        WriteMode::Rollback => false,
        WriteMode::Auto | WriteMode::None => exists || request.create_health_table,
    };
    if !by_table {
        return roll_back(database, request);
    }
    if !exists && !request.create_health_table {
        return Err(Failure::new(Class::NotFound, "the table `_health_check` does not exist")
            .advise("create it with `dbprobe init`, or give `--create-health-table`"));
    }
    let sequence = database.patiently(|connection| {
        if exists {
            return upsert(connection, request);
        }
        immediate(connection, |connection| {
            run(connection, sql::CREATE_HEALTH_TABLE)?;
            upsert(connection, request)
        })
    });
    let sequence = sequence.map_err(|failure| match failure.class {
        Class::Query => failure.advise(FOREIGN_TABLE),
        _ => failure,
    })?;
    Ok(Written::new(request, WriteProof::Table, sequence.to_string()))
}

/// Reads back what was written, or else the first page.
pub(crate) fn read(database: &mut Database, written: Option<&Written>) -> Result<(), Failure> {
    match written {
        None => database.ping(),
        Some(written) if written.proof == WriteProof::Table => read_row(database, written),
        Some(_) => read_nothing_left(database),
    }
}

/// Carries out what [`sql::setup`] lists: all of it or nothing.
pub(crate) fn apply(database: &mut Database, setup: &Setup) -> Result<(), Failure> {
    database.patiently(|connection| {
        immediate(connection, |connection| {
            setup.statements.iter().try_for_each(|statement| run(connection, &statement.sql))
        })
    })
}

fn has_health_table(database: &mut Database) -> Result<bool, Failure> {
    database.patiently(|connection| connection.table_exists(Some(rusqlite::MAIN_DB), HEALTH_TABLE))
}

fn upsert(connection: &mut Connection, request: &WriteRequest) -> Result<i64, Error> {
    one(connection, sql::UPSERT, (request.prober.as_str(), request.nonce.as_str()), |row| row.get(0))
}

fn read_row(database: &mut Database, written: &Written) -> Result<(), Failure> {
    let sequence: i64 = written.token.parse().unwrap_or(i64::MAX);
    let key = (written.prober.as_str(), written.nonce.as_str(), sequence);
    let found = database.patiently(|connection| match one(connection, sql::READ_ROW, key, |row| row.get(0)) {
        Err(Error::QueryReturnedNoRows) => Ok(None),
        result => result.map(Some),
    });
    match found {
        Ok(Some(true)) => Ok(()),
        Ok(Some(false)) => stale("the health table holds something older than what was just written"),
        Ok(None) => stale("the row that was just written is not there"),
        Err(failure) if failure.class == Class::Query && !has_health_table(database)? => {
            stale("the health table that was just written to is not there")
        }
        Err(failure) => Err(failure),
    }
}

/// Writes pages, reads them, and takes them back.
fn roll_back(database: &mut Database, request: &WriteRequest) -> Result<Written, Failure> {
    let found = database.patiently(|connection| {
        let logged: String = connection.query_row(sql::JOURNAL_MODE, [], |row| row.get(0))?;
        transact(connection, |connection| {
            run(connection, sql::CREATE_SCRATCH)?;
            one(connection, sql::INSERT_SCRATCH, [request.nonce.as_str()], |_| Ok(())).or_else(
                |error| match error {
                    Error::QueryReturnedNoRows => Ok(()),
                    error => Err(error),
                },
            )?;
            // A rollback journal is written as soon as a page changes. A write-ahead log is not before the commit, which
            // never comes, so the pages are sent there now.
            if logged.eq_ignore_ascii_case("wal") {
                connection.cache_flush()?;
            }
            let found: String = one(connection, sql::READ_SCRATCH, [], |row| row.get(0))?;
            Ok(ControlFlow::Break(found))
        })
    })?;
    if found != request.nonce.as_str() {
        return Err(Failure::new(Class::StaleRead, "the transaction does not read what it wrote itself"));
    }
    Ok(Written::new(request, WriteProof::Rollback, ""))
}

fn read_nothing_left(database: &mut Database) -> Result<(), Failure> {
    let left: i64 = database.patiently(|connection| one(connection, sql::COUNT_SCRATCH, [], |row| row.get(0)))?;
    match left {
        0 => Ok(()),
        _ => stale("what was rolled back is still there"),
    }
}

fn stale(message: &str) -> Result<(), Failure> {
    Err(Failure::new(Class::StaleRead, message))
}

/// Runs a statement to its end and returns its first row.
///
/// Not [`Connection::query_row`], which stops at the first row: a statement that stands alone commits when it ends, and
/// the failure of that commit would be lost.
fn one<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(parameters)?;
    let value = rows.next()?.map(read).transpose()?;
    while rows.next()?.is_some() {}
    value.ok_or(Error::QueryReturnedNoRows)
}

fn run(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.execute(sql, []).map(drop)
}

/// Runs `work` in a transaction that has the write lock from its beginning, and commits it.
fn immediate<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    transact(connection, |connection| work(connection).map(ControlFlow::Continue))
}

/// Runs `work` in a transaction that has the write lock from its beginning: `Continue` commits it, `Break` and a
/// failure roll it back.
fn transact<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<ControlFlow<T, T>, Error>,
) -> Result<T, Error> {
    run(connection, sql::BEGIN_IMMEDIATE)?;
    let result = match work(connection) {
        Ok(ControlFlow::Continue(value)) => run(connection, sql::COMMIT).map(|()| value),
        Ok(ControlFlow::Break(value)) => Ok(value),
        Err(error) => Err(error),
    };
    // A commit that failed leaves the transaction open; some failures have ended it already.
    if connection.is_autocommit() {
        return result;
    }
    let ended = run(connection, sql::ROLLBACK);
    result.and_then(|value| ended.map(|()| value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify;

    #[test]
    fn a_transaction_has_the_write_lock_before_its_first_statement() {
        let directory = tempfile::tempdir().expect("a directory");
        let open = || Connection::open(directory.path().join("app.db")).expect("a connection");
        let (mut ours, other) = (open(), open());
        other.busy_timeout(std::time::Duration::ZERO).expect("a setting");
        immediate(&mut ours, |_| {
            let refused = run(&other, sql::CREATE_HEALTH_TABLE).map_err(classify::failure).err();
            assert_eq!(refused.map(|failure| failure.class), Some(Class::Locked));
            Ok(())
        })
        .expect("committed");
        run(&other, sql::CREATE_HEALTH_TABLE).expect("the lock is given back");
    }

    #[test]
    fn a_transaction_that_fails_is_rolled_back() {
        let mut connection = Connection::open_in_memory().expect("a connection");
        let failed: Result<(), Error> = immediate(&mut connection, |connection| {
            run(connection, sql::CREATE_HEALTH_TABLE)?;
            run(connection, sql::READ_ROW) // it has parameters, and it is a query
        });
        assert!(failed.is_err() && connection.is_autocommit());
        assert!(!connection.table_exists(Some(rusqlite::MAIN_DB), HEALTH_TABLE).expect("a look"));
    }
}
