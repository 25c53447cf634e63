//! One open database: what a session's thread works on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use dbprobe_core::{Class, Failure};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, OpenFlags};

use crate::classify;
use crate::config::{Access, Config};
use crate::file::{self, Identity};
use crate::patience::{Patience, Wait};
use crate::sql;
use crate::stop::Stop;

/// How many steps of SQLite's virtual machine go by between two looks at [`Stop`]: some ten microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;
/// A write-ahead log above this size is somebody's backlog: it is not worked off in a goodbye. It is what SQLite lets
/// pile up before a commit works it off: 1,000 pages of 4 KiB.
const LARGEST_LOG: u64 = 1_000 * 4_096;

/// One open database.
pub(crate) struct Database {
    pub(crate) connection: Connection,
    /// As SQLite made it absolute; `None` in memory.
    pub(crate) path: Option<PathBuf>,
    /// Whether the DSN asks for reading only.
    pub(crate) read_only: bool,
    /// What the quick look at the pages found, once there was one.
    pub(crate) integrity: Option<String>,
    pub(crate) stop: Arc<Stop>,
    patience: Patience,
    /// Where the DSN points and which file stood there: a link on the way may be turned to another one later.
    opened: Option<(PathBuf, Identity)>,
}

impl Database {
    /// Opens the file, and reads its first page.
    ///
    /// # Errors
    /// What is wrong with the file, before a single statement of the probe itself.
    pub(crate) fn open(config: &Config, stop: Arc<Stop>, patience: Patience) -> Result<Self, Failure> {
        let mut connection = connect(config, config.access)?;
        let path = connection.path().filter(|_| config.path.is_some()).map(PathBuf::from);
        let wait = Wait::new(patience, path.as_deref(), Instant::now());
        prepare(&mut connection, &stop, wait).map_err(classify::failure)?;
        stop.arm(Some(connection.get_interrupt_handle()));
        let read_only = config.access == Access::ReadOnly;
        let mut database = Self { connection, path, read_only, integrity: None, stop, patience, opened: None };
        database.patiently(read_schema).map_err(|failure| side_files(failure, config.access))?;
        let place = config.path.as_deref().and_then(|path| std::path::absolute(path).ok());
        database.opened = place.and_then(|place| Identity::at(&place).map(|identity| (place, identity)));
        Ok(database)
    }

    /// Opens the file, reads nothing, creates nothing and closes it.
    pub(crate) fn touch(config: &Config) -> Result<(), Failure> {
        let Some(path) = &config.path else { return Ok(()) };
        let access = match config.access {
            Access::Create if path.exists() => Access::ReadWrite,
            Access::Create if file::has_a_place(path) => return Ok(()), // it will be created
            access => access,
        };
        connect(config, access).map(drop)
    }

    /// A read of the first page, after a look whether it is still the same file.
    pub(crate) fn ping(&mut self) -> Result<(), Failure> {
        if let Some((place, identity)) = &self.opened
            && Identity::at(place) != Some(*identity)
        {
            return Err(Failure::new(Class::Reset, "the file was replaced or removed since it was opened")
                .advise("whoever still has it open reads and writes a file that no new session will see"));
        }
        self.patiently(read_schema)
    }

    /// Runs `work`, again and again while a table of a shared cache is locked: SQLite waits for files only.
    pub(crate) fn patiently<T>(
        &mut self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let started = Instant::now();
        let mut tries = 0;
        loop {
            match work(&mut self.connection) {
                Err(error) if classify::is_table_lock(&error) && started.elapsed() < self.patience.with_one_holder => {
                    if !self.stop.rest(Patience::pause(tries)) {
                        return Err(classify::failure(error));
                    }
                    tries += 1;
                }
                result => return result.map_err(classify::failure),
            }
        }
    }

    /// Whether SQLite opened it for reading only, for whatever reason.
    pub(crate) fn is_read_only(&self) -> bool {
        self.connection.is_readonly(rusqlite::MAIN_DB).unwrap_or(self.read_only)
    }

    /// Closes the file. A transaction that is still open is rolled back.
    pub(crate) fn close(self) -> Result<(), Failure> {
        self.stop.arm(None);
        let log = self.path.as_deref().and_then(|path| file::size(&file::beside(path, "-wal")));
        if self.stop.is_asked() || log.is_some_and(|size| size > LARGEST_LOG) {
            // Not doing it is safe: whoever opens the database next finds the log and goes on with it.
            let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
        self.connection.close().map_err(|(_, error)| classify::failure(error))
    }
}

fn connect(config: &Config, access: Access) -> Result<Connection, Failure> {
    let mut flags = OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags |= match access {
        Access::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Access::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    if let Some(path) = &config.path {
        file::refuse_others(path)?;
        // A cache shared with an application's own connections would bring table locks that nobody waits for.
        flags |= OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    }
    Connection::open_with_flags(&config.uri, flags).map_err(|error| not_opened(error, config.path.as_deref(), access))
}

/// SQLite says only that it cannot open the file; the file system says more.
fn not_opened(error: Error, path: Option<&Path>, access: Access) -> Failure {
    let failure = classify::failure(error);
    let Some(path) = path.filter(|_| failure.class == Class::NotFound) else { return failure };
    let (class, message, advice) = file::explain(path, access);
    Failure { class, message: format!("SQLITE_CANTOPEN: {message}"), ..failure }.advise(advice)
}

/// The file itself is open, so it is one of those beside it that cannot be opened or made.
fn side_files(failure: Failure, access: Access) -> Failure {
    let failure = match failure.class {
        Class::NotFound => {
            let message =
                "SQLITE_CANTOPEN: a file that belongs to the database (-wal, -shm, -journal) cannot be opened";
            Failure { class: Class::Permission, message: message.to_owned(), ..failure }
        }
        Class::ReadOnly => failure,
        _ => return failure,
    };
    failure.advise(match access {
        Access::ReadOnly => {
            "a database in WAL mode needs its -wal and -shm, or a directory where they can be made; \
             with immutable=1 it is read without them, if nothing writes to it"
        }
        Access::Create | Access::ReadWrite => "give write permission on the directory and on the files beside it",
    })
}

fn prepare(connection: &mut Connection, stop: &Arc<Stop>, mut wait: Wait) -> Result<(), Error> {
    let looking = Arc::clone(stop);
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || looking.is_due()))?;
    let waiting = Arc::clone(stop);
    connection.busy_handler(Some(move |tries: i32| {
        let tries = usize::try_from(tries).unwrap_or(usize::MAX);
        wait.goes_on(tries, Instant::now()) && waiting.rest(Patience::pause(tries))
    }))
}

fn read_schema(connection: &mut Connection) -> Result<(), Error> {
    connection.query_row(sql::READ_SCHEMA, [], |_| Ok(()))
}
