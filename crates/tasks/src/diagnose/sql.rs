//! Statements for the clients of others, in command lines to copy. dbprobe sends none of them.

/// Who is connected to PostgreSQL; `pg_stat_activity` is readable by every role.
pub(super) const POSTGRES_ACTIVITY: &str = "SELECT pid, usename, application_name, state FROM pg_stat_activity";

/// The databases of MySQL; those on which the account has a grant.
pub(super) const MYSQL_DATABASES: &str = "SHOW DATABASES";

/// The databases of SQL Server; needs no privilege beyond a login.
pub(super) const MSSQL_DATABASES: &str = "SELECT name, state_desc FROM sys.databases";

/// Who is connected to SQL Server; needs VIEW SERVER STATE for the sessions of others.
pub(super) const MSSQL_SESSIONS: &str = "SELECT session_id, login_name, program_name FROM sys.dm_exec_sessions";

/// How much room logs and files have in SQL Server; needs VIEW SERVER STATE.
pub(super) const MSSQL_ROOM: &str = "DBCC SQLPERF(LOGSPACE)";

/// Looks for damage in a database of SQLite.
pub(super) const SQLITE_CHECK: &str = "PRAGMA integrity_check";
