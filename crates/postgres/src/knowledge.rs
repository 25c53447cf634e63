//! SQLSTATE → name, class, cause, advice: one table.

mod pooler;

use dbprobe_core::Class::{
    Auth, Corrupt, DiskFull, Locked, NotFound, Overloaded, Permission, Protocol, Query, ReadOnly, Reset, Starting,
    Timeout, Unsupported,
};
use dbprobe_core::{Class, Knowledge};

pub(crate) use pooler::POOLER;

/// Appendix A of PostgreSQL's manual.
const APPENDIX: &str = "https://www.postgresql.org/docs/current/errcodes-appendix.html";

const fn row(code: &'static str, name: &'static str, class: Class) -> Knowledge {
    Knowledge::new(code, name, class, APPENDIX)
}

/// Exact codes stand above their class.
pub(crate) const KNOWLEDGE: &[Knowledge] = &[
    // Who logs in, and where.
    row("28P01", "invalid_password", Auth)
        .because("the password is wrong, or there is no such role: the server does not tell which")
        .advise(
            "check the password that the DSN resolves to, and the role with `\\du`; the server and its port \
             answer",
        ),
    row("28000", "invalid_authorization_specification", Auth)
        .because(
            "no line of pg_hba.conf lets this user, database and address in, or the role does not exist or may \
             not log in",
        )
        .advise(
            "check the role's name, and that pg_hba.conf has a line for this user, database, address and TLS use: \
             `select * from pg_hba_file_rules`",
        ),
    row("3D000", "invalid_catalog_name", NotFound)
        .because("the server has no database of this name: it is misspelt, or not created yet")
        .advise("check the database's name with `psql -l`, or create it"),
    row("3F000", "invalid_schema_name", NotFound)
        .because("the schema does not exist, or search_path names none that does")
        .advise("check the schema's name with `\\dn`, and the role's search_path"),
    // Statements and what they are about.
    row("42P01", "undefined_table", NotFound)
        .because("the table does not exist, or in no schema of the role's search_path")
        .advise("create it with `dbprobe init`, or give `--create-health-table`"),
    row("42703", "undefined_column", Query)
        .because("the table has other columns than the statement names")
        .advise("if it is about `_health_check`: the table is not dbprobe's; compare with `dbprobe init --print`"),
    row("42501", "insufficient_privilege", Permission)
        .because("the role has no grant on the object, or must own it")
        .advise("let an administrator run `dbprobe init`, which prints or grants what is needed"),
    row("42601", "syntax_error", Query)
        .because("the statement is misspelt, or is of another version or another kind of server")
        .advise("try it in psql on this server; the message says where it goes wrong"),
    row("42704", "undefined_object", Query)
        .because("a role, type or setting of this name does not exist")
        .advise("check the name, and that the extension it belongs to is installed: `\\dx`"),
    row("42883", "undefined_function", Query)
        .because("the function does not exist for these types, or its extension is not installed")
        .advise("check it with `\\df`, and the extensions with `\\dx`"),
    row("42P05", "duplicate_prepared_statement", Query)
        .because("a pooler in transaction mode let two clients prepare under one name in the same server session")
        .advise("set max_prepared_statements in PgBouncer (1.21 or later), or pool whole sessions"),
    row("42P07", "duplicate_table", Query)
        .because("a table of this name exists already, perhaps made by another prober at the same moment")
        .advise("try again; if it stays, check whose table it is with `\\dt`"),
    row("42*", "syntax_error_or_access_rule_violation", Query)
        .because("the statement does not fit this server's version, tables or types")
        .advise("try it in psql on this server"),
    row("0A000", "feature_not_supported", Unsupported)
        .because(
            "the server, its version or a pooler before it cannot do this, or a table changed under a prepared \
             statement (`cached plan must not change result type`)",
        )
        .advise("check the server's version; where a table has just changed, let the clients connect anew"),
    row("22*", "data_exception", Query)
        .because("a value does not fit the type or the range that the statement wants")
        .advise("check the values and the casts of the query"),
    row("23*", "integrity_constraint_violation", Query)
        .because("a constraint of the table does not allow the row")
        .advise("if it is about `_health_check`: the table is not dbprobe's; compare with `dbprobe init --print`"),
    row("54*", "program_limit_exceeded", Query)
        .because("the statement or a value is larger or deeper than the server can take")
        .advise("make the statement smaller; for a stack that is too deep see max_stack_depth"),
    row("55000", "object_not_in_prerequisite_state", Query)
        .because(
            "the server or the object is not in the state that this needs, such as a module that is not in \
             shared_preload_libraries",
        )
        .advise("do what the message names; after a change of shared_preload_libraries the server must be restarted"),
    row("HV*", "fdw_error", Query)
        .because("the server behind a foreign table does not answer, or refuses")
        .advise("check that server, and `\\des+` and `\\deu+` for how it is reached"),
    row("P0001", "raise_exception", Query)
        .because("a trigger or a function of the database refuses by itself")
        .advise("read the message: it is the application's own; `\\d` of the table shows its triggers"),
    // Transactions.
    row("25006", "read_only_sql_transaction", ReadOnly)
        .because(
            "the server is a standby, or default_transaction_read_only is on, as managed services set it when the \
             disk is nearly full",
        )
        .advise("look for a standby behind the name (`select pg_is_in_recovery()`), or default_transaction_read_only"),
    row("25P02", "in_failed_sql_transaction", Query)
        .because("an earlier statement of the transaction failed, and nobody rolled back")
        .advise("look for the first error of the session, in the server's log: this one only follows from it"),
    row("25P03", "idle_in_transaction_session_timeout", Reset)
        .because("the session was idle in an open transaction for longer than idle_in_transaction_session_timeout")
        .advise("look for a client that keeps transactions open: state `idle in transaction` in pg_stat_activity"),
    row("26000", "invalid_sql_statement_name", Query)
        .because(
            "a pooler in transaction mode gave the next statement another server session, which does not know \
             what was prepared",
        )
        .advise("set max_prepared_statements in PgBouncer (1.21 or later), or pool whole sessions"),
    row("40001", "serialization_failure", Locked)
        .because(
            "another transaction changed the same rows, or on a standby replay removed rows that the query still \
             needed",
        )
        .advise("it is worth trying again; on a standby see hot_standby_feedback and max_standby_streaming_delay"),
    row("40P01", "deadlock_detected", Locked)
        .because("two transactions waited for each other, and this one was given up")
        .advise("it is worth trying again; the server's log names both statements"),
    row("40*", "transaction_rollback", Locked)
        .because("another transaction was in the way")
        .advise("it is worth trying again"),
    // Locks.
    row("55006", "object_in_use", Locked)
        .because("another session uses the object, or is connected to the database")
        .advise("find it in pg_stat_activity; wait, or end it with `select pg_terminate_backend(pid)`"),
    row("55P03", "lock_not_available", Locked)
        .because(
            "another session holds the lock for longer than lock_timeout allows, often a migration or a forgotten \
             transaction",
        )
        .advise("find the holder: select * from pg_locks where not granted; pg_blocking_pids(pid) names it"),
    // No room.
    row("53100", "disk_full", DiskFull)
        .because(
            "the disk that holds the data or the write-ahead log is full, often by a replication slot that nobody \
             reads",
        )
        .advise(
            "free disk space on the server; PostgreSQL stops writing before it stops reading; see \
             pg_replication_slots and archive_command",
        ),
    row("53200", "out_of_memory", Overloaded)
        .because("the server got no more memory: too many sessions, or work_mem is too large for them")
        .advise("see the server's log and the memory limit of its host or container; lower work_mem"),
    row("53300", "too_many_connections", Overloaded)
        .because(
            "max_connections, or the limit of the role or the database, is reached: a pool that leaks, or too \
             many clients",
        )
        .advise(
            "see who holds the connections in pg_stat_activity; raise max_connections only after that, or use a \
             pooler",
        ),
    row("53400", "configuration_limit_exceeded", Overloaded)
        .because("a limit of the configuration is reached, such as temp_file_limit or max_replication_slots")
        .advise("raise the limit that the message names, or find what uses it up"),
    row("53*", "insufficient_resources", Overloaded)
        .because("the server is out of a resource")
        .advise("see the server's log for which one"),
    // The server's own life.
    row("57014", "query_canceled", Timeout)
        .because("statement_timeout was reached, or dbprobe or an administrator cancelled the statement")
        .advise("the server cancelled the statement: look for locks, slow storage or a missing synchronous standby"),
    row("57P01", "admin_shutdown", Starting)
        .because("an administrator or a failover is stopping the server, or somebody ended this session")
        .advise("wait for the server to come back; if it does not, see its log"),
    row("57P02", "crash_shutdown", Starting)
        .because("another server process crashed, often for want of memory, and the server recovers")
        .advise("wait; the server's log and the kernel's (`dmesg`) name the process"),
    row("57P03", "cannot_connect_now", Starting)
        .because("the server is starting, stopping or recovering, or is a standby that lets nobody read (hot_standby)")
        .advise("wait; the server's log tells how far its recovery is"),
    row("57P04", "database_dropped", NotFound)
        .because("the database was dropped")
        .advise("check the database's name with `psql -l`, or create it again"),
    row("57P05", "idle_session_timeout", Reset)
        .because("the session was idle for longer than idle_session_timeout")
        .advise("raise idle_session_timeout for this role, or let the client's pool drop idle sessions earlier"),
    row("58030", "io_error", Corrupt)
        .because("the operating system could not read or write a file of the server: the disk or its file system fails")
        .advise("see the server's log and the kernel's (`dmesg`), and copy the data directory before a restart"),
    row("58P01", "undefined_file", Corrupt)
        .because(
            "a file that the server needs is missing: an extension's library that is not installed, or a damaged \
             data directory",
        )
        .advise("install the package that the file belongs to; where it is a file of the data, restore from a backup"),
    row("58*", "system_error", Corrupt)
        .because("the server cannot read or write its files")
        .advise("see its log and its disks"),
    row("XX000", "internal_error", Query)
        .because(
            "a defect of the server or of an extension, or a proxy such as Pgpool-II reports its own trouble with \
             this code",
        )
        .advise("read the message, and see the log of the server and of the proxy before it"),
    row("XX001", "data_corrupted", Corrupt)
        .because("a page on the disk is damaged")
        .advise("stop writing, copy the data directory, restore from a backup"),
    row("XX002", "index_corrupted", Corrupt)
        .because("an index is damaged, often after the system's collations changed under it")
        .advise("check it with amcheck, then reindex"),
    // The line. Poolers give most of their own refusals this code.
    row("08P01", "protocol_violation", Protocol)
        .because("a pooler such as PgBouncer refuses something in its own words, or a proxy changed what was sent")
        .advise("a pooler such as PgBouncer reports its own refusals with this code: see its log"),
    row("08*", "connection_exception", Reset)
        .because("the server or a pooler lost its connection")
        .advise("see the log of the pooler, or of the server behind it"),
];
