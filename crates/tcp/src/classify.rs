//! Refusal → class: one table.

use dbprobe_core::{Class, Failure};

use crate::protocol::Protocol;

/// A protocol, how the code of its refusal begins, what that means, and what to do next.
type Row = (Protocol, &'static str, Class, &'static str);

const CONNECTIONS: &str = "see who holds the connections in SHOW PROCESSLIST; raise max_connections only after that";
const FULL: &str = "the server has no room for another client: see its log, and who holds its connections";
const UNWANTED: &str = "the server does not want this client: see its log, and its list of allowed addresses";

/// The first row that fits counts, so that exact codes stand above their kind.
const TABLE: &[Row] = &[
    // MySQL error message reference: ER_CON_COUNT_ERROR, ER_OUT_OF_RESOURCES, ER_HOST_IS_BLOCKED,
    // ER_HOST_NOT_PRIVILEGED, ER_TOO_MANY_USER_CONNECTIONS.
    (Protocol::Mysql, "1040", Class::Overloaded, CONNECTIONS),
    (Protocol::Mysql, "1041", Class::Overloaded, "the server is out of memory: see its log"),
    (
        Protocol::Mysql,
        "1129",
        Class::Permission,
        "something on this host hung up during too many handshakes: find it, then run FLUSH HOSTS on the server",
    ),
    (
        Protocol::Mysql,
        "1130",
        Class::Permission,
        "no account may log in from this host: create one for it, or check from another host",
    ),
    (Protocol::Mysql, "1203", Class::Overloaded, CONNECTIONS),
    (Protocol::Mysql, "", Class::Permission, "see the server's log"),
    // RFC 5321, sections 3.1 and 4.2.1.
    (Protocol::Smtp, "4", Class::Overloaded, FULL),
    (Protocol::Smtp, "5", Class::Permission, UNWANTED),
    // RFC 959, sections 4.2.1 and 5.4.
    (Protocol::Ftp, "4", Class::Overloaded, FULL),
    (Protocol::Ftp, "5", Class::Permission, UNWANTED),
    // RFC 3501, section 7.1.5.
    (Protocol::Imap, "BYE", Class::Overloaded, FULL),
    // RFC 1939, section 3.
    (Protocol::Pop3, "ERR", Class::Overloaded, FULL),
    // `networking.c` of Redis.
    (
        Protocol::Redis,
        "DENIED",
        Class::Permission,
        "the server is in protected mode: give it a password or an address to listen on, see `bind` in redis.conf",
    ),
    (Protocol::Redis, "ERR", Class::Overloaded, FULL),
];

/// What a server of `protocol` says with `code` in the place of a greeting.
pub(crate) fn refusal(protocol: Protocol, code: &str, said: &str) -> Failure {
    let row = TABLE.iter().find(|(of, begins, ..)| *of == protocol && code.starts_with(begins));
    let (class, advice) = row.map_or((Class::Permission, UNWANTED), |(.., class, advice)| (*class, *advice));
    Failure::new(class, format!("the server lets nobody in: {said}")).code(code).advise(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_reached() {
        for (at, (protocol, code, ..)) in TABLE.iter().enumerate() {
            let first = TABLE.iter().position(|(of, begins, ..)| of == protocol && code.starts_with(begins));
            assert_eq!(first, Some(at), "{protocol:?} {code}");
        }
    }

    #[test]
    fn an_unknown_refusal_is_one_all_the_same() {
        let failure = refusal(Protocol::Mysql, "9999", "no");
        assert_eq!((failure.class, failure.code.as_deref()), (Class::Permission, Some("9999")));
        assert_eq!(refusal(Protocol::Ssh, "x", "no").class, Class::Permission);
    }
}
