//! Redis' errors → class, cause, advice: one table.
//!
//! An error's code is its first word, such as `LOADING`. The word `ERR` tells nothing, so the text behind it is the
//! only code there is.

mod text;

use dbprobe_core::Class::{
    Auth, DiskFull, Locked, NotFound, Permission, Query, ReadOnly, Starting, Timeout, Unsupported,
};
use dbprobe_core::Knowledge;

pub(crate) use text::{TEXTS, Text};

const FAILOVER: &str = "https://redis.io/docs/latest/commands/failover/";
const PREFIXES: &str = "https://redis.io/docs/latest/develop/reference/errors/";
const SENTINEL: &str = "https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/";

const SLOT: &str = "a cluster spreads its keys: let the role run `CLUSTER NODES`, so that dbprobe can take a key of this \
             node";
const WAIT: &str = "wait until the slot is moved: `CLUSTER SETSLOT` or `redis-cli --cluster fix` ends a move that stands \
             still";

/// A row about a code with its place in Redis' own list of errors.
macro_rules! listed {
    ($code:literal, $class:ident, $anchor:literal) => {
        Knowledge::new(
            $code,
            "",
            $class,
            concat!("https://redis.io/docs/latest/develop/reference/errors/all/redis/#", $anchor),
        )
    };
}

pub(crate) const KNOWLEDGE: &[Knowledge] = &[
    // Who logs in, and what may be done.
    listed!("WRONGPASS", Auth, "wrongpass")
        .because("the password is wrong, or there is no such user, or it is switched off")
        .advise("check the user and the password of the DSN; `ACL LIST` shows the users that there are"),
    listed!("NOAUTH", Auth, "noauth")
        .because("the server has a password (`requirepass` or an ACL), and the DSN gives none")
        .advise("give it in the DSN by reference (`@env:NAME`, `@file:PATH`), as `redis://:password@host`"),
    listed!("NOPERM", Permission, "noperm")
        .because("the user's ACL does not allow the command, the key or the channel")
        .advise("let an administrator give the role what dbprobe's README lists: `dbprobe init --print` shows it"),
    listed!("DENIED", Permission, "denied")
        .because("the server has no password, and in protected mode it lets only its own machine in")
        .advise("set a password on the server, or `protected-mode no` where the network is trusted"),
    listed!("NOPROTO", Unsupported, "noproto")
        .because("the server is older than Redis 6, or a proxy, and does not speak RESP3")
        .advise("leave `protocol=3` out of the DSN"),
    // The server's own life.
    listed!("LOADING", Starting, "loading")
        .because("the server has just been started, or a replica has just been given all data anew")
        .advise("wait; `INFO persistence` tells `loading_eta_seconds`"),
    listed!("MASTERDOWN", Starting, "masterdown")
        .because(
            "the replica has lost its primary: that one is down, its address has changed, or its password is \
             another one",
        )
        .advise(
            "check the primary and `INFO replication` of the replica; `replica-serve-stale-data yes` lets it \
             answer",
        ),
    // No writes.
    listed!("READONLY", ReadOnly, "readonly")
        .because("the server is a replica: a failover has taken place, or the name points to the wrong one")
        .advise(
            "look for a failover, or for a replica behind the name: `ROLE` tells, and Sentinel's `SENTINEL \
             GET-MASTER-ADDR-BY-NAME` names the primary",
        ),
    listed!("MISCONF", ReadOnly, "misconf")
        .because("the last snapshot or a write to the append-only file failed, mostly because the disk is full")
        .advise("the server cannot save its data and so takes no writes: see its log, its disk and `INFO persistence`"),
    listed!("NOREPLICAS", ReadOnly, "noreplicas")
        .because("fewer replicas are connected and up to date than `min-replicas-to-write` asks for")
        .advise("check the replicas: `min-replicas-to-write` asks for more good ones than `INFO replication` shows"),
    listed!("OOM", DiskFull, "oom")
        .because("`maxmemory` is reached, and the policy `noeviction` or keys without expiry leave nothing to evict")
        .advise(
            "free memory, raise `maxmemory`, or choose a `maxmemory-policy` that evicts: `INFO memory` and \
             `redis-cli --bigkeys` show what fills it",
        ),
    listed!("IOERR", Timeout, "ioerr")
        .because("the other server of a MIGRATE did not answer")
        .advise("check the server that the keys move to"),
    // Somebody else's work.
    listed!("BUSY", Locked, "busy")
        .because("a script, a function or a module's command has run for longer than `busy-reply-threshold`")
        .advise(
            "end it with `SCRIPT KILL` or `FUNCTION KILL`; one that has written can only be ended by `SHUTDOWN \
             NOSAVE`",
        ),
    listed!("UNKILLABLE", Locked, "unkillable")
        .because("the script has written already, and may not be left half done")
        .advise("wait for it, or `SHUTDOWN NOSAVE`"),
    Knowledge::new("INPROG", "", Locked, FAILOVER)
        .because("a failover is under way already")
        .advise("wait for it: `INFO replication` shows its state"),
    // Statements.
    listed!("EXECABORT", Query, "execabort")
        .because("a command of the transaction was refused when it was queued")
        .advise("look at the refusal before this one: the command is not known, not allowed, or the memory is full"),
    listed!("NOSCRIPT", Query, "noscript")
        .because("the server was restarted, or is another one, since the script was loaded")
        .advise("let the client load its scripts again, or send them with EVAL"),
    listed!("WRONGTYPE", Query, "wrongtype").because("another program uses the key for something else").advise(
        "keys that begin with `_health_check:` are dbprobe's: rename the other one, or give `--prober` \
             another name",
    ),
    Knowledge::new("ERR", "", Query, PREFIXES)
        .because("the server gives most of its refusals this code, and says in its text what is wrong")
        .advise("read the text, and try the same with `redis-cli`"),
    // Clusters and sentinels.
    listed!("CLUSTERDOWN", Starting, "clusterdown")
        .because("a primary is down without a replica to take over, or slots were never assigned")
        .advise(
            "the cluster does not cover this key now: see `CLUSTER INFO` and `CLUSTER NODES` for slots without a \
             node",
        ),
    listed!("MOVED", Unsupported, "moved")
        .because("the server is one node of a cluster, and another node has the key")
        .advise(SLOT),
    listed!("ASK", Locked, "ask")
        .because("the cluster is being resharded, and the key may have moved already")
        .advise(WAIT),
    listed!("TRYAGAIN", Locked, "tryagain")
        .because("the cluster is being resharded, and the keys are on two nodes at once")
        .advise(WAIT),
    listed!("CROSSSLOT", Query, "crossslot")
        .because("the command names keys of different slots, which a cluster does not take")
        .advise("give the keys one hash tag, as in `{tag}:a` and `{tag}:b`"),
    listed!("NOTREADY", Starting, "notready")
        .because("the node has not finished joining or moving yet")
        .advise("wait, and see `CLUSTER INFO`"),
    Knowledge::new("NOGOODSLAVE", "", Starting, SENTINEL)
        .because("Sentinel finds no replica that is fit to become the primary")
        .advise("see `SENTINEL REPLICAS NAME`: they are down, cut off or too far behind"),
    Knowledge::new("NOQUORUM", "", Starting, SENTINEL)
        .because("too few Sentinels agree to fail over")
        .advise("check that the Sentinels reach each other: `SENTINEL CKQUORUM NAME`"),
    Knowledge::new("IDONTKNOW", "", NotFound, SENTINEL)
        .because("Sentinel watches no primary of this name, or is not sure of it")
        .advise("check the name with `SENTINEL MASTERS`"),
];

/// The facts, by code, where the server's own words are not as clear.
pub(crate) const FACTS: &[(&str, &str)] = &[
    ("WRONGPASS", "the server refused the user or the password, or the user is off"),
    ("NOAUTH", "the server asks for a password and none is given"),
    ("NOPROTO", "the server does not speak this version of the protocol"),
    ("DENIED", "the server is in protected mode and lets only its own machine in"),
    ("LOADING", "the server is loading its data into memory"),
    ("MASTERDOWN", "the replica has no link to its primary and does not serve stale data"),
    ("READONLY", "the server is a replica and takes no writes"),
    ("OOM", "the server's memory is used up to `maxmemory` and nothing may be evicted"),
    ("NOREPLICAS", "the server takes no writes: too few replicas follow it"),
    ("BUSY", "the server is busy with a script, a function or a module's command"),
    ("UNKILLABLE", "a script that has written cannot be ended"),
    ("EXECABORT", "the transaction was given up"),
    ("NOSCRIPT", "the server does not know the script"),
    ("WRONGTYPE", "the key holds something that dbprobe did not write"),
    ("MOVED", "the key of the check belongs to another node of the cluster"),
    ("ASK", "the key of the check is being moved to another node"),
    ("TRYAGAIN", "the key of the check is being moved to another node"),
    ("CROSSSLOT", "the keys belong to different slots"),
];
