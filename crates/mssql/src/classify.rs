//! What a server or its driver says, as a failure. What an error number means stands in the table of
//! [`crate::knowledge`]; what has no row there goes by its severity,
//! <https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-error-severities>.

use std::io;

use dbprobe_core::{Class, Failure, Knowledge};
use dbprobe_net::io_failure;
use tiberius::error::{Error, TokenError};

use crate::knowledge::KNOWLEDGE;

const INIT: &str = "let an administrator run `dbprobe init`, which prints or grants what is needed";
const DAMAGED: &str = "see the server's error log, run DBCC CHECKDB, and restore from a backup";

/// Why a login was refused, where the server tells it: since 2005 it writes the state into its log only
/// (<https://learn.microsoft.com/sql/relational-databases/errors-events/mssqlserver-18456-database-engine-error>).
const LOGIN_STATES: &[(u8, &str)] = &[
    (2, "the login does not exist"),
    (5, "the login does not exist"),
    (6, "this is a Windows login: create a SQL Server login"),
    (7, "the login is disabled, and the password is wrong"),
    (8, "the password is wrong"),
    (9, "the password is not valid"),
    (11, "the login is valid but may not connect to the server: grant connect sql to …"),
    (12, "the login is valid but may not connect to the server: grant connect sql to …"),
    (18, "the password must be changed first"),
    (38, "the login is right, the database cannot be opened: check its name"),
    (40, "the login's default database cannot be opened: name another one in the DSN"),
    (58, "the server takes Windows logins only: turn mixed mode on"),
];

/// What a number without a row is, by its severity.
fn by_severity(severity: u8) -> (Class, &'static str) {
    match severity {
        13 => (Class::Locked, "another transaction was in the way; it is worth trying again"),
        14 => (Class::Permission, INIT),
        17 | 19 => (Class::Overloaded, "the server is out of a resource: see its error log"),
        20 | 21 => (Class::Reset, "the server ended the session: see its error log"),
        22..=24 => (Class::Corrupt, DAMAGED),
        _ => (Class::Query, "see the server's documentation for this number"),
    }
}

/// What the server said.
pub(crate) fn server_error(error: &TokenError) -> Failure {
    let failure = said(error.code(), error.class(), error.message()).caused_by(error.clone());
    match LOGIN_STATES.iter().find(|(state, _)| error.code() == 18456 && *state == error.state()) {
        Some((_, advice)) => failure.advise(*advice),
        None => failure,
    }
}

/// What a server says by `number`, with a severity and a text.
pub(crate) fn said(number: u32, severity: u8, message: &str) -> Failure {
    let code = number.to_string();
    let row = Knowledge::find(KNOWLEDGE, &code);
    let (class, advice) = row.map_or_else(|| by_severity(severity), |row| (row.class, row.advice));
    Failure::new(class, fragment(message)).code(code).advise(advice)
}

/// SQL Server ends its messages with a full stop.
fn fragment(message: &str) -> &str {
    let message = message.trim();
    message.strip_suffix('.').unwrap_or(message)
}

/// What the driver said, where the line itself has noted nothing.
pub(crate) fn driver_error(error: Error) -> Failure {
    match &error {
        Error::Server(token) => server_error(token),
        Error::Io { kind: io::ErrorKind::UnexpectedEof, .. } => closed().caused_by(error),
        Error::Io { kind, .. } => io_failure(&io::Error::from(*kind), "talking to the server"),
        _ => unreadable(&error.to_string()).caused_by(error),
    }
}

/// The server hung up.
pub(crate) fn closed() -> Failure {
    Failure::new(Class::Reset, "the server closed the connection")
        .advise("see the server's error log for the reason; a crash, a restart or a KILL looks like this")
}

/// The peer speaks TDS, but what it says cannot be read.
pub(crate) fn unreadable(why: &str) -> Failure {
    Failure::new(Class::Protocol, format!("the server's answer cannot be read: {why}"))
        .advise("a proxy may have changed it, or the server speaks another version of the protocol")
}

/// The peer speaks, but not TDS.
pub(crate) fn not_tds(message: impl Into<String>) -> Failure {
    Failure::new(Class::Protocol, message)
        .advise("check the port: 1433 is SQL Server's usual one, and the DSN's scheme must fit the server behind it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_row_goes_by_its_severity() {
        let class = |number: u32, severity| said(number, severity, "").class;
        assert_eq!(class(18456, 14), Class::Auth);
        assert_eq!(class(33_557_097, 16), Class::Query);
        assert_eq!(class(49919, 16), Class::Overloaded);
        assert_eq!(class(99_999, 14), Class::Permission);
        assert_eq!(class(99_999, 24), Class::Corrupt);
        assert_eq!(class(99_999, 16), Class::Query);
    }

    #[test]
    fn a_message_is_a_fragment() {
        assert_eq!(fragment("Login failed for user 'sa'."), "Login failed for user 'sa'");
        assert_eq!(fragment(" no full stop "), "no full stop");
    }
}
