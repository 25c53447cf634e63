//! Facts about a database file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dbprobe_core::{Class, Failure, Inspection, Role};
use rusqlite::types::FromSql;
use rusqlite::{Connection, Error};

use crate::database::Database;
use crate::file;
use crate::sql;

/// Files above this size are not read through. Below it, it takes some 20 ms on this decade's machines.
const LARGEST_READ_THROUGH: u64 = 16 << 20;
/// Reading through holds a read lock, which a writer may have to wait for: it ends after this time.
const LONGEST_READ_THROUGH: Duration = Duration::from_millis(100);

/// One pass over what the header and the file system tell, and the quick look at the pages once a session.
pub(crate) fn inspect(database: &mut Database) -> Result<Inspection, Failure> {
    let (journal, pages, page_size, free) = database.patiently(|connection| {
        Ok((
            value::<String>(connection, sql::JOURNAL_MODE)?,
            value::<u32>(connection, sql::PAGE_COUNT)?,
            value::<u32>(connection, sql::PAGE_SIZE)?,
            value::<u32>(connection, sql::FREELIST_COUNT)?,
        ))
    })?;
    let size = u64::from(pages) * u64::from(page_size);
    let integrity = integrity(database, size)?;
    let mut facts = Inspection::default();
    facts.version = Some(rusqlite::version().to_owned());
    facts.read_only = Some(database.is_read_only());
    facts.role = role(database);
    facts.size_bytes = Some(size);
    let log = database.path.as_deref().filter(|_| journal == "wal");
    let log = log.and_then(|path| file::size(&file::beside(path, "-wal")));
    let known = [
        ("freelist", Some(free.to_string())),
        ("integrity", Some(integrity)),
        ("journal_mode", Some(journal)),
        ("page_size", Some(page_size.to_string())),
        ("wal_bytes", log.map(|size| size.to_string())),
    ];
    facts.facts.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    Ok(facts)
}

/// A file that can be written is a primary. One that cannot may be anything: a copy, a replica, an archive.
pub(crate) fn role(database: &Database) -> Option<Role> {
    (!database.is_read_only()).then_some(Role::Primary)
}

fn value<T: FromSql>(connection: &Connection, sql: &str) -> Result<T, Error> {
    connection.query_row(sql, [], |row| row.get(0))
}

/// Reads a small file through, once a session: its pages do not go bad by being asked again.
fn integrity(database: &mut Database, size: u64) -> Result<String, Failure> {
    if let Some(known) = &database.integrity {
        return Ok(known.clone());
    }
    let found = if size > LARGEST_READ_THROUGH { "header only".to_owned() } else { read_through(database)? };
    database.integrity = Some(found.clone());
    Ok(found)
}

fn read_through(database: &mut Database) -> Result<String, Failure> {
    let stop = Arc::clone(&database.stop);
    let found = database.patiently(|connection| {
        stop.limit(Some(Instant::now() + LONGEST_READ_THROUGH));
        let found = value::<String>(connection, sql::QUICK_CHECK);
        stop.limit(None);
        found
    });
    match found {
        Ok(word) if word == "ok" => Ok("quick_check ok".to_owned()),
        Ok(fault) => Err(damaged(&fault)),
        // Interrupted, and not by anybody but that limit.
        Err(failure) if failure.class == Class::Timeout && !stop.is_asked() => {
            Ok("quick_check not finished".to_owned())
        }
        // A collation or a function of the application's own, which only its own connections have.
        Err(failure) if failure.class == Class::Query => Ok("quick_check not possible".to_owned()),
        Err(failure) => Err(failure),
    }
}

/// The report of `quick_check` is text without a code; the code is that of the damage it is about.
fn damaged(fault: &str) -> Failure {
    let fault: String = fault.lines().filter(|line| !line.starts_with("***")).take(1).collect();
    Failure::new(Class::Corrupt, format!("quick_check: {fault}"))
        .code(rusqlite::ffi::SQLITE_CORRUPT.to_string())
        .advise("stop writing, copy the file with its -wal and -journal, then try `.recover` or restore a backup")
}
