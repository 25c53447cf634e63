//! Every statement that can be sent, with the privilege it needs.
//!
//! All of them go out as one simple-query message, so each step is one round trip and PgBouncer in transaction mode
//! can be in between. Several statements in one message are one transaction: `SET LOCAL` ends with it.
//! What is put in is a number, a hexadecimal nonce or a [`Prober`](dbprobe_core::Prober), none of which can end a string.

use std::time::Duration;

use dbprobe_core::{Nonce, Prober, Setup, SetupOptions, Written};

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
       WHERE backend_type = 'client backend' OR (backend_type IS NULL AND usesysid IS NOT NULL)), \
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
