//! SQLSTATE → class: one table.
//!
//! Source: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use std::error::Error as _;
use std::io;

use dbprobe_core::{Class, Failure};
use dbprobe_net::io_failure;
use tokio_postgres::error::DbError;

/// A code of five characters, or its class of two, with what it means and what to do next.
type Row = (&'static str, Class, &'static str);

/// The first row whose code is a prefix of the SQLSTATE counts, so exact codes stand above their class.
const TABLE: &[Row] = &[
    ("28P01", Class::Auth, "check the password; the server and the database's port answer"),
    (
        "28000",
        Class::Auth,
        "check the role's name, and that pg_hba.conf has a line for this user, database, address and TLS use",
    ),
    ("3D000", Class::NotFound, "check the database's name with `psql -l`, or create it"),
    ("3F000", Class::NotFound, "check the schema's name and the role's search_path"),
    ("42P01", Class::NotFound, "create it with `dbprobe init`, or give `--create-health-table`"),
    (
        "42703",
        Class::Query,
        "if it is about `_health_check`: the table is not dbprobe's; compare with `dbprobe init --print`",
    ),
    ("42501", Class::Permission, "let an administrator run `dbprobe init`, which prints or grants what is needed"),
    ("42", Class::Query, ""),
    ("0A000", Class::Unsupported, ""),
    ("25006", Class::ReadOnly, "look for a standby behind the name, or default_transaction_read_only"),
    ("25P03", Class::Reset, "the server ended an idle transaction"),
    ("53100", Class::DiskFull, "free disk space on the server; PostgreSQL stops writing before it stops reading"),
    (
        "53300",
        Class::Overloaded,
        "see who holds the connections in pg_stat_activity; raise max_connections only after that, or use a pooler",
    ),
    ("53", Class::Overloaded, "the server is out of a resource: see its log"),
    (
        "55P03",
        Class::Locked,
        "find the holder: select * from pg_locks where not granted; pg_blocking_pids(pid) names it",
    ),
    ("55006", Class::Locked, "another session uses the object"),
    ("40", Class::Locked, "another transaction was in the way; it is worth trying again"),
    (
        "57014",
        Class::Timeout,
        "the server cancelled the statement: look for locks, slow storage or a missing synchronous standby",
    ),
    ("57P01", Class::Starting, "an administrator is stopping the server or has ended this session"),
    ("57P02", Class::Starting, "another server process crashed and the server is recovering: see its log"),
    ("57P03", Class::Starting, "the server is starting, stopping or recovering: wait"),
    ("57P04", Class::NotFound, "the database was dropped"),
    ("57P05", Class::Reset, "the server ended an idle session"),
    ("58", Class::Corrupt, "the server cannot read or write its files: see its log and its disks"),
    ("XX001", Class::Corrupt, "a page is damaged: stop writing, copy the data directory, restore from a backup"),
    ("XX002", Class::Corrupt, "an index is damaged: check it with amcheck, then reindex"),
    ("08P01", Class::Protocol, "a pooler such as PgBouncer reports its own refusals with this code: see its log"),
    ("08", Class::Reset, "the server or a pooler lost its connection"),
];

/// PgBouncer's own refusals, by how they begin: it sends all of them as 08P01, which tells nothing, in words that it
/// never translates (`src/client.c` and `src/objects.c` of PgBouncer 1.18 to 1.24).
const POOLER: &[Row] = &[
    ("SASL authentication failed", Class::Auth, "check the password, here and in PgBouncer's auth_file"),
    ("password authentication failed", Class::Auth, "check the password, here and in PgBouncer's auth_file"),
    ("auth failed", Class::Auth, "check the user's name and password in PgBouncer's auth_file"),
    ("no such user", Class::Auth, "check the user's name in PgBouncer's auth_file"),
    ("no such database", Class::NotFound, "check the database's name in PgBouncer's [databases]"),
    ("no more connections allowed", Class::Overloaded, "PgBouncer's max_client_conn is reached: see SHOW CLIENTS"),
    ("query_wait_timeout", Class::Overloaded, "no server connection became free in time: see SHOW POOLS"),
    (
        "pgbouncer cannot connect to server",
        Class::Refused,
        "PgBouncer answers, the server behind it does not: check that one",
    ),
    ("server login failed", Class::Refused, "PgBouncer cannot log in to the server behind it: see its log"),
    ("server_login_retry", Class::Refused, "PgBouncer cannot log in to the server behind it: see its log"),
    (
        "client_login_timeout",
        Class::Timeout,
        "PgBouncer could not finish the login in time: check the server behind it",
    ),
    ("SSL required", Class::Tls, "PgBouncer wants TLS: say sslmode=require or stronger"),
];

/// What kind of failure the server's words are.
fn row_of(code: &str, message: &str) -> Row {
    let pooler = POOLER.iter().find(|(beginning, ..)| code == "08P01" && message.starts_with(beginning));
    pooler.copied().unwrap_or_else(|| row(code))
}

/// What kind of failure a SQLSTATE is; [`Class::Query`] where the table has no row.
fn row(code: &str) -> Row {
    TABLE.iter().find(|(prefix, ..)| code.starts_with(prefix)).copied().unwrap_or(("", Class::Query, ""))
}

/// What the server said.
pub(crate) fn server_error(error: &DbError) -> Failure {
    let message = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.message()),
        None => error.message().to_owned(),
    };
    refusal(error.code().code(), message, error.hint()).caused_by(error.clone())
}

/// What a server says with `code`; its own hint stands in where the table has no advice.
pub(crate) fn refusal(code: &str, message: String, hint: Option<&str>) -> Failure {
    let (_, class, advice) = row_of(code, &message);
    let failure = Failure::new(class, message).code(code);
    match hint {
        _ if !advice.is_empty() => failure.advise(advice),
        Some(hint) => failure.advise(hint),
        None => failure,
    }
}

/// What the driver said on an open session.
pub(crate) fn session_error(error: tokio_postgres::Error) -> Failure {
    if let Some(db) = error.as_db_error() {
        return server_error(db);
    }
    if let Some(io) = error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
        let failure = if io.kind() == io::ErrorKind::InvalidData || io.kind() == io::ErrorKind::InvalidInput {
            not_postgres(io.to_string())
        } else {
            io_failure(io, "talking to the server")
        };
        return failure.caused_by(error);
    }
    if error.is_closed() {
        return Failure::new(Class::Reset, "the server closed the connection")
            .advise("see the server's log for the reason; a crash, a restart or a pooler's limit looks like this")
            .caused_by(error);
    }
    Failure::new(Class::Protocol, format!("{error}")).caused_by(error)
}

/// What the driver said during the login.
pub(crate) fn login_error(error: tokio_postgres::Error, has_password: bool) -> Failure {
    let local = error.as_db_error().is_none()
        && !error.is_closed()
        && error.source().is_some_and(|source| source.downcast_ref::<io::Error>().is_none());
    if !local {
        return session_error(error);
    }
    let reason = error.source().map(ToString::to_string).unwrap_or_default();
    if !has_password && reason == "password missing" {
        return Failure::new(Class::Auth, "the server asks for a password and none is given")
            .advise("give it in the DSN by reference (`@env:NAME`, `@file:PATH`), in PGPASSWORD or in ~/.pgpass")
            .caused_by(error);
    }
    Failure::new(Class::Auth, format!("the login could not be finished: {reason}"))
        .advise(
            "check which authentication methods pg_hba.conf asks for; dbprobe speaks SCRAM-SHA-256, MD5 and password",
        )
        .caused_by(error)
}

/// The peer speaks, but not PostgreSQL.
pub(crate) fn not_postgres(message: impl Into<String>) -> Failure {
    Failure::new(Class::Protocol, message)
        .advise("check the port: 5432 is PostgreSQL's usual one, and the DSN's scheme must fit the server behind it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_codes_come_before_their_class() {
        let classes = ["28P01", "3D000", "53300", "53200", "42501", "42601", "55P03", "57014", "57P03", "99999"]
            .map(|code| row(code).1);
        use Class::*;
        assert_eq!(
            classes,
            [Auth, NotFound, Overloaded, Overloaded, Permission, Query, Locked, Timeout, Starting, Query]
        );
        for (at, (code, ..)) in TABLE.iter().enumerate() {
            assert_eq!(
                TABLE.iter().position(|(prefix, ..)| code.starts_with(prefix)),
                Some(at),
                "{code} is never reached"
            );
        }
    }

    #[test]
    fn a_pooler_is_understood_only_where_the_code_tells_nothing() {
        assert_eq!(row_of("08P01", "no such database: nodb").1, Class::NotFound);
        assert_eq!(row_of("08P01", "invalid message").1, Class::Protocol);
        assert_eq!(row_of("42601", "no such database: nodb").1, Class::Query);
    }
}
