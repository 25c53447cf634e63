//! What servers say under the word `ERR`, which tells nothing.

use dbprobe_core::Class::{Auth, NotFound, Overloaded, Protocol, Query, Unsupported};
use dbprobe_core::Knowledge;

/// The server's own source: file names are those of Redis 8 and Valkey 8, in `src/`.
const SERVER: &str = "https://redis.io/docs/latest/develop/reference/errors/all/redis/";

const BEHIND: &str = "something in between changes what is sent: look for a proxy";
const NUMBER: &str = "check the number in the DSN against `CONFIG GET databases`";

/// A refusal that is told by its text, which the server never translates.
pub(crate) struct Text {
    /// How the text behind the code begins, in lower case.
    pub(crate) begins: &'static str,
    /// The fact, where the server's own words are not as clear; else empty.
    pub(crate) fact: &'static str,
    pub(crate) row: Knowledge,
}

pub(crate) const TEXTS: &[Text] = &[
    // acl.c: authCommand.
    Text {
        begins: "auth <password> called without any password",
        fact: "a password is given and the server's default user has none",
        row: Knowledge::new("ERR", "", Auth, SERVER)
            .because("the DSN of another server, or the server lost its `requirepass`")
            .advise("leave the password out, or set `requirepass` or a user on the server"),
    },
    // Redis 5 and earlier, server.c: authCommand.
    Text {
        begins: "client sent auth, but no password is set",
        fact: "a password is given and the server has none",
        row: Knowledge::new("ERR", "", Auth, SERVER)
            .because("the DSN of another server, or the server lost its `requirepass`")
            .advise("leave the password out, or set `requirepass` on the server"),
    },
    Text {
        begins: "invalid password",
        fact: "the server refused the password",
        row: Knowledge::new("ERR", "", Auth, SERVER)
            .because("the password is wrong")
            .advise("check the password of the DSN"),
    },
    Text {
        begins: "wrong number of arguments for 'auth'",
        fact: "the server knows no users, only a password",
        row: Knowledge::new("ERR", "", Auth, SERVER)
            .because("the server is older than Redis 6, or a proxy")
            .advise("users came with Redis 6: write `redis://:password@host`"),
    },
    // networking.c: clientAcceptHandler, acceptCommonHandler.
    Text {
        begins: "max number of clients",
        fact: "max number of clients reached",
        row: Knowledge::new("ERR", "", Overloaded, SERVER)
            .because("clients that leak connections, or more of them than `maxclients`")
            .advise(
                "see who holds the connections with `CLIENT LIST`; raise `maxclients` and the limit of open files \
             after that",
            ),
    },
    // db.c: selectCommand; Redis 6 and earlier for the second.
    Text {
        begins: "db index is out of range",
        fact: "the server has no database of this number",
        row: Knowledge::new("ERR", "", NotFound, SERVER)
            .because("the number in the DSN is higher than `databases` allows")
            .advise(NUMBER),
    },
    Text {
        begins: "invalid db index",
        fact: "the server has no database of this number",
        row: Knowledge::new("ERR", "", NotFound, SERVER)
            .because("the number in the DSN is higher than `databases` allows")
            .advise(NUMBER),
    },
    Text {
        begins: "select is not allowed in cluster mode",
        fact: "a cluster has no database but 0",
        row: Knowledge::new("ERR", "", NotFound, SERVER)
            .because("the server is a node of a cluster")
            .advise("leave the number out of the DSN"),
    },
    // server.c: rejectCommand.
    Text {
        begins: "unknown command",
        fact: "the server does not know the command",
        row: Knowledge::new("ERR", "", Unsupported, SERVER)
            .because("the command was renamed, or a proxy or a hosted server does not have it")
            .advise("look for `rename-command` in its configuration, or for a proxy that passes only some commands"),
    },
    // Envoy before 1.21, which gives it no code.
    Text {
        begins: "",
        fact: "the proxy does not pass the command",
        row: Knowledge::new("unsupported", "", Unsupported, SERVER)
            .because("the proxy knows only some commands")
            .advise("point dbprobe at the server behind the proxy"),
    },
    // acl.c: aclCommand.
    Text {
        begins: "error in acl setuser modifier",
        fact: "",
        row: Knowledge::new("ERR", "", Query, SERVER)
            .because("the user has more rights than the statement reckons with")
            .advise("a user that may use every key needs none of it: take one of dbprobe's own with `--role`"),
    },
    // networking.c: processInlineBuffer, processMultibulkBuffer.
    Text {
        begins: "protocol error",
        fact: "the server did not understand what was sent",
        row: Knowledge::new("ERR", "", Protocol, SERVER)
            .because("a proxy changed what was sent, or speaks another protocol")
            .advise(BEHIND),
    },
];
