//! Refusal → name, class, cause, advice: one table.

use dbprobe_core::Class::{Overloaded, Permission};
use dbprobe_core::Knowledge;

const ERRORS: &str = "https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html";

const CONNECTIONS: &str = "see who holds the connections in SHOW PROCESSLIST; raise max_connections only after that";
const FULL: &str = "the server has no room for another client: see its log, and who holds its connections";
const UNWANTED: &str = "the server does not want this client: see its log, and its list of allowed addresses";

/// Exact codes stand above their kind.
pub(crate) const KNOWLEDGE: &[Knowledge] = &[
    // MySQL's and MariaDB's numbers, in the place of a greeting.
    Knowledge::new("1040", "ER_CON_COUNT_ERROR", Overloaded, ERRORS)
        .because("max_connections is reached: a pool that leaks, or too many clients")
        .advise(CONNECTIONS),
    Knowledge::new("1041", "ER_OUT_OF_RESOURCES", Overloaded, ERRORS)
        .because("the server got no memory or no thread from its system")
        .advise("the server is out of memory: see its log"),
    Knowledge::new("1129", "ER_HOST_IS_BLOCKED", Permission, ERRORS)
        .because("connections from this host broke off during the login more often than max_connect_errors allows")
        .advise(
            "something on this host hung up during too many handshakes: find it, then run FLUSH HOSTS on the \
             server",
        ),
    Knowledge::new("1130", "ER_HOST_NOT_PRIVILEGED", Permission, ERRORS)
        .because("no account has a host part that fits the address this machine comes from")
        .advise("no account may log in from this host: create one for it, or check from another host"),
    Knowledge::new("1203", "ER_TOO_MANY_USER_CONNECTIONS", Overloaded, ERRORS)
        .because("the account has more sessions open than max_user_connections allows")
        .advise(CONNECTIONS),
    // Mail and file transfer: the first digit is the same in RFC 5321 and in RFC 959.
    Knowledge::new("421", "", Overloaded, "https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3")
        .because("the server has too many clients, or this one connects too often, or it is shutting down")
        .advise(FULL),
    Knowledge::new("554", "", Permission, "https://www.rfc-editor.org/rfc/rfc5321#section-3.1")
        .because("this machine is on a block list, or has no reverse name")
        .advise(UNWANTED),
    Knowledge::new("4*", "", Overloaded, "https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1")
        .because("the server cannot take this client just now")
        .advise(FULL),
    Knowledge::new("5*", "", Permission, "https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1")
        .because("the server does not want this client")
        .advise(UNWANTED),
    // Others.
    Knowledge::new("BYE", "", Overloaded, "https://www.rfc-editor.org/rfc/rfc3501#section-7.1.5")
        .because("the IMAP server has too many clients, or is shutting down")
        .advise(FULL),
    Knowledge::new("DENIED", "", Permission, "https://redis.io/docs/latest/develop/reference/errors/all/redis/#denied")
        .because("the Redis server has no password, and in protected mode it lets only its own machine in")
        .advise(
            "the server is in protected mode: give it a password or an address to listen on, see `bind` in \
             redis.conf",
        ),
    Knowledge::new(
        "ERR",
        "",
        Overloaded,
        "https://redis.io/docs/latest/develop/reference/clients/#maximum-concurrent-connected-clients",
    )
    .because("the Redis or POP3 server has as many clients as it takes")
    .advise(FULL),
];
