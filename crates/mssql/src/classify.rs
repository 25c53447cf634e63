//! Error number → class: one table.
//!
//! Sources: <https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors>, for
//! those from 40000 on <https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues>, and
//! for what has no row here the severity,
//! <https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-error-severities>.

use std::io;

use dbprobe_core::{Class, Failure};
use dbprobe_net::io_failure;
use tiberius::error::{Error, TokenError};

/// A number, or the first and the last of some, with what they mean and what to do next.
type Row = ((u32, u32), Class, &'static str);

const fn one(number: u32, class: Class, advice: &'static str) -> Row {
    ((number, number), class, advice)
}

const AZURE_BUSY: &str = "the service limits the database: raise its tier, or look for what uses it";
const INIT: &str = "let an administrator run `dbprobe init`, which prints or grants what is needed";
const SHAPE: &str = "if it is about `_health_check`: the table is not dbprobe's; compare with `dbprobe init --print`";
const CREATE: &str =
    "create it with `dbprobe init`, or give `--create-health-table`; the role may also not be allowed to see it";
const WAIT: &str = "the server is starting, stopping or recovering: wait, and see its error log";
const DAMAGED: &str = "see the server's error log, run DBCC CHECKDB, and restore from a backup";
const MEMORY: &str = "the server is out of memory: look at `max server memory` and at the largest consumers";
const REPLICA: &str =
    "this is a secondary replica: connect to the availability group's listener, or wait for the failover";
const FIREWALL: &str = "add this client's address to the server's firewall rules, or to the virtual network's";
const HOLDER: &str =
    "find the holder: select session_id, blocking_session_id from sys.dm_exec_requests where blocking_session_id <> 0";

/// Numbers of clients (233, 10053, 10054) stand here, too: proxies repeat them.
const TABLE: &[Row] = &[
    // Who logs in.
    one(18456, Class::Auth, "check the user and the password; the server's error log has the reason by its state"),
    one(18452, Class::Auth, "dbprobe logs in by name and password: create a SQL Server login, and turn mixed mode on"),
    one(18470, Class::Auth, "the login is disabled: alter login … enable"),
    one(18486, Class::Auth, "the login is locked out after wrong passwords: alter login … with password = … unlock"),
    one(18487, Class::Auth, "the password has expired: set another one"),
    one(18488, Class::Auth, "the password must be changed before the first login: set another one"),
    one(15404, Class::Auth, "the server cannot ask its domain about the login: see its error log"),
    one(17806, Class::Auth, "the server's handshake with its domain failed: see its error log"),
    one(40532, Class::Auth, "write the user as name@server, or check the server's name"),
    one(40615, Class::Permission, FIREWALL),
    one(40914, Class::Permission, FIREWALL),
    one(47073, Class::Permission, "public network access is switched off: connect by the private endpoint"),
    one(17892, Class::Permission, "a logon trigger refused the login: see the server's error log"),
    // Which database.
    one(4060, Class::NotFound, "check the database's name, that it is online, and that the login has a user in it"),
    one(4064, Class::NotFound, "the login's default database cannot be opened: name another one in the DSN"),
    one(911, Class::NotFound, "check the database's name with `select name from sys.databases`, or create it"),
    one(916, Class::Permission, "create a user for the login in this database: create user … for login …"),
    one(923, Class::Permission, "the database is open for its owner only (restricted_user)"),
    one(924, Class::Locked, "the database is in single-user mode and somebody is in it"),
    // Starting, stopping, recovering.
    one(921, Class::Starting, WAIT),
    one(922, Class::Starting, WAIT),
    one(
        927,
        Class::Starting,
        "the database is being restored: wait for it, or finish with `restore database … with recovery`",
    ),
    one(942, Class::Starting, "the database is offline: alter database … set online"),
    one(952, Class::Starting, WAIT),
    one(6005, Class::Starting, WAIT),
    one(17142, Class::Starting, "the service is paused: continue it"),
    one(17147, Class::Starting, WAIT),
    one(17148, Class::Starting, WAIT),
    one(17187, Class::Starting, WAIT),
    one(18401, Class::Starting, "the server is upgrading its own databases: wait"),
    one(18451, Class::Starting, "the server is shutting down and lets only administrators in"),
    one(40197, Class::Starting, "the service is moving the database: try again"),
    one(40613, Class::Starting, "the database is not available just now: try again, and see the status of the service"),
    one(42108, Class::Starting, "the pool is paused: resume it"),
    one(42109, Class::Starting, "the pool is warming up: wait"),
    // Availability groups.
    one(976, Class::ReadOnly, REPLICA),
    one(
        978,
        Class::ReadOnly,
        "this secondary takes only readers: add ApplicationIntent=ReadOnly, or connect to the listener",
    ),
    one(979, Class::Config, "the replica takes no readers: leave ApplicationIntent=ReadOnly out"),
    one(982, Class::Starting, "no readable secondary is online: look at sys.dm_hadr_availability_replica_states"),
    one(983, Class::Starting, REPLICA),
    one(4221, Class::Starting, "the secondary waits for long transactions of the primary before it lets readers in"),
    one(35250, Class::Starting, "the replica has lost its primary: look at sys.dm_hadr_availability_replica_states"),
    // No room.
    one(10928, Class::Overloaded, AZURE_BUSY),
    one(10929, Class::Overloaded, AZURE_BUSY),
    one(10936, Class::Overloaded, AZURE_BUSY),
    one(
        17809,
        Class::Overloaded,
        "see who holds the connections in sys.dm_exec_sessions; `user connections` is the limit",
    ),
    one(17810, Class::Overloaded, "only one dedicated administrator connection can be open at a time"),
    (
        (18458, 18461),
        Class::Overloaded,
        "the server takes no more sessions: single-user mode, or a licence that is used up",
    ),
    ((40549, 40553), Class::Overloaded, "the service ended the session for what it used: look for long transactions"),
    one(40501, Class::Overloaded, AZURE_BUSY),
    ((49918, 49920), Class::Overloaded, AZURE_BUSY),
    one(701, Class::Overloaded, MEMORY),
    one(802, Class::Overloaded, MEMORY),
    one(8645, Class::Overloaded, MEMORY),
    one(8651, Class::Overloaded, MEMORY),
    // The line.
    one(233, Class::Reset, "the server closed the connection in the login: see its error log"),
    one(596, Class::Reset, "an administrator ended the session"),
    one(4014, Class::Reset, "the server could not read what was sent: see its error log"),
    one(10053, Class::Reset, "a network device or the server cut the connection"),
    one(10054, Class::Reset, "a network device or the server cut the connection"),
    one(17830, Class::Reset, "the network failed while the server was still logging in: see its error log"),
    one(17828, Class::Protocol, "the server did not understand the first packet: a proxy may have changed it"),
    one(17832, Class::Protocol, "the server did not understand the login packet: a proxy may have changed it"),
    one(17836, Class::Protocol, "the server did not understand a packet: a proxy may have changed it"),
    one(17835, Class::Tls, "the server insists on encryption: say encrypt=true"),
    // Locks.
    one(1204, Class::Overloaded, "the server has no lock left: look for large transactions"),
    one(1205, Class::Locked, "the statement lost a deadlock; it is worth trying again"),
    one(1222, Class::Locked, HOLDER),
    one(
        3960,
        Class::Locked,
        "another transaction changed the same row under snapshot isolation; it is worth trying again",
    ),
    // Writes.
    one(3906, Class::ReadOnly, "look for a secondary replica behind the name, or `alter database … set read_write`"),
    one(3908, Class::Corrupt, "the database is in emergency mode or damaged: see the server's error log"),
    one(1101, Class::DiskFull, "no room is left in the filegroup: free disk space, add a file, or let one grow"),
    one(1105, Class::DiskFull, "no room is left in the filegroup: free disk space, add a file, or let one grow"),
    one(
        9002,
        Class::DiskFull,
        "the log is full: log_reuse_wait_desc in sys.databases says why; often a log backup is missing",
    ),
    one(40544, Class::DiskFull, "the database has reached its size limit: raise it, or delete data"),
    one(3041, Class::DiskFull, "a backup failed: see the server's error log for the reason, often a full disk"),
    // Damage.
    one(
        823,
        Class::Corrupt,
        "the operating system could not read or write a file: look at the disks; then DBCC CHECKDB",
    ),
    one(824, Class::Corrupt, DAMAGED),
    one(825, Class::Corrupt, "a page could be read only after several tries: the disk is about to fail"),
    one(926, Class::Corrupt, "the database is marked suspect: see the server's error log, then restore from a backup"),
    one(945, Class::Corrupt, "the database's files cannot be opened, or there is no room for them: see the error log"),
    // What may not be done, and what is not there.
    ((229, 230), Class::Permission, INIT),
    one(262, Class::Permission, INIT),
    one(297, Class::Permission, INIT),
    one(300, Class::Permission, INIT),
    one(371, Class::Permission, INIT),
    one(
        2760,
        Class::Permission,
        "the role may not create objects in schema dbo: let an administrator run `dbprobe init`",
    ),
    one(15151, Class::Permission, "it is not there, or the role may not see it"),
    one(15247, Class::Permission, INIT),
    one(208, Class::NotFound, CREATE),
    one(1088, Class::NotFound, CREATE),
    one(3701, Class::NotFound, "it is not there, or the role may not see it"),
    one(2812, Class::NotFound, "check the procedure's name and the permission to execute it"),
    one(15007, Class::NotFound, "create the login first: create login … with password = …"),
    // Statements.
    one(195, Class::Unsupported, "this server does not have the function"),
    one(4121, Class::Unsupported, "this server does not have the function"),
    one(207, Class::Query, SHAPE),
    one(213, Class::Query, SHAPE),
    one(515, Class::Query, SHAPE),
    one(2627, Class::Query, SHAPE),
    one(2628, Class::Query, SHAPE),
    one(8152, Class::Query, SHAPE),
    one(
        33_557_097,
        Class::Query,
        "Babelfish puts what has no number of SQL Server's under this one: the text says what it is",
    ),
];

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

fn row(number: u32) -> Option<Row> {
    TABLE.iter().find(|((first, last), ..)| (*first..=*last).contains(&number)).copied()
}

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
    let (class, advice) = row(number).map_or_else(|| by_severity(severity), |(_, class, advice)| (class, advice));
    Failure::new(class, fragment(message)).code(number.to_string()).advise(advice)
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
    fn every_row_is_reached_and_has_advice() {
        for (at, ((first, last), _, advice)) in TABLE.iter().enumerate() {
            assert!(!advice.is_empty(), "{first}");
            for number in *first..=*last {
                let reached = TABLE.iter().position(|((first, last), ..)| (*first..=*last).contains(&number));
                assert_eq!(reached, Some(at), "{number} is in two rows");
            }
        }
    }

    #[test]
    fn what_has_no_row_goes_by_its_severity() {
        let class = |number: u32, severity| row(number).map_or_else(|| by_severity(severity).0, |(_, class, _)| class);
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
