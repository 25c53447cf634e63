//! No room for a session, somebody else's lock, or no time.

use dbprobe_core::Class::{Locked, Overloaded, Timeout};
use dbprobe_core::Knowledge;

use super::source::{mariadb, server};

const AGAIN: &str = "another transaction was in the way; it is worth trying again";

pub(super) const ROWS: &[Knowledge] = &[
    // No room.
    server!("1037", "ER_OUTOFMEMORY", Overloaded, "er_outofmemory")
        .because("the server got no more memory")
        .advise("the server has no memory left: see its log, and the memory limit of its host or container"),
    server!("1038", "ER_OUT_OF_SORTMEMORY", Overloaded, "er_out_of_sortmemory")
        .because("the sort needs more memory than sort_buffer_size")
        .advise("the server has no memory left for sorting: raise sort_buffer_size"),
    server!("1040", "ER_CON_COUNT_ERROR", Overloaded, "er_con_count_error")
        .because("max_connections is reached: a pool that leaks, or too many clients")
        .advise(
            "see who holds the connections with SHOW PROCESSLIST; raise max_connections only after that, or use a \
             pooler",
        ),
    server!("1041", "ER_OUT_OF_RESOURCES", Overloaded, "er_out_of_resources")
        .because("the server got no memory or no thread from its system")
        .advise("the server has no memory or threads left: see its log and its limits (ulimit, cgroup)"),
    server!("1135", "ER_CANT_CREATE_THREAD", Overloaded, "er_cant_create_thread")
        .because("the server got no thread for the session: a limit of its system is reached")
        .advise("see the server's log, and its limits of tasks and memory (ulimit -u, TasksMax, cgroup pids)"),
    server!("1203", "ER_TOO_MANY_USER_CONNECTIONS", Overloaded, "er_too_many_user_connections")
        .because("the account has more sessions open than max_user_connections allows")
        .advise("the account's max_user_connections is reached: see its sessions with SHOW PROCESSLIST"),
    server!("1226", "ER_USER_LIMIT_REACHED", Overloaded, "er_user_limit_reached")
        .because("a limit of the account is reached, mostly max_user_connections")
        .advise(
            "a limit of the account is reached, which the message names: for max_user_connections see its \
             sessions with SHOW PROCESSLIST, for the others wait for the next hour or raise it (ALTER USER … WITH \
             …)",
        ),
    server!("1461", "ER_MAX_PREPARED_STMT_COUNT_REACHED", Overloaded, "er_max_prepared_stmt_count_reached")
        .because("clients prepare statements and never close them")
        .advise(
            "find the client in performance_schema.prepared_statements_instances; raise max_prepared_stmt_count \
             after that",
        ),
    // Locks.
    server!("1099", "ER_TABLE_NOT_LOCKED_FOR_WRITE", Locked, "er_table_not_locked_for_write")
        .because("this session, or a proxy that shares it, holds LOCK TABLES … READ")
        .advise("the table is locked for reading by LOCK TABLES in this session: UNLOCK TABLES ends it"),
    server!("1100", "ER_TABLE_NOT_LOCKED", Locked, "er_table_not_locked")
        .because("this session, or a proxy that shares it, holds LOCK TABLES for other tables")
        .advise("LOCK TABLES is in force in this session: UNLOCK TABLES ends it"),
    server!("1192", "ER_LOCK_OR_ACTIVE_TRANSACTION", Locked, "er_lock_or_active_transaction")
        .because("this session, or a proxy that shares it, is within LOCK TABLES or a transaction")
        .advise("LOCK TABLES or a transaction is in force in this session: UNLOCK TABLES or COMMIT ends it"),
    server!("1205", "ER_LOCK_WAIT_TIMEOUT", Locked, "er_lock_wait_timeout")
        .because("another transaction holds the row or the table for longer than innodb_lock_wait_timeout")
        .advise(
            "find the holder: select * from sys.innodb_lock_waits, or SHOW ENGINE INNODB STATUS and SHOW \
             PROCESSLIST",
        ),
    server!("1206", "ER_LOCK_TABLE_FULL", Locked, "er_lock_table_full")
        .because("transactions hold more locks than fit into the buffer pool")
        .advise("the table of locks is full: look for long transactions, raise innodb_buffer_pool_size"),
    server!("1213", "ER_LOCK_DEADLOCK", Locked, "er_lock_deadlock")
        .because("two transactions waited for each other, and this one was given up")
        .advise("it is worth trying again; SHOW ENGINE INNODB STATUS shows the last deadlock"),
    server!("1223", "ER_CANT_UPDATE_WITH_READLOCK", Locked, "er_cant_update_with_readlock")
        .because("this session, or a proxy that shares it, holds the lock of a backup")
        .advise("FLUSH TABLES WITH READ LOCK, as backups take it, is in force in this session: UNLOCK TABLES ends it"),
    server!("1615", "ER_NEED_REPREPARE", Locked, "er_need_reprepare")
        .because("the table was altered while the statement was prepared")
        .advise("the table was changed meanwhile; it is worth trying again"),
    server!("3058", "ER_USER_LOCK_DEADLOCK", Locked, "er_user_lock_deadlock")
        .because("two sessions wait for each other's GET_LOCK")
        .advise("it is worth trying again; performance_schema.metadata_locks shows who waits"),
    server!("3101", "ER_TRANSACTION_ROLLBACK_DURING_COMMIT", Locked, "er_transaction_rollback_during_commit")
        .because("another member of the group changed the same row first")
        .advise(AGAIN),
    server!("3572", "ER_LOCK_NOWAIT", Locked, "er_lock_nowait")
        .because("another session holds the row, and the statement does not wait (NOWAIT)")
        .advise("another session holds the row: select * from sys.innodb_lock_waits names it"),
    // Time.
    server!("1317", "ER_QUERY_INTERRUPTED", Timeout, "er_query_interrupted")
        .because("dbprobe's deadline, an administrator or a limit stopped the statement")
        .advise(
            "the statement was stopped: by dbprobe when its time was over, or by an administrator; look for locks \
             or slow storage",
        ),
    mariadb!("1969", "ER_STATEMENT_TIMEOUT", Timeout)
        .because("the statement ran for longer than max_statement_time")
        .advise("max_statement_time was reached: look for locks or slow storage"),
    server!("3024", "ER_QUERY_TIMEOUT", Timeout, "er_query_timeout")
        .because("the statement ran for longer than max_execution_time")
        .advise("max_execution_time was reached: look for locks or slow storage"),
];
