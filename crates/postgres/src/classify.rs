//! What a server or its driver says, as a failure. What a SQLSTATE means stands in the table of [`crate::knowledge`].

use std::error::Error as _;
use std::io;

use dbprobe_core::{Class, Failure, Knowledge};
use dbprobe_net::io_failure;
use tokio_postgres::error::DbError;

use crate::knowledge::{KNOWLEDGE, POOLER};

/// What the server's words are; `None` where nothing is known of the code.
fn row_of(code: &str, message: &str) -> Option<&'static Knowledge> {
    let pooler = POOLER.iter().find(|(beginning, row)| code == row.code && message.starts_with(beginning));
    pooler.map(|(_, row)| row).or_else(|| Knowledge::find(KNOWLEDGE, code))
}

/// Whether the server's own hint says more than the table: it knows the statement, and the table only its kind. Only
/// for a table of ours that has other columns the hint, which guesses at names, leads astray.
fn is_about_the_statement(row: &Knowledge) -> bool {
    matches!(row.class, Class::Query | Class::Unsupported) && row.code != "42703"
}

/// What the server said.
pub(crate) fn server_error(error: &DbError) -> Failure {
    let message = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.message()),
        None => error.message().to_owned(),
    };
    refusal(error.code().code(), message, error.hint()).caused_by(error.clone())
}

/// What a server says with `code`, which is of class [`Class::Query`] where nothing is known of it.
pub(crate) fn refusal(code: &str, message: String, hint: Option<&str>) -> Failure {
    let Some(row) = row_of(code, &message) else {
        let failure = Failure::new(Class::Query, message).code(code);
        return hint.into_iter().fold(failure, Failure::advise);
    };
    let advice = hint.filter(|_| is_about_the_statement(row)).unwrap_or(row.advice);
    Failure::new(row.class, message).code(code).advise(advice).known_by(row)
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

    fn class(code: &str, message: &str) -> Class {
        refusal(code, message.to_owned(), None).class
    }

    #[test]
    fn exact_codes_come_before_their_class() {
        let classes = ["28P01", "3D000", "53300", "53200", "42501", "42601", "55P03", "57014", "57P03", "99999"]
            .map(|code| class(code, ""));
        use Class::*;
        assert_eq!(
            classes,
            [Auth, NotFound, Overloaded, Overloaded, Permission, Query, Locked, Timeout, Starting, Query]
        );
    }

    #[test]
    fn a_pooler_is_understood_only_where_the_code_tells_nothing() {
        assert_eq!(class("08P01", "no such database: nodb"), Class::NotFound);
        assert_eq!(class("08P01", "database \"nodb\" does not exist"), Class::NotFound);
        assert_eq!(
            class("08P01", "server login has been failing, try again later (server_login_retry)"),
            Class::Refused
        );
        assert_eq!(class("08P01", "invalid message"), Class::Protocol);
        assert_eq!(class("42601", "no such database: nodb"), Class::Query);
        assert_eq!(
            class("XX000", "all backend nodes are down, pgpool requires at least one valid node"),
            Class::Refused
        );
        assert_eq!(class("XX000", "cache lookup failed for relation 1"), Class::Query);
    }

    #[test]
    fn a_pooler_s_words_bring_their_own_cause() {
        let known = refusal("08P01", "no such user".to_owned(), None).known;
        assert_eq!(known.map(|row| row.cause), Some("PgBouncer does not know the user"));
    }

    #[test]
    fn a_hint_is_taken_where_the_statement_is_at_fault() {
        let advice = |code: &str| refusal(code, String::new(), Some("the hint")).advice;
        assert_eq!(advice("42883").as_deref(), Some("the hint"));
        assert_eq!(advice("99999").as_deref(), Some("the hint"));
        assert_ne!(advice("42703").as_deref(), Some("the hint"));
        assert_ne!(advice("53300").as_deref(), Some("the hint"));
        assert_eq!(refusal("99999", String::new(), None).advice, None);
    }

    #[test]
    fn no_pooler_s_words_are_hidden_by_others() {
        for (at, (beginning, row)) in POOLER.iter().enumerate() {
            let first = POOLER.iter().position(|(other, of)| of.code == row.code && beginning.starts_with(other));
            assert_eq!(first, Some(at), "{beginning}");
        }
    }
}
