//! Every statement that can be sent, with the privilege it needs.
//!
//! All of them go out as one simple-query message, so each step is one round trip and PgBouncer in transaction mode
//! can be in between. Several statements in one message are one transaction: `SET LOCAL` ends with it.
//! What is put in is a number, a hexadecimal nonce or a [`Prober`](dbprobe_core::Prober), none of which can end a string.

use std::time::Duration;

use dbprobe_core::{Activities, Lookup, Nonce, Prober, Setup, SetupOptions, Written};

/// One round trip that also tells what the next steps need to know. Any role.
///
/// Columns: in recovery, read-only, the health table's full name (NULL without one), whether it is to be trusted.
///
/// A table is trusted when its owner is this role, the database's owner or a superuser, and when nothing of anybody's runs
/// on a write: no trigger, no rule, no row security. Otherwise whoever may create tables could lay one out for an
/// administrator's check to fall into, with a trigger that runs with the administrator's rights.
///
/// Only functions and two catalogs that every backend has at hand: a fresh one would spend milliseconds on opening views
/// such as `pg_roles`. Role 10 is the bootstrap superuser, of which every superuser is a member.
pub(crate) const PING: &str = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', \
     c.relnamespace::regnamespace::text || '.' || quote_ident(c.relname), \
     c.relkind IN ('r', 'p') AND NOT c.relhasrules AND NOT c.relrowsecurity AND NOT c.relhastriggers \
       AND (pg_get_userbyid(c.relowner) = current_user OR pg_has_role(c.relowner, 10::oid, 'MEMBER') \
         OR c.relowner = (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = current_database())) \
     FROM (SELECT to_regclass('_health_check')::oid AS oid) AS at LEFT JOIN pg_catalog.pg_class c ON c.oid = at.oid";

/// The health table: one row a prober. The free half of each page keeps every update in its page (HOT), so that
/// the table does not grow with the number of checks.
const COLUMNS: &str = "(\
     prober text PRIMARY KEY, \
     nonce text NOT NULL, \
     seq bigint NOT NULL, \
     checked_at timestamptz NOT NULL\
     ) WITH (fillfactor = 50)";

/// Facts in one row, from the functions behind the views: a fresh backend opens no more catalogs than it must. Any role; one without `pg_read_all_stats` counts other users' sessions without their kind, so
/// parallel workers may be among them.
///
/// `reserved_connections` came with PostgreSQL 16. A standby that has replayed all it received, and still receives,
/// is not behind, however long ago the last transaction was.
const INSPECT: &str = "SELECT current_setting('server_version'), pg_is_in_recovery(), \
     current_setting('transaction_read_only') = 'on', \
     extract(epoch FROM pg_postmaster_start_time()), \
     (SELECT count(*) FROM pg_stat_get_activity(NULL) \
       WHERE backend_type = 'client backend' \
         OR (backend_type IS NULL AND usesysid IS NOT NULL AND datid IS NOT NULL)), \
     current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int \
       - coalesce(current_setting('reserved_connections', true)::int, 0), \
     pg_database_size(current_database()), \
     CASE WHEN NOT pg_is_in_recovery() THEN NULL \
       WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() \
         AND EXISTS (SELECT FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL) THEN 0 \
       ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END";

/// Limits that the server keeps should this process be gone: it never waits for a lock for more than half of the time,
/// so that the other half is there to find out what still works, and it never works on for nobody. They hold for the
/// message they stand in, so nothing is left on a pooled session.
fn guarded(timeout: Duration, statements: &str) -> String {
    limited(timeout, timeout / 2, statements)
}

fn limited(timeout: Duration, lock: Duration, statements: &str) -> String {
    format!(
        "SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; {statements}",
        whole_milliseconds(timeout),
        whole_milliseconds(lock)
    )
}

/// 0 would switch a limit off, and the server's numbers end at 2^31.
fn whole_milliseconds(duration: Duration) -> u128 {
    duration.as_millis().clamp(1, 2_147_483_647)
}

/// Needs CREATE on the schema. Probers that come at the same time wait for one another here, once, and so for as long as
/// there is time: on a busy machine fifty of them queue for seconds.
pub(crate) fn create_health_table(timeout: Duration) -> String {
    // The key is "dbprobe" in ASCII.
    limited(
        timeout,
        timeout,
        &format!("SELECT pg_advisory_xact_lock(28255732766827109); CREATE TABLE IF NOT EXISTS _health_check {COLUMNS}"),
    )
}

/// Needs SELECT, INSERT and UPDATE on `_health_check`. The row's sequence tells a later write of a prober with the same name
/// from a stale one.
///
/// `table` is the full name that the ping told.
pub(crate) fn upsert(timeout: Duration, table: &str, prober: &Prober, nonce: &Nonce) -> String {
    guarded(
        timeout,
        &format!(
            "INSERT INTO {table} AS h (prober, nonce, seq, checked_at) VALUES ('{prober}', '{nonce}', 1, now()) \
             ON CONFLICT (prober) DO UPDATE SET nonce = excluded.nonce, seq = h.seq + 1, checked_at = excluded.checked_at \
             RETURNING seq"
        ),
    )
}

/// Needs SELECT on `_health_check`. One row: whether it is what was written, or something later.
pub(crate) fn read_row(timeout: Duration, table: &str, written: &Written) -> String {
    let Written { prober, nonce, token, .. } = written;
    guarded(timeout, &format!("SELECT nonce = '{nonce}' OR seq > {token} FROM {table} WHERE prober = '{prober}'"))
}

/// A message in the log of transactions. Any role, no table; about 100 bytes of WAL, flushed at the commit.
pub(crate) fn message(timeout: Duration, nonce: &Nonce) -> String {
    guarded(timeout, &emit(nonce))
}

/// The same message in a transaction that is rolled back: it proves less, a commit is never waited for.
pub(crate) fn message_rolled_back(timeout: Duration, nonce: &Nonce) -> String {
    format!("BEGIN; {}; ROLLBACK", guarded(timeout, &emit(nonce)))
}

/// The message makes the transaction a writing one, whose number is then there to ask for.
fn emit(nonce: &Nonce) -> String {
    format!("SELECT pg_logical_emit_message(true, 'dbprobe', '{nonce}'), txid_current()")
}

/// What became of a transaction. Any role.
pub(crate) fn transaction_status(timeout: Duration, transaction: &str) -> String {
    guarded(timeout, &format!("SELECT txid_status({transaction})"))
}

/// Reads a page of a catalog that every role may read.
pub(crate) fn read_catalog(timeout: Duration) -> String {
    guarded(timeout, "SELECT count(*) FROM (SELECT FROM pg_catalog.pg_class LIMIT 1) AS one")
}

pub(crate) fn inspect(timeout: Duration) -> String {
    guarded(timeout, INSPECT)
}

/// The client connections, one a row: this one first, then those whose transaction is open the longest. Any role; one
/// without `pg_read_all_stats` sees of other roles' no more than number, role, application and database.
///
/// Columns: process, user, application, database, address, state; seconds since it connected, since its state changed
/// and since its transaction began; what it waits for, and the processes that keep it waiting; whether it is this one,
/// whether it is masked; this role, quoted. Who blocks is asked only of those that wait for a lock: each such question
/// stops all others at the lock table for a moment. `Client` waits are the client's own, and `Timeout` ones a sleep that was
/// asked for. The statements are not asked for.
const ACTIVITY: &str = "SELECT pid, usename, application_name, datname, host(client_addr), state, \
     extract(epoch FROM clock_timestamp() - backend_start), extract(epoch FROM clock_timestamp() - state_change), \
     extract(epoch FROM clock_timestamp() - xact_start), \
     CASE WHEN wait_event_type NOT IN ('Activity', 'Client', 'Timeout') THEN wait_event_type || ': ' || wait_event END, \
     CASE WHEN wait_event_type = 'Lock' THEN array_to_string(pg_blocking_pids(pid), ',') END, \
     pid = pg_backend_pid(), backend_type IS NULL, quote_ident(current_user) \
     FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' \
       OR (backend_type IS NULL AND usesysid IS NOT NULL AND datid IS NOT NULL) \
     ORDER BY pid = pg_backend_pid() DESC, xact_start NULLS LAST, backend_start NULLS LAST LIMIT ";

pub(crate) fn activity(timeout: Duration) -> String {
    guarded(timeout, &format!("{ACTIVITY}{}", Activities::MOST))
}

/// One column for each of `wanted`, in one row. Any role.
///
/// Names are only ever compared: what a role may not see is not there.
pub(crate) fn look_up(timeout: Duration, wanted: &[Lookup]) -> String {
    let columns: Vec<String> = wanted.iter().map(column).collect();
    guarded(timeout, &format!("SELECT {}", columns.join(", ")))
}

fn column(lookup: &Lookup) -> String {
    match lookup {
        Lookup::Clock => {
            "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')".to_owned()
        }
        Lookup::Extension(name) => {
            format!("(SELECT extversion FROM pg_catalog.pg_extension WHERE extname = {})", name_literal(name))
        }
        Lookup::Network => "(SELECT CASE WHEN btrim(said) = '' THEN 'off' WHEN said IS NOT NULL THEN 'on' END \
             FROM (SELECT current_setting('listen_addresses', true) AS said) AS listen)"
            .to_owned(),
        // Other databases that speak the protocol have other ideas of a process.
        Lookup::Proxy => {
            "CASE WHEN version() LIKE 'PostgreSQL %' AND version() NOT LIKE '%Redshift%' THEN pg_backend_pid() END"
                .to_owned()
        }
        Lookup::Setting(name) => setting(&name_literal(name)),
        Lookup::Table(name) => table(name),
        _ => "NULL".to_owned(),
    }
}

/// A setting that `pg_settings` lists, which leaves out what the role may not see, or one of an application's own, which
/// has a dot in its name. Asking for another one would be an error.
fn setting(name: &str) -> String {
    format!(
        "CASE WHEN strpos({name}, '.') > 0 \
         OR EXISTS (SELECT FROM pg_catalog.pg_settings WHERE lower(name) = lower({name})) \
         THEN current_setting({name}, true) END"
    )
}

/// A table or view (also a partitioned, foreign or materialised one) by its name as it is written, or else in lower case,
/// as the server folds a name without quotes: in the search path, or behind its schema and a dot. What is told is quoted
/// where a statement needs it.
fn table(name: &str) -> String {
    let folded = name.to_ascii_lowercase();
    let mut ways = Vec::new();
    for written in [name, &folded] {
        ways.push(format!("(c.relname = {} AND pg_table_is_visible(c.oid))", name_literal(written)));
        if let Some((schema, table)) = written.split_once('.') {
            ways.push(format!("(c.relname = {} AND n.nspname = {})", name_literal(table), name_literal(schema)));
        }
    }
    let order: Vec<String> = ways.iter().enumerate().map(|(at, way)| format!("WHEN {way} THEN {at}")).collect();
    format!(
        "(SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ({}) ORDER BY CASE {} END LIMIT 1)",
        ways.join(" OR "),
        order.join(" ")
    )
}

/// A name of the user's as text; no name has a zero byte, which the protocol could not even carry.
fn name_literal(name: &str) -> String {
    if name.contains('\0') { "NULL::text".to_owned() } else { format!("{}::text", literal(name)) }
}

/// Before a user's query: `access` is `READ ONLY` or `READ WRITE`.
pub(crate) fn begin(timeout: Duration, access: &str) -> String {
    format!("BEGIN {access}; {}", guarded(timeout, "SELECT 1"))
}

pub(crate) const COMMIT: &str = "COMMIT";
pub(crate) const ROLLBACK: &str = "ROLLBACK";

/// What an administrator carries out once, in the schema that every role's search path has.
pub(crate) fn setup(options: &SetupOptions, database: &str) -> Setup {
    let setup = Setup::default()
        .statement("one row a prober, never more", format!("CREATE TABLE IF NOT EXISTS public._health_check {COLUMNS}"))
        .statement(
            "nothing else stands in its place",
            "SELECT prober, nonce, seq, checked_at FROM public._health_check WHERE false",
        );
    let Some(role) = &options.role else { return setup };
    let (name, literal, database, tag) = (identifier(role), literal(role), identifier(database), tag(role));
    setup
        .statement(
            "a role that can log in and nothing else",
            format!(
                "DO {tag} BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {literal}) THEN \
                 CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE; END IF; END {tag}"
            ),
        )
        .statement("it may connect", format!("GRANT CONNECT ON DATABASE {database} TO {name}"))
        .statement("it may look into the schema", format!("GRANT USAGE ON SCHEMA public TO {name}"))
        .statement("it may keep its row", format!("GRANT SELECT, INSERT, UPDATE ON public._health_check TO {name}"))
        .statement("it may count connections and see replication", format!("GRANT pg_read_all_stats TO {name}"))
        .by_hand(format!("set its password: \\password {name}"))
}

/// In one transaction: all of it or nothing.
pub(crate) fn apply(timeout: Duration, setup: &Setup) -> String {
    let statements = setup.statements.iter().map(|one| one.sql.as_str()).collect::<Vec<_>>().join("; ");
    guarded(timeout, &statements)
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The `E` form reads the same whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A dollar quote that `text` does not hold.
fn tag(text: &str) -> String {
    let mut tag = "$dbprobe$".to_owned();
    while text.contains(&tag) {
        tag.insert(1, '_');
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_never_switched_off() {
        assert!(
            guarded(Duration::ZERO, "X").starts_with("SET LOCAL statement_timeout = 1; SET LOCAL lock_timeout = 1; X")
        );
        assert!(
            guarded(Duration::from_secs(5), "X").contains("statement_timeout = 5000; SET LOCAL lock_timeout = 2500")
        );
    }

    #[test]
    fn a_name_that_is_looked_up_cannot_leave_its_quotes() {
        let hostile = || r"a'; drop table x; --\'".to_owned();
        for lookup in [Lookup::Extension(hostile()), Lookup::Setting(hostile()), Lookup::Table(hostile())] {
            let sql = look_up(Duration::ZERO, &[lookup]);
            assert!(sql.contains(r"E'a''; drop table x; --\\'''::text"), "{sql}");
        }
        assert!(!look_up(Duration::ZERO, &[Lookup::Table("a\0b".into())]).contains('\0'));
    }

    #[test]
    fn a_role_s_name_cannot_leave_its_quotes() {
        let options = SetupOptions { role: Some(r#"a"b'c\d$dbprobe$e"#.to_owned()) };
        let script = setup(&options, "x\"y").script();
        let expected =
            [r#"CREATE ROLE "a""b'c\d$dbprobe$e" "#, r#"rolname = E'a"b''c\\d$dbprobe$e'"#, r#"ON DATABASE "x""y""#];
        for piece in expected {
            assert!(script.contains(piece), "{piece} in {script}");
        }
        assert_eq!(script.matches("$_dbprobe$").count(), 2, "{script}");
    }
}
