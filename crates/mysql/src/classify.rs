//! Error number → class: one table.
//!
//! Sources: <https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html>,
//! <https://mariadb.com/kb/en/mariadb-error-code-reference/>; the 2,000s are the client library's
//! (<https://dev.mysql.com/doc/mysql-errors/en/client-error-reference.html>), which proxies use for what they meet behind
//! them, and the 9,000s ProxySQL's (`lib/MySQL_Session.cpp`).

use dbprobe_core::{Class, Failure};

use Class::{
    Auth, Config, Corrupt, DiskFull, Locked, NotFound, Overloaded, Permission, Protocol, Query, ReadOnly, Refused,
    Reset, Starting, Timeout, Tls, Unsupported,
};

/// A number, what it means, and what to do next.
type Row = (u16, Class, &'static str);

const INIT: &str = "let an administrator run `dbprobe init`, which prints or grants what is needed";
const DAMAGED: &str = "the table is damaged: look at the server's log, save a copy, and restore it from a backup";
const SHAPE: &str = "if it is about `_health_check`: the table is not dbprobe's; compare with `dbprobe init --print`";
const STOPPING: &str = "the server is starting or stopping: wait, and see its log";
const NETWORK: &str = "the server lost its connection: look for a proxy, a firewall or net_read_timeout in between";
const ROOM: &str = "free disk space on the server, or raise the limit of the tablespace or of the temporary files";
const AGAIN: &str = "another transaction was in the way; it is worth trying again";
const PLUGIN: &str = "give dbprobe an account with caching_sha2_password, mysql_native_password or ed25519";

/// Sorted by number.
const TABLE: &[Row] = &[
    (1005, Query, "the table could not be made: the message has the engine's own number"),
    (1015, Corrupt, DAMAGED),
    (1016, Corrupt, DAMAGED),
    (1021, DiskFull, ROOM),
    (1026, DiskFull, ROOM),
    (1033, Corrupt, DAMAGED),
    (1034, Corrupt, DAMAGED),
    (1035, Corrupt, DAMAGED),
    (1036, ReadOnly, "the table's files are read-only: check their permissions on the server"),
    (1037, Overloaded, "the server has no memory left: see its log"),
    (1038, Overloaded, "the server has no memory left for sorting: raise sort_buffer_size"),
    (
        1040,
        Overloaded,
        "see who holds the connections with SHOW PROCESSLIST; raise max_connections only after that, or use a pooler",
    ),
    (1041, Overloaded, "the server has no memory or threads left: see its log and its limits (ulimit, cgroup)"),
    (1042, Auth, "the server cannot find out this host's name: set skip_name_resolve, or mend its resolver"),
    (1043, Protocol, "the server did not understand the login: look for a proxy in between"),
    (1044, Permission, "check the database's name and the account's grants on it (SHOW GRANTS)"),
    (1045, Auth, "check the user's name, its host part (SELECT user, host FROM mysql.user) and the password"),
    (1046, Config, "name a database in the DSN: `…@host/database`"),
    (1047, Starting, "the node is not part of a Galera cluster's primary component: check wsrep_cluster_status"),
    (1049, NotFound, "check the database's name with SHOW DATABASES, or create it"),
    (1053, Starting, STOPPING),
    (1054, Query, SHAPE),
    (1064, Query, "the server does not know this syntax: check its version, and sql_mode"),
    (1077, Starting, STOPPING),
    (1079, Starting, STOPPING),
    (1080, Starting, STOPPING),
    (1094, NotFound, "the session to stop has ended already"),
    (1095, Permission, "an account may only end its own sessions"),
    (1099, Locked, "the table is locked for reading by LOCK TABLES in this session"),
    (1100, Locked, "LOCK TABLES is in force in this session"),
    (1114, DiskFull, ROOM),
    (
        1129,
        Auth,
        "an administrator of the server runs `mysqladmin flush-hosts` (or TRUNCATE performance_schema.host_cache), and \
         looks for what breaks logins off from this host; dbprobe itself does not",
    ),
    (
        1130,
        Auth,
        "no account may log in from this host: check the host parts in mysql.user, and what address the server sees",
    ),
    (1131, Auth, "anonymous users may not change passwords"),
    (1136, Query, SHAPE),
    (1142, Permission, INIT),
    (1143, Permission, INIT),
    (1146, NotFound, "create it with `dbprobe init`, or give `--create-health-table`"),
    (1152, Reset, NETWORK),
    (1153, Query, "the statement is longer than max_allowed_packet"),
    (1156, Protocol, "packets came out of order: look for a proxy in between"),
    (1157, Protocol, "a packet could not be unpacked: look for a proxy in between"),
    (1158, Reset, NETWORK),
    (1159, Reset, NETWORK),
    (1160, Reset, NETWORK),
    (1161, Reset, NETWORK),
    (1180, Query, "the commit failed: the message has the engine's own number"),
    (1184, Reset, NETWORK),
    (1192, Locked, "LOCK TABLES or a transaction is in force in this session"),
    (1193, Unsupported, "the server, or a proxy before it, is older than MySQL 5.7.20 or MariaDB 10.1"),
    (1194, Corrupt, DAMAGED),
    (1195, Corrupt, DAMAGED),
    (1203, Overloaded, "the account's max_user_connections is reached: see its sessions with SHOW PROCESSLIST"),
    (
        1205,
        Locked,
        "find the holder: select * from sys.innodb_lock_waits, or SHOW ENGINE INNODB STATUS and SHOW PROCESSLIST",
    ),
    (1206, Locked, "the table of locks is full: look for long transactions, raise innodb_buffer_pool_size"),
    (1213, Locked, AGAIN),
    (1223, Locked, "FLUSH TABLES WITH READ LOCK, as backups take it, is in force in this session"),
    (
        1226,
        Overloaded,
        "a limit of the account is reached, which the message names: for max_user_connections see its sessions with SHOW \
         PROCESSLIST, for the others wait for the next hour or raise it (ALTER USER … WITH …)",
    ),
    (1227, Permission, INIT),
    (1235, Unsupported, "the server does not have this yet"),
    (1251, Unsupported, PLUGIN),
    (1275, Unsupported, PLUGIN),
    (1286, Unsupported, "the server has no such storage engine: InnoDB must not be switched off"),
    (1288, Query, SHAPE),
    (1289, Unsupported, "the feature is switched off on the server"),
    (
        1290,
        ReadOnly,
        "the server runs with read_only, super_read_only or --skip-grant-tables: look for a replica behind the name",
    ),
    (1298, Query, "the server does not know the time zone: load its tables with mysql_tzinfo_to_sql"),
    (
        1317,
        Timeout,
        "the statement was stopped: by dbprobe when its time was over, or by an administrator; look for locks or slow storage",
    ),
    (1347, Query, SHAPE),
    (1356, Query, SHAPE),
    (1364, Query, SHAPE),
    (1370, Permission, INIT),
    (1396, Permission, "the account exists already with another host part, or may not be made by this one"),
    (1410, Permission, "an account is made by CREATE USER first: `dbprobe init --print` prints how"),
    (1419, Permission, INIT),
    (1429, Query, "the table points to another server that does not answer: `_health_check` must be a local table"),
    (1524, Unsupported, "the account's plugin is not loaded on the server: load it, or alter the account"),
    (1615, Locked, "the table was changed meanwhile; it is worth trying again"),
    (1698, Auth, "the account logs in by its Unix user only: use its socket, or give dbprobe an account of its own"),
    (1709, Query, "an index is longer than the row format allows"),
    (1712, Corrupt, DAMAGED),
    (1785, Query, "the table is not transactional, which enforce_gtid_consistency does not allow"),
    (1792, ReadOnly, "look for transaction_read_only: a default of the server, or of a proxy"),
    (1812, Corrupt, "the tablespace is missing: see the server's log"),
    (1813, Corrupt, "a tablespace of that name is left over: see the server's log"),
    (1814, Corrupt, "the tablespace was discarded: import it"),
    (1820, Auth, "the password has to be changed: ALTER USER … IDENTIFIED BY …"),
    (1836, ReadOnly, "InnoDB runs in read-only mode: look for innodb_force_recovery or innodb_read_only"),
    (1862, Auth, "the password has expired: ALTER USER … IDENTIFIED BY …, or PASSWORD EXPIRE NEVER"),
    (1874, ReadOnly, "InnoDB runs in read-only mode: look for innodb_force_recovery or innodb_read_only"),
    (1877, Corrupt, DAMAGED),
    (1927, Reset, "an administrator or a limit ended the session (KILL)"),
    (1932, Corrupt, DAMAGED),
    (1969, Timeout, "max_statement_time was reached: look for locks or slow storage"),
    (2002, Refused, "the proxy answers, the server behind it does not: check that one"),
    (2003, Refused, "the proxy answers, the server behind it does not: check that one"),
    (2005, Refused, "the proxy does not find the server behind it: check its name there"),
    (2006, Reset, "the proxy lost the server behind it: see both logs"),
    (2013, Reset, "the proxy lost the server behind it: see both logs"),
    (2026, Tls, "the proxy could not agree on TLS with the server behind it: check its certificates"),
    (2059, Unsupported, PLUGIN),
    (2061, Unsupported, "use TLS (ssl-mode=REQUIRED): without it the account's plugin needs the server's public key"),
    (3024, Timeout, "max_execution_time was reached: look for locks or slow storage"),
    (3032, Starting, "an administrator has set offline_mode: only SYSTEM_VARIABLES_ADMIN gets in; wait"),
    (3058, Locked, "two sessions wait for each other's GET_LOCK"),
    (3098, Unsupported, "the table does not fit Group Replication: it must be InnoDB with a primary key"),
    (
        3100,
        ReadOnly,
        "the replication plugin refused the commit: look whether the group has lost its majority, and at the server's log",
    ),
    (3101, Locked, AGAIN),
    (3118, Auth, "the account is locked: ALTER USER … ACCOUNT UNLOCK"),
    (3159, Tls, "the server wants TLS (require_secure_transport): leave ssl-mode at PREFERRED or say REQUIRED"),
    (3168, Starting, STOPPING),
    (3169, Reset, "an administrator or a limit ended the session (KILL)"),
    (3572, Locked, "another session holds the row"),
    (3675, DiskFull, ROOM),
    (
        3750,
        Query,
        "sql_require_primary_key is on: the table must have a primary key; compare with `dbprobe init --print`",
    ),
    (3819, Query, SHAPE),
    (3948, Permission, "local_infile is off"),
    (3955, Auth, "the account is locked after failed logins: ALTER USER … ACCOUNT UNLOCK, and look who fails"),
    (4031, Reset, "the session was idle for longer than wait_timeout"),
    (4151, Auth, "the account is locked: ALTER USER … ACCOUNT UNLOCK"),
    (9001, Timeout, "ProxySQL reached no server of the hostgroup in time: see its runtime_mysql_servers"),
    (9002, Reset, "ProxySQL lost the server: see its log"),
];

/// SQLSTATE classes for numbers that the table does not have (SQL:2016, and MySQL's `08S01` and `70100`).
const BY_STATE: &[(&str, Class)] =
    &[("08", Reset), ("28", Auth), ("40", Locked), ("42", Query), ("70", Timeout), ("53", Overloaded)];

/// `No space left on device`, the number inside 1026, 1030 and 1180 on every Unix.
const ENOSPC: &str = "28";

/// What kind of failure a number is.
fn row(code: u16, state: &str, message: &str) -> (Class, &'static str) {
    // These wrap an error of the storage engine, whose number is the first one in the message.
    if matches!(code, 1026 | 1030 | 1180) && first_number(message) == Some(ENOSPC) {
        return (DiskFull, ROOM);
    }
    if let Ok(at) = TABLE.binary_search_by_key(&code, |(known, ..)| *known) {
        return (TABLE[at].1, TABLE[at].2);
    }
    let class = BY_STATE.iter().find(|(prefix, _)| state.starts_with(prefix)).map_or(Query, |(_, class)| *class);
    (class, "see the number in the server's error reference, and the server's log")
}

fn first_number(message: &str) -> Option<&str> {
    message.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())
}

/// What proxies answer, and servers that speak the protocol and are neither MySQL nor MariaDB, to what they do not know: a
/// syntax (1064), an empty statement (1065), a function or a variable (1105, 1193, 1305), one that cannot be set there
/// (1227, 1228, 1229, 1231, 1232, 1238), a table of the dictionary (1109, 1146), anything else (1235).
const FOREIGN: [&str; 14] =
    ["1064", "1065", "1105", "1109", "1146", "1193", "1227", "1228", "1229", "1231", "1232", "1235", "1238", "1305"];

/// Whether a server refuses a statement of ours about itself because it does not know it.
pub(crate) fn is_foreign(failure: &Failure) -> bool {
    failure.code.as_deref().is_some_and(|code| FOREIGN.contains(&code))
}

/// What the server says in an error packet (protocol documentation, "ERR_Packet"). Before the login it has no SQLSTATE.
pub(crate) fn refused(packet: &[u8]) -> Failure {
    let Some((&[low, high], rest)) = packet.get(1..).and_then(|rest| rest.split_first_chunk::<2>()) else {
        return not_mysql("the peer's error cannot be read");
    };
    let (state, text) = match rest {
        [b'#', state @ ..] if state.len() >= 5 => (String::from_utf8_lossy(&state[..5]), &state[5..]),
        _ => ("".into(), rest),
    };
    let (code, message) = (u16::from_le_bytes([low, high]), String::from_utf8_lossy(text));
    let (class, advice) = row(code, &state, &message);
    let failure = Failure::new(class, message).code(code.to_string());
    if advice.is_empty() { failure } else { failure.advise(advice) }
}

/// The peer speaks, but not MySQL.
pub(crate) fn not_mysql(message: impl Into<String>) -> Failure {
    Failure::new(Protocol, message)
        .advise("check the port: 3306 is MySQL's usual one, and the DSN's scheme must fit the server behind it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: u16, rest: &str) -> Failure {
        refused(&[b"\xff".as_slice(), &code.to_le_bytes(), rest.as_bytes()].concat())
    }

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (code, class, advice) in TABLE {
            assert_eq!(row(*code, "", "x"), (*class, *advice), "{code}");
        }
    }

    #[test]
    fn an_error_is_read_with_and_without_its_state() {
        let denied = error(1045, "#28000Access denied");
        assert_eq!(
            (denied.class, denied.code.as_deref(), denied.message.as_str()),
            (Auth, Some("1045"), "Access denied")
        );
        let full = error(1040, "Too many connections");
        assert_eq!((full.class, full.message.as_str()), (Overloaded, "Too many connections"));
        assert_eq!(refused(b"\xff\x10").class, Protocol);
    }

    #[test]
    fn what_the_table_does_not_have_goes_by_its_state() {
        assert_eq!(error(65_000, "#28ABCx").class, Auth);
        assert_eq!(error(65_000, "#HY000x").class, Query);
    }

    #[test]
    fn a_full_disk_is_told_by_the_engine_s_number() {
        assert_eq!(error(1030, "#HY000Got error 28 - 'No space left on device' from storage engine").class, DiskFull);
        assert_eq!(error(1030, "#HY000Got error 168 from storage engine").class, Query);
    }
}
