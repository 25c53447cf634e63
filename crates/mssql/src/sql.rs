//! Every statement that can be sent, with the privilege it needs.
//!
//! Each goes out as one batch, so each step is one round trip. They are plain T-SQL that Babelfish takes, too:
//! what only SQL Server has stands in [`FACTS`] and in [`PING`], both of which have something to fall back on. Values
//! are cast, since `sql_variant` is nothing a client should have to read.
//!
//! What differs from check to check is a parameter, never part of the text: SQL Server keeps a plan for every text that
//! it is sent, and ten thousand checks would push the plans of others out of its cache. Parameters are `nvarchar`, as
//! every client sends them; the key is cast, so that it is looked up and not compared with every row.

use std::time::Duration;

use dbprobe_core::{Activities, Lookup, Nonce, Prober, Setup, SetupOptions, Written};

/// One round trip that also tells what the next steps need to know. Any role.
///
/// Columns: `READ_WRITE` or `READ_ONLY`; whether the latter is because the database follows another one: it is not set
/// to read-only, or it is the standby of log shipping; whether there is a health table that the role may see; and
/// whether the role may create tables in schema `dbo`.
pub(crate) const PING: &str = "SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') AS nvarchar(60)), \
     (SELECT CASE WHEN is_read_only = 0 OR is_in_standby = 1 THEN 1 ELSE 0 END \
       FROM sys.databases WHERE name = DB_NAME()), \
     CASE WHEN OBJECT_ID(N'dbo._health_check', N'U') IS NULL THEN 0 ELSE 1 END, \
     CASE WHEN HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'CREATE TABLE') = 1 \
       AND HAS_PERMS_BY_NAME(N'dbo', N'SCHEMA', N'ALTER') = 1 THEN 1 ELSE 0 END";

/// The same for a server that does not have those functions. Any role.
pub(crate) const PLAIN_PING: &str = "SELECT 1";

/// Whether the health table is there. Any role.
pub(crate) const FIND: &str = "SELECT CASE WHEN OBJECT_ID(N'dbo._health_check', N'U') IS NULL THEN 0 ELSE 1 END";

/// The health table: one row a prober, so that it does not grow with the number of checks.
const COLUMNS: &str = "(\
     prober varchar(64) NOT NULL PRIMARY KEY, \
     nonce varchar(32) NOT NULL, \
     seq bigint NOT NULL, \
     checked_at datetime NOT NULL)";

/// Settings of the session that every batch sets anew, since a user's own query may have changed them. The server never
/// waits for a lock for more than half of the time, so that the other half is there to find out what still works; an
/// error ends the transaction that it is in.
pub(crate) fn guarded(patience: Patience, statements: &str) -> String {
    limited(patience.map(|time| time / 2), statements)
}

/// How long a batch may take, from which its limits follow; `None` for a server that does not have these settings.
pub(crate) type Patience = Option<Duration>;

fn limited(lock: Patience, statements: &str) -> String {
    match lock {
        Some(lock) => format!(
            "SET NOCOUNT ON; SET XACT_ABORT ON; SET IMPLICIT_TRANSACTIONS OFF; SET LOCK_TIMEOUT {}; {statements}",
            whole_milliseconds(lock)
        ),
        None => format!("SET NOCOUNT ON; {statements}"),
    }
}

/// 0 would be "do not wait at all", and the server's numbers end at 2^31.
fn whole_milliseconds(duration: Duration) -> u128 {
    duration.as_millis().clamp(1, 2_147_483_647)
}

/// Needs CREATE TABLE and ALTER on schema `dbo`. Of probers that come at the same time all but one may fail with 2714,
/// or with a deadlock: what counts is that the table is there afterwards.
pub(crate) fn create_health_table(patience: Patience) -> String {
    let table = format!("IF OBJECT_ID(N'dbo._health_check', N'U') IS NULL CREATE TABLE dbo._health_check {COLUMNS}");
    limited(patience, &table)
}

/// A statement and its parameters, which it calls `@P1`, `@P2` and so on.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(crate) values: Vec<String>,
}

impl Statement {
    fn new(patience: Patience, text: &str, values: impl IntoIterator<Item = String>) -> Self {
        Self { text: guarded(patience, text), values: values.into_iter().collect() }
    }

    /// The same as one text, for a server that takes no parameters.
    pub(crate) fn whole(&self) -> String {
        let values = self.values.iter().enumerate().rev(); // @P1 is the beginning of @P10
        values.fold(self.text.clone(), |text, (at, value)| text.replace(&format!("@P{}", at + 1), &literal(value)))
    }
}

/// Needs SELECT, INSERT and UPDATE on `dbo._health_check`. The row's sequence tells a later write of a prober with the
/// same name from a stale one.
///
/// The two hints keep the key's range for this transaction, so that of two first writes of one name the second waits
/// and updates. A server that ignores them answers 2627 to one of the two, which tries again.
pub(crate) fn upsert(patience: Patience, prober: &Prober, nonce: &Nonce) -> Statement {
    let text = "BEGIN TRANSACTION; \
         UPDATE dbo._health_check WITH (UPDLOCK, HOLDLOCK) \
         SET nonce = @P2, seq = seq + 1, checked_at = GETUTCDATE() WHERE prober = CAST(@P1 AS varchar(64)); \
         IF @@ROWCOUNT = 0 INSERT INTO dbo._health_check (prober, nonce, seq, checked_at) \
         VALUES (@P1, @P2, 1, GETUTCDATE()); \
         SELECT seq FROM dbo._health_check WHERE prober = CAST(@P1 AS varchar(64)); \
         COMMIT TRANSACTION";
    Statement::new(patience, text, [prober.to_string(), nonce.to_string()])
}

/// Needs SELECT on `dbo._health_check`. One row: 1 where it is what was written, or something later.
pub(crate) fn read_row(patience: Patience, written: &Written) -> Statement {
    let Written { prober, nonce, token, .. } = written;
    let text = "SELECT CASE WHEN nonce = CAST(@P2 AS varchar(32)) OR seq > CAST(@P3 AS bigint) THEN 1 ELSE 0 END \
         FROM dbo._health_check WHERE prober = CAST(@P1 AS varchar(64))";
    Statement::new(patience, text, [prober.to_string(), nonce.to_string(), token.clone()])
}

/// The name of a table that no other session makes. The numbers of sessions are given out again, so that there are few
/// such names.
const OWN_TABLE: &str = "N'dbo._health_check_' + CAST(@@SPID AS nvarchar(10))";

/// A table of the probe's own in a transaction that is rolled back: it proves that this database's log takes writes,
/// not that a commit works. Needs CREATE TABLE and ALTER on schema `dbo`.
pub(crate) fn roll_back(patience: Patience, nonce: &Nonce) -> Statement {
    let text = format!(
        "DECLARE @table nvarchar(60), @sql nvarchar(400); SET @table = {OWN_TABLE}; \
         SET @sql = N'CREATE TABLE ' + @table + N' (nonce varchar(32) NOT NULL); \
         INSERT INTO ' + @table + N' (nonce) VALUES (@nonce); SELECT nonce FROM ' + @table; \
         BEGIN TRANSACTION; EXEC sp_executesql @sql, N'@nonce nvarchar(32)', @nonce = @P1; ROLLBACK TRANSACTION"
    );
    Statement::new(patience, &text, [nonce.to_string()])
}

/// Whether the table of a rolled back transaction is gone, as it has to be. Any role.
pub(crate) fn read_rolled_back(patience: Patience) -> String {
    guarded(patience, &format!("SELECT CASE WHEN OBJECT_ID({OWN_TABLE}, N'U') IS NULL THEN 1 ELSE 0 END"))
}

/// A temporary table: it proves that `tempdb` takes writes, and nothing of this database. Any role.
///
/// It belongs to the session, so its name need not be another one every time; one that was not read is made anew. A
/// table that a statement with parameters makes does not outlive it, so the server makes the value up and tells it.
pub(crate) fn temporary(patience: Patience) -> String {
    guarded(
        patience,
        "IF OBJECT_ID(N'tempdb..#dbprobe') IS NOT NULL DROP TABLE #dbprobe; \
         CREATE TABLE #dbprobe (nonce varchar(36) NOT NULL); \
         INSERT INTO #dbprobe (nonce) VALUES (CAST(NEWID() AS varchar(36))); \
         SELECT nonce FROM #dbprobe",
    )
}

/// Reads a temporary table and drops it. Any role.
pub(crate) fn read_temporary(patience: Patience) -> String {
    guarded(patience, "SELECT nonce FROM #dbprobe; DROP TABLE #dbprobe")
}

/// Reads a page of a catalog that every role may read.
pub(crate) fn read_catalog(patience: Patience) -> String {
    guarded(patience, "SELECT COUNT(*) FROM sys.schemas")
}

/// Ends a transaction that a failed batch may have left open.
pub(crate) const TIDY: &str = "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION";

/// How far this server's clock is ahead of UTC, to the quarter of an hour: the times of some views are local.
macro_rules! in_utc {
    ($time:literal) => {
        concat!(
            "CONVERT(varchar(23), DATEADD(MINUTE, CAST(15 * ROUND(DATEDIFF(SECOND, GETDATE(), GETUTCDATE()) / 900.0, \
             0) AS int), ",
            $time,
            "), 126)"
        )
    };
}

/// A fact about the server: its name here, and the expression for it.
pub(crate) type Fact = (&'static str, &'static str);

/// Facts, each of which a server may not have or a role may not see.
///
/// Most need nothing. The count of sessions needs VIEW SERVER STATE (VIEW SERVER PERFORMANCE STATE since 2022):
/// without it the view shows the role's own sessions only, which would be a wrong count. The start is that of the
/// process, or that of `tempdb`, which is made anew at every start and which everybody may see.
pub(crate) const FACTS: &[Fact] = &[
    ("version", "CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(128))"),
    ("edition", "CAST(SERVERPROPERTY(N'Edition') AS nvarchar(128))"),
    ("babelfish", "CAST(SERVERPROPERTY(N'Babelfish') AS nvarchar(128))"),
    ("updateability", "CAST(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') AS nvarchar(128))"),
    ("recovery_model", "CAST(DATABASEPROPERTYEX(DB_NAME(), N'Recovery') AS nvarchar(128))"),
    ("standby", "CAST(DATABASEPROPERTYEX(DB_NAME(), N'IsInStandBy') AS nvarchar(128))"),
    ("read_only", "(SELECT CAST(is_read_only AS int) FROM sys.databases WHERE name = DB_NAME())"),
    ("primary", "CAST(sys.fn_hadr_is_primary_replica(DB_NAME()) AS int)"),
    (
        "lag",
        "(SELECT MAX(secondary_lag_seconds) FROM sys.dm_hadr_database_replica_states \
         WHERE database_id = DB_ID() AND is_local = 1 AND is_primary_replica = 0)",
    ),
    (
        "connections",
        "CASE WHEN COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE'), 1) = 1 \
         OR HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER PERFORMANCE STATE') = 1 \
         THEN (SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE is_user_process = 1) END",
    ),
    ("connections_max", "@@MAX_CONNECTIONS"),
    ("size_bytes", "(SELECT SUM(CAST(size AS bigint)) * 8192 FROM sys.database_files)"),
    ("started", concat!("(SELECT ", in_utc!("sqlserver_start_time"), " FROM sys.dm_os_sys_info)")),
    ("tempdb_created", concat!("(SELECT ", in_utc!("create_date"), " FROM sys.databases WHERE name = N'tempdb')")),
];

/// All facts at once, each in a batch of its own inside, whose error leaves only that fact out. One row.
pub(crate) fn inspect_guarded(patience: Patience) -> String {
    let mut batch = "SET XACT_ABORT OFF; ".to_owned();
    let mut names = Vec::new();
    for (at, (_, expression)) in FACTS.iter().enumerate() {
        let inner = format!("SELECT @v = CAST({expression} AS nvarchar(256))").replace('\'', "''");
        batch.push_str(&format!(
            "DECLARE @f{at} nvarchar(256); BEGIN TRY \
             EXEC sp_executesql N'{inner}', N'@v nvarchar(256) OUTPUT', @f{at} OUTPUT \
             END TRY BEGIN CATCH SET @f{at} = NULL END CATCH; "
        ));
        names.push(format!("@f{at}"));
    }
    guarded(patience, &format!("{batch}SELECT {}", names.join(", ")))
}

/// The facts at the places `known` of [`FACTS`], in one row. One error is an error of all.
pub(crate) fn inspect(patience: Patience, known: &[usize]) -> String {
    let facts = known.iter().filter_map(|at| FACTS.get(*at));
    let columns: Vec<String> = facts.map(|(_, expression)| format!("CAST({expression} AS nvarchar(256))")).collect();
    let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
    guarded(patience, &format!("SELECT {columns}"))
}

/// What a role needs so that it sees the sessions of others.
const SEES_ALL: &str = "COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE'), 0) = 1 \
     OR HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER PERFORMANCE STATE') = 1";

/// The sessions of clients, one a row: this one first, then those that have been connected the longest. Any role; one
/// without VIEW SERVER STATE (VIEW SERVER PERFORMANCE STATE since 2022) sees its own session, and is told so. The open
/// transactions are asked for only with it: without, that would be an error.
///
/// Columns: number, login, program, database, host, state; seconds since it connected, in its state, and since its
/// transaction began; what it waits for, and the session that keeps it waiting; whether it is this one, whether it has an
/// open transaction, and whether others are hidden. `ASYNC_NETWORK_IO` is a wait for its own client. The statements are
/// not asked for.
pub(crate) fn activity(patience: Patience) -> String {
    let transaction = "(SELECT MAX(DATEDIFF(SECOND, a.transaction_begin_time, GETDATE())) \
         FROM sys.dm_tran_session_transactions t JOIN sys.dm_tran_active_transactions a \
         ON a.transaction_id = t.transaction_id WHERE t.session_id = s.session_id)";
    let list = |transaction: &str, hidden: u8| {
        format!(
            "SELECT TOP ({}) CAST(s.session_id AS nvarchar(20)), CAST(s.login_name AS nvarchar(128)), \
             CAST(s.program_name AS nvarchar(128)), CAST(DB_NAME(s.database_id) AS nvarchar(128)), \
             CAST(s.host_name AS nvarchar(128)), CAST(s.status AS nvarchar(30)), \
             CAST(DATEDIFF(SECOND, s.login_time, GETDATE()) AS nvarchar(20)), \
             CAST(CASE WHEN r.start_time IS NOT NULL THEN DATEDIFF(SECOND, r.start_time, GETDATE()) \
               WHEN s.last_request_end_time >= s.login_time \
               THEN DATEDIFF(SECOND, s.last_request_end_time, GETDATE()) END AS nvarchar(20)), \
             CAST({transaction} AS nvarchar(20)), \
             CAST(CASE WHEN r.wait_type <> N'ASYNC_NETWORK_IO' THEN r.wait_type END AS nvarchar(60)), \
             CAST(NULLIF(r.blocking_session_id, 0) AS nvarchar(20)), \
             CASE WHEN s.session_id = @@SPID THEN 1 ELSE 0 END, \
             CASE WHEN s.open_transaction_count > 0 THEN 1 ELSE 0 END, {hidden} \
             FROM sys.dm_exec_sessions s LEFT JOIN sys.dm_exec_requests r ON r.session_id = s.session_id \
             WHERE s.is_user_process = 1 ORDER BY CASE WHEN s.session_id = @@SPID THEN 0 ELSE 1 END, s.login_time",
            Activities::MOST
        )
    };
    guarded(patience, &format!("IF {SEES_ALL} {} ELSE {}", list(transaction, 0), list("NULL", 1)))
}

/// One column for each of `wanted`, in one row. Any role: what it may not see is not there. Names are parameters.
///
/// A table is one of the schema that the role has by default or of `dbo` by its name, or one behind its schema and a dot;
/// the database's collation says whether case counts.
pub(crate) fn look_up(patience: Patience, wanted: &[Lookup]) -> Statement {
    let mut values = Vec::new();
    let mut parameter = |name: &str| {
        values.push(name.to_owned());
        format!("@P{}", values.len())
    };
    let columns: Vec<String> = wanted
        .iter()
        .enumerate()
        .map(|(at, lookup)| {
            let expression = match lookup {
                Lookup::Clock => "CONVERT(varchar(26), CAST(SYSUTCDATETIME() AS datetime2(6)), 126) + 'Z'".to_owned(),
                // A client can only come over a network, or it would be on Windows by a pipe.
                Lookup::Network => "N'on'".to_owned(),
                Lookup::Setting(name) => setting(&parameter(name)),
                Lookup::Table(name) => table(&parameter(name)),
                _ => "NULL".to_owned(),
            };
            format!("CAST({expression} AS nvarchar(300)) AS a{at}")
        })
        .collect();
    Statement::new(patience, &format!("SELECT {}", columns.join(", ")), values)
}

/// A setting of the server's, a property of the server's, or one of the database's, in this order.
fn setting(name: &str) -> String {
    format!(
        "COALESCE((SELECT CAST(c.value_in_use AS nvarchar(256)) FROM sys.configurations c WHERE c.name = {name}), \
         CAST(SERVERPROPERTY(CAST({name} AS nvarchar(128))) AS nvarchar(256)), \
         CAST(DATABASEPROPERTYEX(DB_NAME(), CAST({name} AS nvarchar(128))) AS nvarchar(256)))"
    )
}

fn table(name: &str) -> String {
    let quoted =
        |column: &str| format!("CASE WHEN {column} LIKE N'%[^0-9A-Za-z_]%' THEN QUOTENAME({column}) ELSE {column} END");
    format!(
        "(SELECT TOP (1) {} + N'.' + {} FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id \
         WHERE o.type IN (N'U', N'V') \
           AND ((o.name = {name} AND s.name IN (SCHEMA_NAME(), N'dbo')) OR s.name + N'.' + o.name = {name}) \
         ORDER BY CASE WHEN s.name = SCHEMA_NAME() THEN 0 ELSE 1 END)",
        quoted("s.name"),
        quoted("o.name")
    )
}

/// A user's query that must not change anything: its transaction is rolled back. The line break ends a comment.
pub(crate) fn read_only_query(patience: Patience, sql: &str) -> String {
    guarded(patience, &format!("BEGIN TRANSACTION; {sql}\n; {TIDY}"))
}

/// A user's statement as it is.
pub(crate) fn query(patience: Patience, sql: &str) -> String {
    guarded(patience, &format!("{sql}\n"))
}

/// What an administrator carries out once.
pub(crate) fn setup(options: &SetupOptions) -> Setup {
    let setup = Setup::default()
        .statement(
            "one row a prober, never more",
            format!("IF OBJECT_ID(N'dbo._health_check', N'U') IS NULL CREATE TABLE dbo._health_check {COLUMNS}"),
        )
        .statement(
            "nothing else stands in its place",
            "SELECT prober, nonce, seq, checked_at FROM dbo._health_check WHERE 1 = 0",
        );
    let Some(role) = &options.role else { return setup };
    let (name, literal) = (identifier(role), literal(role));
    setup
        .statement(
            "a user for the login, which can do nothing else",
            format!("IF DATABASE_PRINCIPAL_ID({literal}) IS NULL CREATE USER {name} FOR LOGIN {name}"),
        )
        .statement("it may keep its row", format!("GRANT SELECT, INSERT, UPDATE ON dbo._health_check TO {name}"))
        .by_hand(format!("first of all, as an administrator of the server: CREATE LOGIN {name} WITH PASSWORD = '…'"))
        .by_hand(format!("so that it may count connections: USE master; GRANT VIEW SERVER STATE TO {name}"))
}

/// In one transaction: all of it or nothing.
pub(crate) fn apply(patience: Patience, setup: &Setup) -> String {
    let statements = setup.statements.iter().map(|one| one.sql.as_str()).collect::<Vec<_>>().join("; ");
    guarded(patience, &format!("BEGIN TRANSACTION; {statements}; COMMIT TRANSACTION"))
}

fn identifier(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

/// Words that a user's read-only query must not hold: a transaction that it ended could not be rolled back, and what a
/// procedure or an order to the server does cannot be rolled back either.
pub(crate) const REFUSED: &[&str] =
    &["BACKUP", "COMMIT", "DBCC", "EXEC", "EXECUTE", "KILL", "RECONFIGURE", "RESTORE", "ROLLBACK", "SAVE", "SHUTDOWN"];

fn literal(text: &str) -> String {
    format!("N'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_never_switched_off() {
        assert!(guarded(Some(Duration::ZERO), "X").ends_with("SET LOCK_TIMEOUT 1; X"));
        assert!(guarded(Some(Duration::from_secs(5)), "X").ends_with("SET LOCK_TIMEOUT 2500; X"));
        assert_eq!(guarded(None, "X"), "SET NOCOUNT ON; X");
    }

    #[test]
    fn a_role_s_name_cannot_leave_its_quotes() {
        let script = setup(&SetupOptions { role: Some("a]b'c".to_owned()) }).script();
        assert!(script.contains("CREATE USER [a]]b'c] FOR LOGIN [a]]b'c]"), "{script}");
        assert!(script.contains("DATABASE_PRINCIPAL_ID(N'a]b''c')"), "{script}");
    }

    #[test]
    fn quotes_are_doubled_inside_a_batch_of_its_own() {
        let batch = inspect_guarded(None);
        assert!(batch.contains("SERVERPROPERTY(N''ProductVersion'')"), "{batch}");
        assert_eq!(batch.matches("BEGIN TRY").count(), FACTS.len());
    }
}
