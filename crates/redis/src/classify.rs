//! Redis' errors → class: one table.
//!
//! An error's code is its first word, such as `LOADING`. The word `ERR` tells nothing, so the text behind it is the
//! only code there is; the server never translates it. File names are those of Redis 8 and Valkey 8, in `src/`.

use dbprobe_core::{Class, Failure};
use redis::ServerError;

/// What an error means: its code, how the text behind it begins, what kind of failure it is, the fact where the
/// server's own words are not as clear, and what to do next.
struct Row {
    code: &'static str,
    text: &'static str,
    class: Class,
    fact: &'static str,
    advice: &'static str,
}

const fn row(code: &'static str, class: Class, fact: &'static str, advice: &'static str) -> Row {
    Row { code, text: "", class, fact, advice }
}

const fn err(text: &'static str, class: Class, fact: &'static str, advice: &'static str) -> Row {
    Row { code: "ERR", text, class, fact, advice }
}

const SLOT: &str =
    "a cluster spreads its keys: let the role run `CLUSTER NODES`, so that dbprobe can take a key of this node";

const TABLE: &[Row] = &[
    // acl.c: ACLAuthenticateUser, authCommand; server.c: processCommand.
    row(
        "WRONGPASS",
        Class::Auth,
        "the server refused the user or the password, or the user is off",
        "check the user and the password of the DSN; `ACL LIST` shows the users that there are",
    ),
    row(
        "NOAUTH",
        Class::Auth,
        "the server asks for a password and none is given",
        "give it in the DSN by reference (`@env:NAME`, `@file:PATH`), as `redis://:password@host`",
    ),
    err(
        "auth <password> called without any password",
        Class::Auth,
        "a password is given and the server's default user has none",
        "leave the password out, or set `requirepass` or a user on the server",
    ),
    // Redis 5 and earlier, server.c: authCommand.
    err(
        "client sent auth, but no password is set",
        Class::Auth,
        "a password is given and the server has none",
        "leave the password out, or set `requirepass` on the server",
    ),
    err("invalid password", Class::Auth, "the server refused the password", "check the password of the DSN"),
    err(
        "wrong number of arguments for 'auth'",
        Class::Auth,
        "the server knows no users, only a password",
        "users came with Redis 6: write `redis://:password@host`",
    ),
    // networking.c: helloCommand.
    row(
        "NOPROTO",
        Class::Unsupported,
        "the server does not speak this version of the protocol",
        "leave `protocol=3` out of the DSN",
    ),
    // networking.c: clientAcceptHandler, acceptCommonHandler.
    row(
        "DENIED",
        Class::Permission,
        "the server is in protected mode and lets only its own machine in",
        "set a password on the server, or `protected-mode no` where the network is trusted",
    ),
    err(
        "max number of clients",
        Class::Overloaded,
        "max number of clients reached",
        "see who holds the connections with `CLIENT LIST`; raise `maxclients` and the limit of open files after that",
    ),
    // acl.c: getAclErrorMessage.
    row(
        "NOPERM",
        Class::Permission,
        "",
        "let an administrator give the role what dbprobe's README lists: `dbprobe init --print` shows it",
    ),
    // db.c: selectCommand; Redis 6 and earlier for the second.
    err(
        "db index is out of range",
        Class::NotFound,
        "the server has no database of this number",
        "check the number in the DSN against `CONFIG GET databases`",
    ),
    err(
        "invalid db index",
        Class::NotFound,
        "the server has no database of this number",
        "check the number in the DSN against `CONFIG GET databases`",
    ),
    err(
        "select is not allowed in cluster mode",
        Class::NotFound,
        "a cluster has no database but 0",
        "leave the number out of the DSN",
    ),
    // server.c: createSharedObjects, processCommand, rejectCommand.
    row(
        "LOADING",
        Class::Starting,
        "the server is loading its data into memory",
        "wait; `INFO persistence` tells `loading_eta_seconds`",
    ),
    row(
        "MASTERDOWN",
        Class::Starting,
        "the replica has no link to its primary and does not serve stale data",
        "check the primary and `INFO replication` of the replica; `replica-serve-stale-data yes` lets it answer",
    ),
    row(
        "READONLY",
        Class::ReadOnly,
        "the server is a replica and takes no writes",
        "look for a failover, or for a replica behind the name",
    ),
    row(
        "MISCONF",
        Class::ReadOnly,
        "",
        "the server cannot save its data and so takes no writes: see its log, its disk and `INFO persistence`",
    ),
    row(
        "OOM",
        Class::DiskFull,
        "the server's memory is used up to `maxmemory` and nothing may be evicted",
        "free memory, raise `maxmemory`, or choose a `maxmemory-policy` that evicts",
    ),
    row(
        "NOREPLICAS",
        Class::ReadOnly,
        "the server takes no writes: too few replicas follow it",
        "check the replicas: `min-replicas-to-write` asks for more good ones than `INFO replication` shows",
    ),
    row(
        "BUSY",
        Class::Locked,
        "the server is busy with a script, a function or a module's command",
        "end it with `SCRIPT KILL` or `FUNCTION KILL`; one that has written can only be ended by `SHUTDOWN NOSAVE`",
    ),
    row("UNKILLABLE", Class::Locked, "a script that has written cannot be ended", "wait for it, or `SHUTDOWN NOSAVE`"),
    row("EXECABORT", Class::Query, "the transaction was given up", ""),
    row("NOSCRIPT", Class::Query, "the server does not know the script", ""),
    row(
        "WRONGTYPE",
        Class::Query,
        "the key holds something that dbprobe did not write",
        "keys that begin with `_health_check:` are dbprobe's: rename the other one, or give `--prober` another name",
    ),
    err(
        "unknown command",
        Class::Unsupported,
        "the server does not know the command",
        "look for `rename-command` in its configuration, or for a proxy that passes only some commands",
    ),
    // Envoy before 1.21, which gives it no code.
    row(
        "unsupported",
        Class::Unsupported,
        "the proxy does not pass the command",
        "point dbprobe at the server behind the proxy",
    ),
    // acl.c: aclCommand.
    err(
        "error in acl setuser modifier",
        Class::Query,
        "",
        "a user that may use every key needs none of it: take one of dbprobe's own with `--role`",
    ),
    // networking.c: processInlineBuffer, processMultibulkBuffer.
    err(
        "protocol error",
        Class::Protocol,
        "the server did not understand what was sent",
        "something in between changes what is sent: look for a proxy",
    ),
    // cluster.c: clusterRedirectClient.
    row(
        "CLUSTERDOWN",
        Class::Starting,
        "",
        "the cluster does not cover this key now: see `CLUSTER INFO` and `CLUSTER NODES` for slots without a node",
    ),
    row("MOVED", Class::Unsupported, "the key of the check belongs to another node of the cluster", SLOT),
    row("ASK", Class::Locked, "the key of the check is being moved to another node", "wait until the slot is moved"),
    row(
        "TRYAGAIN",
        Class::Locked,
        "the key of the check is being moved to another node",
        "wait until the slot is moved",
    ),
    row("CROSSSLOT", Class::Query, "the keys belong to different slots", ""),
];

/// Texts are compared in lower case.
fn row_of(code: &str, text: &str) -> Option<&'static Row> {
    let text = text.to_ascii_lowercase();
    TABLE.iter().find(|row| row.code == code && text.starts_with(row.text))
}

/// What a server says on an open session.
pub(crate) fn refusal(error: &ServerError) -> Failure {
    let (code, text) = (error.code(), error.details().unwrap_or_default());
    let known = row_of(code, text);
    let (class, fact, advice) = known.map_or((Class::Query, "", ""), |row| (row.class, row.fact, row.advice));
    let said = if text.is_empty() { "the server refused" } else { text };
    with_code(Failure::new(class, if fact.is_empty() { said } else { fact }), code, advice)
}

/// What a server says to a user and a password. It may repeat them, so none of its words are shown.
pub(crate) fn refused_login(error: &ServerError) -> Failure {
    const UNKNOWN: &str = "the server refused the login";
    const SEE: &str = "try the same with `redis-cli`; a proxy may know no users, or no `AUTH`";
    let known = row_of(error.code(), error.details().unwrap_or_default());
    let (class, fact, advice) = known.map_or((Class::Auth, UNKNOWN, SEE), |row| (row.class, row.fact, row.advice));
    // A command that is not known is listed with its arguments.
    let (class, advice) = if class == Class::Unsupported { (Class::Auth, SEE) } else { (class, advice) };
    with_code(Failure::new(class, if fact.is_empty() { UNKNOWN } else { fact }), error.code(), advice)
}

/// A peer that is not Redis may put anything where the code belongs.
fn with_code(failure: Failure, code: &str, advice: &str) -> Failure {
    let word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let is_code = !code.is_empty() && code.len() <= 32 && code.bytes().all(word);
    let failure = if is_code { failure.code(code) } else { failure };
    if advice.is_empty() { failure } else { failure.advise(advice) }
}

/// The peer speaks, but not Redis.
pub(crate) fn not_redis(message: impl Into<String>) -> Failure {
    Failure::new(Class::Protocol, message)
        .advise("check the port: 6379 is Redis' usual one, and the DSN's scheme must fit the server behind it")
}

/// An answer of a kind that Redis does not give to this question.
pub(crate) fn unexpected() -> Failure {
    not_redis("the answer is none that Redis gives to what was asked")
}

/// The server wants TLS and did not get it.
pub(crate) fn wants_tls() -> Failure {
    Failure::new(Class::Tls, "the server speaks TLS on this port, and the DSN does not ask for it")
        .advise("write `rediss://`, with `cacert=FILE` where the authority is not one of the system's")
}

/// The server got TLS and does not speak it.
pub(crate) fn speaks_no_tls() -> Failure {
    Failure::new(Class::Tls, "the server answers without TLS on this port, and the DSN asks for it")
        .advise("use the port that `tls-port` names, or write `redis://` where the network is trusted")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> ServerError {
        match redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("an answer") {
            redis::Value::ServerError(error) => error,
            other => panic!("{other:?}"),
        }
    }

    /// The lines as servers send them.
    #[test]
    fn every_refusal_has_its_class_and_its_code() {
        use Class::*;
        for (line, class, code) in [
            ("LOADING Redis is loading the dataset in memory", Starting, "LOADING"),
            ("LOADING Valkey is loading the dataset in memory", Starting, "LOADING"),
            ("NOPERM User app has no permissions to run the 'info' command", Permission, "NOPERM"),
            ("MISCONF Errors writing to the AOF file: No space left on device", ReadOnly, "MISCONF"),
            ("OOM command not allowed when used memory > 'maxmemory'.", DiskFull, "OOM"),
            ("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", Locked, "BUSY"),
            ("MOVED 3999 127.0.0.1:6381", Unsupported, "MOVED"),
            ("ERR max number of clients reached", Overloaded, "ERR"),
            ("ERR max number of clients + cluster connections reached", Overloaded, "ERR"),
            ("ERR DB index is out of range", NotFound, "ERR"),
            ("ERR unknown command 'SET', with args beginning with: 'a'", Unsupported, "ERR"),
            ("ERR something else", Query, "ERR"),
            ("SOMETHING new", Query, "SOMETHING"),
        ] {
            let failure = refusal(&said(line));
            assert_eq!((failure.class, failure.code.as_deref()), (class, Some(code)), "{line}");
        }
    }

    #[test]
    fn what_is_said_to_a_password_is_never_repeated() {
        for line in [
            "ERR unknown command 'AUTH', with args beginning with: 'app' 'hunter2'",
            "ERR hunter2",
            "WRONGPASS hunter2",
            "hunter2",
            "NOPERM hunter2",
        ] {
            let failure = refused_login(&said(line));
            let class = if line.starts_with("NOPERM") { Class::Permission } else { Class::Auth };
            assert_eq!(failure.class, class, "{line}");
            assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        }
        assert_eq!(refused_login(&said("ERR max number of clients reached")).class, Class::Overloaded);
    }

    #[test]
    fn every_row_can_be_reached() {
        for (at, row) in TABLE.iter().enumerate() {
            let first = TABLE.iter().position(|other| other.code == row.code && row.text.starts_with(other.text));
            assert_eq!(first, Some(at), "{} {}", row.code, row.text);
            assert!(row.code == "ERR" || row.text.is_empty(), "{}: only ERR needs a text", row.code);
        }
    }
}
