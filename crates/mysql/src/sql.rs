//! Every statement that can be sent, with the privilege it needs.
//!
//! Several statements in one message are one round trip; the first that fails ends it. What only MySQL or only MariaDB
//! understands stands in their executable comments (`/*!50720 … */`, `/*M!100000 … */`), which the server itself reads, so
//! a proxy that calls itself something else changes nothing. What is put in is a number, a hexadecimal nonce, a quoted
//! identifier or a [`Prober`], none of which can end a string.

use std::time::Duration;

use dbprobe_core::{Activities, Lookup, Nonce, Prober, Setup, SetupOptions, Written};

/// Limits that the server keeps should this process be gone, for the life of the session: it never waits for a lock for
/// more than half of the time, so that the other half is there to find out what still works. Any role.
///
/// Sizes are asked for as they are now, not as they were cached up to a day ago (`information_schema_stats_expiry`).
pub(crate) fn limits(timeout: Duration) -> String {
    let lock = whole_seconds(timeout / 2);
    let milliseconds = timeout.as_millis().clamp(1, 4_294_967_295);
    format!(
        "SET SESSION autocommit = 1, lock_wait_timeout = {lock}, innodb_lock_wait_timeout = {lock}\
         /*!50720 , max_execution_time = {milliseconds}*//*!80003 , information_schema_stats_expiry = 0*/\
         /*M!100101 , max_statement_time = {}.{:03}*/",
        milliseconds / 1000,
        milliseconds % 1000
    )
}

/// [`limits`] one by one, for a server that does not know all of them; where a comment is all that is left, the statement
/// is an empty one.
pub(crate) fn limits_one_by_one(timeout: Duration) -> [String; 5] {
    let lock = whole_seconds(timeout / 2);
    let milliseconds = timeout.as_millis().clamp(1, 4_294_967_295);
    [
        "SET SESSION autocommit = 1".to_owned(),
        format!("SET SESSION lock_wait_timeout = {lock}"),
        format!("SET SESSION innodb_lock_wait_timeout = {lock}"),
        format!("/*!50720 SET SESSION max_execution_time = {milliseconds}*/"),
        format!("/*M!100101 SET SESSION max_statement_time = {}.{:03}*/", milliseconds / 1000, milliseconds % 1000),
    ]
}

/// Who this session is, and where: what is needed to stop it from another one. Any role.
pub(crate) const WHO: &str = "SELECT CONNECTION_ID(), CONCAT(@@hostname, ':', @@port)";

/// The servers count in whole seconds, of which 0 is not one.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().clamp(1, 31_536_000)
}

/// One round trip that also tells what the next steps need to know. Any role.
///
/// Columns: `read_only`, `innodb_read_only`, `super_read_only`, the session's own `transaction_read_only`, MariaDB's
/// running replication connections (NULL on MySQL).
pub(crate) const PING: &str = "SELECT @@global.read_only, @@global.innodb_read_only, \
     /*!50720 @@global.super_read_only, @@session.transaction_read_only, NULL*/\
     /*M!100000 0, @@session.tx_read_only, (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS \
       WHERE VARIABLE_NAME = 'SLAVES_RUNNING')*/";

/// For a server that does not know what [`PING`] asks for. Any role.
pub(crate) const PLAIN_PING: &str = "SELECT 1";

/// Whether there is a health table: its kind and engine (NULL without one), and the number of its triggers. Any role; it
/// sees what it may. It goes along with a ping until the table is trusted: MariaDB takes two milliseconds for triggers.
pub(crate) const HEALTH_TABLE: &str = "SELECT \
     (SELECT CONCAT(TABLE_TYPE, '/', COALESCE(ENGINE, '-')) FROM information_schema.TABLES \
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '_health_check'), \
     (SELECT COUNT(*) FROM information_schema.TRIGGERS \
       WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = '_health_check')";

/// MySQL's replication channels, and those of them that are not a group's own. Needs SELECT on the table; unlike SHOW
/// REPLICA STATUS it waits for no lock of the replication's.
pub(crate) const CHANNELS: &str = "SELECT COUNT(*), SUM(LEFT(CHANNEL_NAME, 18) <> 'group_replication_') \
     FROM performance_schema.replication_connection_configuration";

/// The health table: one row a prober. Names and nonces are ASCII, which keeps the key short enough for every row format.
const COLUMNS: &str = "(\
     prober varchar(255) NOT NULL PRIMARY KEY, \
     nonce varchar(64) NOT NULL, \
     seq bigint NOT NULL, \
     checked_at timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)\
     ) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin";

/// Facts in one row. Any role.
///
/// `Uptime` counts whole seconds to the statement's own time, so the difference is the second of the start, always the
/// same. Galera's states are NULL elsewhere. They are gathered apart: beside an aggregate MariaDB 10.11 tells the wrong
/// `@@global.read_only`.
pub(crate) const FACTS: &str = "SELECT VERSION(), @@version_comment, @@global.max_connections, \
     @@global.read_only, @@global.innodb_read_only, \
     /*!50720 @@global.super_read_only, @@session.transaction_read_only*//*M!100000 0, @@session.tx_read_only*/, s.* \
     FROM (SELECT MAX(IF(VARIABLE_NAME = 'Uptime', UNIX_TIMESTAMP() - VARIABLE_VALUE, NULL)), \
       MAX(IF(VARIABLE_NAME = 'Threads_connected', VARIABLE_VALUE, NULL)), \
       MAX(IF(VARIABLE_NAME = 'wsrep_cluster_status', VARIABLE_VALUE, NULL)), \
       MAX(IF(VARIABLE_NAME = 'wsrep_local_state_comment', VARIABLE_VALUE, NULL)), \
       MAX(IF(VARIABLE_NAME = 'wsrep_cluster_size', VARIABLE_VALUE, NULL)) \
       FROM /*!50720 performance_schema.global_status*//*M!100000 information_schema.GLOBAL_STATUS*/ \
       WHERE VARIABLE_NAME IN ('Uptime', 'Threads_connected', 'wsrep_cluster_status', 'wsrep_local_state_comment', \
         'wsrep_cluster_size')) AS s";

/// The state of replication, by the words of the server's version. Needs REPLICATION CLIENT; on MariaDB REPLICA MONITOR.
pub(crate) const SHOW_REPLICA_STATUS: &str = "SHOW REPLICA STATUS";
/// The same on MySQL before 8.0.22.
pub(crate) const SHOW_SLAVE_STATUS: &str = "SHOW SLAVE STATUS";
/// The same on MariaDB, of all connections.
pub(crate) const SHOW_ALL_SLAVES_STATUS: &str = "SHOW ALL SLAVES STATUS";

/// The size of the database, within a tenth of a second: the server opens every table for it. Any role; it counts the
/// tables that it may see.
pub(crate) const SIZE: &str = "/*M!100102 SET STATEMENT max_statement_time = 0.1 FOR*/ \
     SELECT /*+ MAX_EXECUTION_TIME(100) */ SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES \
     WHERE TABLE_SCHEMA = DATABASE()";

/// Needs CREATE on the database. Probers that come at the same time wait for one another here, once.
pub(crate) fn create_health_table(database: Option<&str>, timeout: Duration) -> String {
    let (table, time) = (health_table(database), whole_seconds(timeout));
    let lock = whole_seconds(timeout / 2);
    format!(
        "SET SESSION lock_wait_timeout = {time}; CREATE TABLE IF NOT EXISTS {table} {COLUMNS}; \
         SET SESSION lock_wait_timeout = {lock}"
    )
}

/// Needs INSERT and UPDATE on `_health_check`. One statement, so it is committed by itself; the row's sequence, which tells
/// a later write of a prober with the same name from a stale one, comes back as the "last insert id".
pub(crate) fn upsert(database: Option<&str>, prober: &Prober, nonce: &Nonce) -> String {
    let table = health_table(database);
    format!(
        "INSERT INTO {table} (prober, nonce, seq, checked_at) \
         VALUES ('{prober}', '{nonce}', LAST_INSERT_ID(1), CURRENT_TIMESTAMP(3)) ON DUPLICATE KEY UPDATE \
         nonce = '{nonce}', seq = LAST_INSERT_ID(seq + 1), checked_at = CURRENT_TIMESTAMP(3)"
    )
}

/// Needs SELECT on `_health_check`. One row: whether it is what was written, or something later.
pub(crate) fn read_row(database: Option<&str>, written: &Written) -> String {
    let Written { prober, nonce, token, .. } = written;
    let table = health_table(database);
    format!("SELECT nonce = '{nonce}' OR seq > {token} FROM {table} WHERE prober = '{prober}'")
}

/// Needs CREATE TEMPORARY TABLES on the database. The table is this session's own and ends with it.
pub(crate) fn write_temporary(database: Option<&str>, nonce: &Nonce) -> String {
    let table = qualified(database, "_health_check_proof");
    format!(
        "DROP TEMPORARY TABLE IF EXISTS {table}; CREATE TEMPORARY TABLE {table} (nonce varchar(64) NOT NULL PRIMARY KEY) \
         ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin; INSERT INTO {table} VALUES ('{nonce}')"
    )
}

/// Needs nothing more than [`write_temporary`].
pub(crate) fn read_temporary(database: Option<&str>, nonce: &Nonce) -> String {
    let table = qualified(database, "_health_check_proof");
    format!("SELECT nonce = '{nonce}' FROM {table}; DROP TEMPORARY TABLE {table}")
}

/// Reads what every role may read: the dictionary on MySQL, the list of databases on MariaDB.
pub(crate) const READ_DICTIONARY: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM information_schema.SCHEMATA LIMIT 1) AS one";

/// Before a user's query: nothing it does can stay, and no more rows come than are kept. Any role.
///
/// The session's own mode as well as the transaction's: a procedure that commits would leave the transaction.
pub(crate) fn begin_read_only(rows: u64) -> String {
    format!("SET SESSION sql_select_limit = {rows}; SET SESSION TRANSACTION READ ONLY; START TRANSACTION READ ONLY")
}

/// Before a user's query that may write: it is committed at its end.
pub(crate) fn begin_read_write(rows: u64) -> String {
    format!("SET SESSION sql_select_limit = {rows}; START TRANSACTION READ WRITE")
}

/// After a user's query: `how` is `COMMIT` or `ROLLBACK`.
pub(crate) fn end(how: &str) -> String {
    format!(
        "{how}; SET SESSION sql_select_limit = DEFAULT\
         /*!50720 , transaction_read_only = DEFAULT*//*M!100000 , tx_read_only = DEFAULT*/"
    )
}

pub(crate) const COMMIT: &str = "COMMIT";
pub(crate) const ROLLBACK: &str = "ROLLBACK";

/// Asks the server that [`WHO`] told as `host` to stop what the session `connection` does. An account may do so to its own sessions.
///
/// Behind a balancer this may be said to another server, where that number is somebody else's: there nobody is meant.
pub(crate) fn kill_query(connection: u64, host: &str) -> String {
    let host: String = host.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("KILL QUERY IF(CONCAT(@@hostname, ':', @@port) = X'{host}', {connection}, 0)")
}

/// The client connections, one a row: this one first, then those that have been in their state the longest. Any role; one
/// without PROCESS sees those of its own account.
///
/// Columns: number, user, host and port, database, command, seconds in it, state, whether it is this one. Threads of the
/// server's own and the scheduler of events are no clients. The statements are not asked for.
const LIST: &str = "SELECT ID, USER, HOST, DB, COMMAND, /*!50720 TIME*//*M!100000 TIME_MS / 1000*/, STATE, \
     ID = CONNECTION_ID() FROM information_schema.PROCESSLIST \
     WHERE USER NOT IN ('system user', 'event_scheduler') AND COMMAND <> 'Daemon' \
     ORDER BY ID = CONNECTION_ID() DESC, TIME DESC LIMIT ";

/// Open transactions of InnoDB: connection, seconds, state. Needs PROCESS: the refusal is how a role without it is known.
const TRANSACTIONS: &str = "SELECT trx_mysql_thread_id, TIMESTAMPDIFF(SECOND, trx_started, NOW()), trx_state \
     FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id > 0 ORDER BY trx_started LIMIT ";

/// Who waits for a row lock, and for whom. Needs PROCESS; on MySQL SELECT on two tables of `performance_schema`.
const LOCK_WAITS: &str = "SELECT \
     /*!80001 w.PROCESSLIST_ID, b.PROCESSLIST_ID FROM performance_schema.data_lock_waits l \
       JOIN performance_schema.threads w ON w.THREAD_ID = l.REQUESTING_THREAD_ID \
       JOIN performance_schema.threads b ON b.THREAD_ID = l.BLOCKING_THREAD_ID*/\
     /*M!100000 w.trx_mysql_thread_id, b.trx_mysql_thread_id FROM information_schema.INNODB_LOCK_WAITS l \
       JOIN information_schema.INNODB_TRX w ON w.trx_id = l.requesting_trx_id \
       JOIN information_schema.INNODB_TRX b ON b.trx_id = l.blocking_trx_id*/ LIMIT ";

/// What clients call themselves. Needs SELECT on the table, which is empty where `performance_schema` is off, as it
/// usually is on MariaDB.
const PROGRAMS: &str = "SELECT PROCESSLIST_ID, ATTR_VALUE FROM performance_schema.session_connect_attrs \
     WHERE ATTR_NAME = 'program_name' LIMIT ";

/// All of these in one message, those that may be refused last: a refusal ends it.
pub(crate) fn activity() -> String {
    [LIST, TRANSACTIONS, LOCK_WAITS, PROGRAMS].map(|one| format!("{one}{}", Activities::MOST)).join("; ")
}

/// One column for each of `wanted`, in one row. Any role: what it may not see is not there.
pub(crate) fn look_up(wanted: &[Lookup]) -> String {
    let columns: Vec<String> = wanted.iter().map(column).collect();
    format!("SELECT {}", columns.join(", "))
}

fn column(lookup: &Lookup) -> String {
    match lookup {
        Lookup::Clock => "DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ')".to_owned(),
        Lookup::Extension(name) => format!(
            "(SELECT PLUGIN_VERSION FROM information_schema.PLUGINS \
             WHERE PLUGIN_NAME = {} AND PLUGIN_STATUS = 'ACTIVE' LIMIT 1)",
            text(name)
        ),
        // The server that the images run while they set the database up has neither.
        Lookup::Network => "IF(@@global.skip_networking OR @@global.port = 0, 'off', 'on')".to_owned(),
        // What it calls itself; see `lookup`.
        Lookup::Proxy => "CONCAT(VERSION(), ' ', @@version_comment)".to_owned(),
        Lookup::Setting(name) => format!(
            "(SELECT VARIABLE_VALUE FROM \
             /*!50720 performance_schema.session_variables*//*M!100000 information_schema.SESSION_VARIABLES*/ \
             WHERE VARIABLE_NAME = {} LIMIT 1)",
            text(name)
        ),
        Lookup::Table(name) => table(name),
        _ => "NULL".to_owned(),
    }
}

/// A table or view of this database by its name, or of another one behind that one's name and a dot: as it is written, or
/// in any case where the server takes names so (`lower_case_table_names`). What is told is quoted where it has to be.
fn table(name: &str) -> String {
    let mut ways = vec![format!("(TABLE_SCHEMA = DATABASE() AND {})", is_named("TABLE_NAME", name))];
    if let Some((schema, table)) = name.split_once('.') {
        ways.push(format!("({} AND {})", is_named("TABLE_SCHEMA", schema), is_named("TABLE_NAME", table)));
    }
    let quoted = |column: &str| {
        format!("IF({column} RLIKE '^[0-9A-Za-z_$]+$', {column}, CONCAT('`', REPLACE({column}, '`', '``'), '`'))")
    };
    format!(
        "(SELECT CONCAT({}, '.', {}) FROM information_schema.TABLES WHERE {} LIMIT 1)",
        quoted("TABLE_SCHEMA"),
        quoted("TABLE_NAME"),
        ways.join(" OR ")
    )
}

fn is_named(column: &str, name: &str) -> String {
    let name = text(name);
    format!(
        "({column} = {name} AND (@@global.lower_case_table_names > 0 \
         OR CAST({column} AS BINARY) = CAST(({name}) AS BINARY)))"
    )
}

/// In hexadecimal a text reads the same whatever `sql_mode` says of quotes and backslashes; the servers have several
/// collations for names, and would not choose by themselves.
fn text(text: &str) -> String {
    let hexadecimal: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("CONVERT(X'{hexadecimal}' USING utf8mb4) COLLATE utf8mb4_general_ci")
}

/// What an administrator carries out once.
pub(crate) fn setup(options: &SetupOptions, database: Option<&str>) -> Setup {
    let table = health_table(database);
    let setup = Setup::default()
        .statement("one row a prober, never more", format!("CREATE TABLE IF NOT EXISTS {table} {COLUMNS}"))
        .statement(
            "nothing else stands in its place",
            format!("SELECT prober, nonce, seq, checked_at FROM {table} WHERE false"),
        );
    let Some(role) = &options.role else { return setup };
    let account = account(role);
    let schema = database.map_or_else(|| "*".to_owned(), |name| format!("{}.*", pattern(name)));
    setup
        .statement(
            "an account that nobody can log in to yet",
            format!("CREATE USER IF NOT EXISTS {account} ACCOUNT LOCK"),
        )
        .statement("it may keep its row", format!("GRANT SELECT, INSERT, UPDATE ON {table} TO {account}"))
        .statement(
            "it may prove a write without the table",
            format!("GRANT CREATE TEMPORARY TABLES ON {schema} TO {account}"),
        )
        .statement(
            "it may see replication",
            format!("GRANT /*!50720 REPLICATION CLIENT*//*M!100509 REPLICA MONITOR*/ ON *.* TO {account}"),
        )
        .statement(
            "it may see from where it replicates without waiting (MySQL; on MariaDB nothing new)",
            format!(
                "GRANT SELECT ON /*!50720 performance_schema.replication_connection_configuration*//*M!100000 {table}*/ \
                 TO {account}"
            ),
        )
        .by_hand(format!("give it a password and open it: ALTER USER {account} IDENTIFIED BY '…' ACCOUNT UNLOCK"))
}

/// `user` or `user@host`; any host where none is given.
fn account(role: &str) -> String {
    let (user, host) = role.rsplit_once('@').unwrap_or((role, "%"));
    format!("{}@{}", literal(user), literal(host))
}

fn health_table(database: Option<&str>) -> String {
    qualified(database, "_health_check")
}

fn qualified(database: Option<&str>, table: &str) -> String {
    match database {
        Some(database) => format!("{}.`{table}`", identifier(database)),
        None => format!("`{table}`"),
    }
}

fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A database in a GRANT on all its tables is a pattern: `_` and `%` would stand for anything.
fn pattern(name: &str) -> String {
    identifier(&name.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%"))
}

/// In hexadecimal it reads the same whatever `sql_mode` says of quotes and backslashes; but an account's name must be a
/// string. A backslash in one is doubled, which only NO_BACKSLASH_ESCAPES takes for two.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_never_switched_off() {
        let least = limits(Duration::ZERO);
        assert!(least.contains("lock_wait_timeout = 1, innodb_lock_wait_timeout = 1"), "{least}");
        assert!(
            least.contains("max_execution_time = 1*/") && least.contains("max_statement_time = 0.001*/"),
            "{least}"
        );
        let usual = limits(Duration::from_millis(5250));
        assert!(usual.contains("lock_wait_timeout = 2,") && usual.contains("max_statement_time = 5.250"), "{usual}");
    }

    #[test]
    fn a_name_that_is_looked_up_is_no_text_of_the_statement() {
        let hostile = "a'; drop table x; --".to_owned();
        for lookup in [Lookup::Extension(hostile.clone()), Lookup::Setting(hostile.clone()), Lookup::Table(hostile)] {
            let sql = look_up(&[lookup]);
            assert!(sql.contains("X'61273b2064726f70207461626c6520783b202d2d'") && !sql.contains("drop"), "{sql}");
        }
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        let options = SetupOptions { role: Some(r"a'b\c@10.0.0.%".to_owned()) };
        let script = setup(&options, Some("x`y_z")).script();
        for piece in [r"'a''b\\c'@'10.0.0.%'", "`x``y_z`.`_health_check`", r"`x``y\_z`.*"] {
            assert!(script.contains(piece), "{piece} in {script}");
        }
    }
}
