//! Result code → name, class, cause, advice: one table.

use dbprobe_core::Class::{
    Corrupt, DiskFull, Internal, Locked, NotFound, Overloaded, Permission, Query, ReadOnly, Reset, Starting, Timeout,
    Unsupported,
};
use dbprobe_core::Knowledge;

const CHANGED: &str = "another session changed it at the same moment; it is worth trying again";
const DAMAGED: &str = "stop writing, copy the file with its -wal and -journal, then try `.recover` or restore a backup";
const DISK: &str = "look at the kernel's log and at the disk or network file system that holds the file";
const LOCK: &str = "find the process that holds the lock: `fuser -v` or `lsof` on the file names it";
const NETWORK: &str = "the file system does not handle locks: is it a network file system?";
const READING: &str = "a query may only read unless writing was asked for";
const RECOVERY: &str =
    "a writer ended in the middle of a change: open the database once with mode=rw, which repairs it";
const REPORT: &str = "report it, with the log";
const SHAPE: &str = "if it is about `_health_check`: the table is not dbprobe's; compare with `dbprobe init --print`";
const SHARED: &str = "the -shm file is shared memory: keep the database on a local file system, and look at its owner and \
             its room";
const STATEMENT: &str = "try it in `sqlite3` on a copy of the file";

/// A row about a primary or an extended result code, with its place in SQLite's own list of them.
macro_rules! result {
    ($code:literal, $name:literal, $class:ident, $anchor:literal) => {
        Knowledge::new($code, $name, $class, concat!("https://sqlite.org/rescode.html#", $anchor))
    };
}

/// The exact code counts, else its primary code (the lowest eight bits), for which there is always a row.
pub(crate) const KNOWLEDGE: &[Knowledge] = &[
    result!("1", "SQLITE_ERROR", Query, "error")
        .because("the statement is misspelt, or names a table, column or function that does not exist")
        .advise(STATEMENT),
    result!("257", "SQLITE_ERROR_MISSING_COLLSEQ", Query, "error_missing_collseq")
        .because("an index or a statement uses a collation that only the application's own connections have")
        .advise("leave that collation out of the query"),
    result!("513", "SQLITE_ERROR_RETRY", Query, "error_retry")
        .because("the statement had to be prepared again and could not be")
        .advise("it is worth trying again"),
    result!("769", "SQLITE_ERROR_SNAPSHOT", Query, "error_snapshot")
        .because("the old state of the write-ahead log that was asked for is overwritten")
        .advise("it is worth trying again"),
    result!("2", "SQLITE_INTERNAL", Internal, "internal")
        .because("a defect of SQLite, or of an extension")
        .advise(REPORT),
    result!("3", "SQLITE_PERM", Permission, "perm")
        .because("the file may not be opened in this way")
        .advise("check the owner and the mode of the file, and security modules such as SELinux or AppArmor"),
    result!("4", "SQLITE_ABORT", Query, "abort")
        .because("a callback of the program gave the statement up")
        .advise("it is worth trying again"),
    result!("516", "SQLITE_ABORT_ROLLBACK", Query, "abort_rollback")
        .because("the transaction was rolled back while the statement was running")
        .advise("it is worth trying again"),
    result!("5", "SQLITE_BUSY", Locked, "busy")
        .because("another process writes, and held the lock for longer than the busy timeout")
        .advise(LOCK),
    result!("261", "SQLITE_BUSY_RECOVERY", Starting, "busy_recovery")
        .because("another process recovers the write-ahead log after a crash")
        .advise("another process recovers the write-ahead log after a crash: wait"),
    result!("517", "SQLITE_BUSY_SNAPSHOT", Locked, "busy_snapshot")
        .because("another session wrote after this transaction had begun to read")
        .advise(CHANGED),
    result!("773", "SQLITE_BUSY_TIMEOUT", Locked, "busy_timeout")
        .because("another process held a blocking lock for longer than the busy timeout")
        .advise(LOCK),
    result!("6", "SQLITE_LOCKED", Locked, "locked")
        .because("another statement of the same process holds the table")
        .advise("another session of this process holds the table: let it finish"),
    result!("262", "SQLITE_LOCKED_SHAREDCACHE", Locked, "locked_sharedcache")
        .because("another session of the same shared cache holds the table")
        .advise("another session of the shared cache holds the table: let it finish, or leave `cache=shared` out"),
    result!("518", "SQLITE_LOCKED_VTAB", Locked, "locked_vtab")
        .because("a virtual table's extension is busy")
        .advise("it is worth trying again"),
    result!("7", "SQLITE_NOMEM", Overloaded, "nomem")
        .because("the process got no more memory")
        .advise("no memory is left: look at the memory limit of this process or container"),
    result!("8", "SQLITE_READONLY", ReadOnly, "readonly")
        .because("this user may not write the file, or its file system is mounted read-only")
        .advise("check the owner and the mode of the file, and how its file system is mounted"),
    result!("264", "SQLITE_READONLY_RECOVERY", ReadOnly, "readonly_recovery")
        .because("the write-ahead log has to be recovered, and the database is opened for reading only")
        .advise(RECOVERY),
    result!("520", "SQLITE_READONLY_CANTLOCK", ReadOnly, "readonly_cantlock")
        .because("the -shm file of the write-ahead log is read-only")
        .advise("the -shm file cannot be locked: give write permission on it"),
    result!("776", "SQLITE_READONLY_ROLLBACK", ReadOnly, "readonly_rollback")
        .because("a journal is left over from a crash, and the database is opened for reading only")
        .advise(RECOVERY),
    result!("1032", "SQLITE_READONLY_DBMOVED", Reset, "readonly_dbmoved")
        .because("the file was moved, replaced or deleted while it was open")
        .advise("the file was moved while it was open: see what replaces it, such as a restore"),
    result!("1288", "SQLITE_READONLY_CANTINIT", ReadOnly, "readonly_cantinit")
        .because("the -shm file of the write-ahead log does not exist, and this user may not make it")
        .advise("the -shm file cannot be made: give write permission on the directory"),
    result!("1544", "SQLITE_READONLY_DIRECTORY", ReadOnly, "readonly_directory")
        .because("this user may write the file, but not the directory it lies in")
        .advise("give write permission on the directory: the journal is made there"),
    result!("9", "SQLITE_INTERRUPT", Timeout, "interrupt")
        .because("dbprobe stopped the statement at its deadline")
        .advise("look for a lock, a slow disk or a query that reads much"),
    result!("10", "SQLITE_IOERR", Corrupt, "ioerr").because("the disk or the file system failed").advise(DISK),
    result!("266", "SQLITE_IOERR_READ", Corrupt, "ioerr_read")
        .because("the disk or the file system could not be read")
        .advise(DISK),
    result!("522", "SQLITE_IOERR_SHORT_READ", Corrupt, "ioerr_short_read")
        .because("the file was truncated, or a copy of it is not complete")
        .advise("the file is shorter than its header says: it was truncated"),
    result!("778", "SQLITE_IOERR_WRITE", Corrupt, "ioerr_write")
        .because("the disk or the file system could not be written")
        .advise(DISK),
    result!("1034", "SQLITE_IOERR_FSYNC", Corrupt, "ioerr_fsync")
        .because("the disk did not confirm what was written")
        .advise(DISK),
    result!("1290", "SQLITE_IOERR_DIR_FSYNC", Corrupt, "ioerr_dir_fsync")
        .because("the disk did not confirm a change of the directory")
        .advise(DISK),
    result!("1546", "SQLITE_IOERR_TRUNCATE", Corrupt, "ioerr_truncate")
        .because("the file system could not shorten the file")
        .advise(DISK),
    result!("1802", "SQLITE_IOERR_FSTAT", Corrupt, "ioerr_fstat")
        .because("the file system does not answer for the file, as a network one that is gone")
        .advise(DISK),
    result!("2058", "SQLITE_IOERR_UNLOCK", Locked, "ioerr_unlock")
        .because("the file system could not give a lock back")
        .advise(NETWORK),
    result!("2314", "SQLITE_IOERR_RDLOCK", Locked, "ioerr_rdlock")
        .because("the file system could not give a lock for reading")
        .advise(NETWORK),
    result!("2570", "SQLITE_IOERR_DELETE", Corrupt, "ioerr_delete")
        .because("the journal could not be deleted: the directory is not writable, or the disk failed")
        .advise("give write permission on the directory, and look at the kernel's log"),
    result!("3082", "SQLITE_IOERR_NOMEM", Overloaded, "ioerr_nomem")
        .because("the process got no more memory")
        .advise("no memory is left: look at the memory limit of this process or container"),
    result!("3338", "SQLITE_IOERR_ACCESS", Corrupt, "ioerr_access")
        .because("the file system does not answer for the file or its journal")
        .advise(DISK),
    result!("3594", "SQLITE_IOERR_CHECKRESERVEDLOCK", Locked, "ioerr_checkreservedlock")
        .because("the file system could not tell whether the file is locked")
        .advise(NETWORK),
    result!("3850", "SQLITE_IOERR_LOCK", Locked, "ioerr_lock")
        .because("the file system could not lock the file")
        .advise(NETWORK),
    result!("4106", "SQLITE_IOERR_CLOSE", Corrupt, "ioerr_close")
        .because("the file system failed while the file was closed")
        .advise(DISK),
    result!("4618", "SQLITE_IOERR_SHMOPEN", Corrupt, "ioerr_shmopen")
        .because("the -shm file of the write-ahead log cannot be opened")
        .advise(SHARED),
    result!("4874", "SQLITE_IOERR_SHMSIZE", Corrupt, "ioerr_shmsize")
        .because("the -shm file of the write-ahead log cannot be enlarged: no room, or the directory is not writable")
        .advise(SHARED),
    result!("5130", "SQLITE_IOERR_SHMLOCK", Corrupt, "ioerr_shmlock")
        .because("the -shm file of the write-ahead log cannot be locked")
        .advise(SHARED),
    result!("5386", "SQLITE_IOERR_SHMMAP", Corrupt, "ioerr_shmmap")
        .because("the -shm file of the write-ahead log cannot be mapped, as on a network file system")
        .advise(SHARED),
    result!("5642", "SQLITE_IOERR_SEEK", Corrupt, "ioerr_seek")
        .because("the disk or the file system failed")
        .advise(DISK),
    result!("6154", "SQLITE_IOERR_MMAP", Corrupt, "ioerr_mmap")
        .because("the file cannot be mapped into memory")
        .advise(DISK),
    result!("6410", "SQLITE_IOERR_GETTEMPPATH", Corrupt, "ioerr_gettemppath")
        .because("no directory for temporary files can be written")
        .advise("make /tmp, or what SQLITE_TMPDIR names, writable"),
    result!("6922", "SQLITE_IOERR_VNODE", Reset, "ioerr_vnode")
        .because("the file was moved, replaced or deleted while it was open")
        .advise("the file was moved while it was open: see what replaces it, such as a restore"),
    result!("8202", "SQLITE_IOERR_DATA", Corrupt, "ioerr_data")
        .because("a page's checksum is wrong: the file is damaged")
        .advise(DAMAGED),
    result!("8458", "SQLITE_IOERR_CORRUPTFS", Corrupt, "ioerr_corruptfs")
        .because("the file system itself is damaged")
        .advise(DISK),
    result!("8714", "SQLITE_IOERR_IN_PAGE", Corrupt, "ioerr_in_page")
        .because("the file cannot be read through its mapping: the disk failed, or a network file system is gone")
        .advise(DISK),
    result!("11", "SQLITE_CORRUPT", Corrupt, "corrupt")
        .because("the file is damaged: a copy without its journal, a failing disk, or a program that wrote into it")
        .advise(DAMAGED),
    result!("267", "SQLITE_CORRUPT_VTAB", Corrupt, "corrupt_vtab")
        .because("the data of a virtual table, such as a full-text index, is damaged")
        .advise("rebuild it, for FTS5 with insert into NAME(NAME) values('rebuild')"),
    result!("523", "SQLITE_CORRUPT_SEQUENCE", Corrupt, "corrupt_sequence")
        .because("the table sqlite_sequence is damaged")
        .advise(DAMAGED),
    result!("779", "SQLITE_CORRUPT_INDEX", Corrupt, "corrupt_index")
        .because("an index does not fit its table")
        .advise("an index does not fit its table: `REINDEX` rebuilds it"),
    result!("12", "SQLITE_NOTFOUND", Internal, "notfound")
        .because("a file control that the file system layer does not know")
        .advise(REPORT),
    result!("13", "SQLITE_FULL", DiskFull, "full")
        .because("the disk, the quota or the directory of temporary files is full, or max_page_count is reached")
        .advise("free space on the file system, or raise max_page_count or the quota"),
    result!("14", "SQLITE_CANTOPEN", NotFound, "cantopen")
        .because("the file or its directory does not exist, or this user may not enter it")
        .advise("check the path, and the permissions of every directory on it: `namei -l PATH`"),
    result!("270", "SQLITE_CANTOPEN_NOTEMPDIR", NotFound, "cantopen_notempdir")
        .because("there is no directory for temporary files")
        .advise("make /tmp, or what SQLITE_TMPDIR names, writable"),
    result!("526", "SQLITE_CANTOPEN_ISDIR", NotFound, "cantopen_isdir")
        .because("the path is that of a directory, as where a container mounts a file that does not exist")
        .advise("the path is a directory: name the file in it"),
    result!("782", "SQLITE_CANTOPEN_FULLPATH", NotFound, "cantopen_fullpath")
        .because("the path cannot be made absolute: a directory on it is missing")
        .advise("check the path"),
    result!("1550", "SQLITE_CANTOPEN_SYMLINK", NotFound, "cantopen_symlink")
        .because("the path is a symbolic link, which was not allowed")
        .advise("name the file itself"),
    result!("15", "SQLITE_PROTOCOL", Locked, "protocol")
        .because("several sessions fought over the lock of the write-ahead log")
        .advise(CHANGED),
    result!("16", "SQLITE_EMPTY", Query, "empty").because("SQLite does not use this code").advise(REPORT),
    result!("17", "SQLITE_SCHEMA", Locked, "schema")
        .because("another session changed a table after the statement was prepared")
        .advise(CHANGED),
    result!("18", "SQLITE_TOOBIG", Query, "toobig")
        .because("a text or a value is longer than SQLite's limit")
        .advise("make the value or the statement smaller"),
    result!("19", "SQLITE_CONSTRAINT", Query, "constraint")
        .because("a constraint of the table does not allow the row")
        .advise(SHAPE),
    result!("275", "SQLITE_CONSTRAINT_CHECK", Query, "constraint_check")
        .because("a CHECK constraint does not allow the row")
        .advise(SHAPE),
    result!("787", "SQLITE_CONSTRAINT_FOREIGNKEY", Query, "constraint_foreignkey")
        .because("a foreign key points to a row that does not exist")
        .advise(SHAPE),
    result!("1299", "SQLITE_CONSTRAINT_NOTNULL", Query, "constraint_notnull")
        .because("a column that must have a value gets none")
        .advise(SHAPE),
    result!("1555", "SQLITE_CONSTRAINT_PRIMARYKEY", Query, "constraint_primarykey")
        .because("a row with this primary key is there already")
        .advise(SHAPE),
    result!("1811", "SQLITE_CONSTRAINT_TRIGGER", Query, "constraint_trigger")
        .because("a trigger refuses the row")
        .advise(SHAPE),
    result!("2067", "SQLITE_CONSTRAINT_UNIQUE", Query, "constraint_unique")
        .because("a row with this unique value is there already")
        .advise(SHAPE),
    result!("3091", "SQLITE_CONSTRAINT_DATATYPE", Query, "constraint_datatype")
        .because("a value does not fit its column in a STRICT table")
        .advise(SHAPE),
    result!("20", "SQLITE_MISMATCH", Query, "mismatch")
        .because("a value does not fit the type of its column")
        .advise(SHAPE),
    result!("21", "SQLITE_MISUSE", Internal, "misuse")
        .because("a defect of dbprobe in how it uses SQLite")
        .advise(REPORT),
    result!("22", "SQLITE_NOLFS", Unsupported, "nolfs")
        .because("the file is larger than this system's files can be")
        .advise("the file is too large for this system: move it to one with 64-bit file sizes"),
    result!("23", "SQLITE_AUTH", ReadOnly, "auth")
        .because("the statement writes or changes settings, and only reading was asked for")
        .advise(READING),
    result!("24", "SQLITE_FORMAT", Corrupt, "format").because("SQLite does not use this code").advise(REPORT),
    result!("25", "SQLITE_RANGE", Query, "range")
        .because("the statement has more parameters than were given")
        .advise("write the values into the query"),
    result!("26", "SQLITE_NOTADB", Corrupt, "notadb")
        .because("the file is not an SQLite database, or is an encrypted one")
        .advise("check the path: this is another kind of file, or an encrypted database"),
];

/// What is known about `code`, or else about its primary code.
pub(crate) fn row(code: i32) -> Option<&'static Knowledge> {
    let find = |code: i32| Knowledge::find(KNOWLEDGE, &code.to_string());
    find(code).or_else(|| find(code & 0xff))
}
