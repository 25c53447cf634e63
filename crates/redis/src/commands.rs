//! Every command that is sent, with the privilege it needs. Those that belong together go in one flight.

use dbprobe_core::{Prober, WriteRequest};
use redis::{Pipeline, pipe};

use crate::config::{Config, Protocol};

/// What every key of ours begins with, for the patterns of an ACL.
pub(crate) const KEYS: &str = "_health_check:";

/// Logs in: `AUTH`, `HELLO` (what kind of server it is), `CLIENT SETNAME`, `SELECT`, as far as they are needed.
///
/// `AUTH` and `HELLO` are open to everybody; `CLIENT SETNAME` needs `+client|setname`, `SELECT` needs `+select`.
pub(crate) fn login(config: &Config) -> Pipeline {
    let mut flight = pipe();
    match (&config.user, &config.password) {
        (Some(user), password) => {
            let password = password.as_ref().map_or("", |password| password.expose());
            flight.cmd("AUTH").arg(user).arg(password);
        }
        (None, Some(password)) => {
            flight.cmd("AUTH").arg(password.expose());
        }
        (None, None) => {}
    }
    hello(&mut flight, config.protocol);
    flight.cmd("CLIENT").arg("SETNAME").arg(&config.client_name);
    if config.database > 0 {
        flight.cmd("SELECT").arg(config.database);
    }
    flight
}

/// Without a version `HELLO` only tells; since Redis 6.2, an error before.
fn hello(flight: &mut Pipeline, protocol: Protocol) {
    flight.cmd("HELLO");
    if protocol == Protocol::Resp3 {
        flight.arg(3);
    }
}

/// What a ping asks beside `PING`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// `HELLO`, which tells the role and needs no privilege.
    Hello,
    /// `INFO replication`, which also tells whether a replica takes writes; needs `+info`.
    Replication,
}

/// `PING` (`+ping`) and the role; `READONLY` (`+readonly`) and `CLUSTER NODES` (`+cluster|nodes`) where the slots of a
/// cluster's node are not known yet.
pub(crate) fn ping(ask: Ask, slots: bool) -> Pipeline {
    let mut flight = pipe();
    flight.cmd("PING");
    match ask {
        Ask::Hello => hello(&mut flight, Protocol::Resp2),
        Ask::Replication => {
            flight.cmd("INFO").arg("replication");
        }
    }
    if slots {
        flight.cmd("READONLY").cmd("CLUSTER").arg("NODES");
    }
    flight
}

/// Writes nonce and sequence into the prober's hash and lets it expire after `ttl` seconds: one transaction, one key.
/// Needs `+multi +exec +hincrby +hset +expire` on the key.
///
/// The server increases the sequence, so that of two probers of one name each knows whether the other came later.
pub(crate) fn write(key: &str, request: &WriteRequest, ttl: u64) -> Pipeline {
    let mut flight = pipe();
    flight.cmd("MULTI");
    flight.cmd("HINCRBY").arg(key).arg("seq").arg(1);
    flight.cmd("HSET").arg(key).arg("nonce").arg(request.nonce.as_str());
    flight.cmd("EXPIRE").arg(key).arg(ttl);
    flight.cmd("EXEC");
    flight
}

/// Gives a transaction up that cannot be ended otherwise; needs `+discard`.
pub(crate) fn discard() -> Pipeline {
    let mut flight = pipe();
    flight.cmd("DISCARD");
    flight
}

/// Reads nonce and sequence; needs `+hmget` on the key.
pub(crate) fn read(key: &str) -> Pipeline {
    let mut flight = pipe();
    flight.cmd("HMGET").arg(key).arg("nonce").arg("seq");
    flight
}

/// Writes the nonce into a key of one session's own, for servers that withhold a transaction; needs `+set`.
pub(crate) fn set(key: &str, request: &WriteRequest, ttl: u64) -> Pipeline {
    let mut flight = pipe();
    flight.cmd("SET").arg(key).arg(request.nonce.as_str()).arg("EX").arg(ttl);
    flight
}

/// Reads that key; needs `+get`.
pub(crate) fn get(key: &str) -> Pipeline {
    let mut flight = pipe();
    flight.cmd("GET").arg(key);
    flight
}

/// Takes that key away, with no other privilege than writing it took: it ends in a millisecond.
pub(crate) fn forget(key: &str) -> Pipeline {
    let mut flight = pipe();
    flight.cmd("SET").arg(key).arg("").arg("PX").arg(1);
    flight
}

/// Everything that `INFO` tells by default; needs `+info`. Where that is not given, `HELLO`.
pub(crate) fn inspect(ask: Ask) -> Pipeline {
    let mut flight = pipe();
    match ask {
        Ask::Hello => hello(&mut flight, Protocol::Resp2),
        Ask::Replication => {
            flight.cmd("INFO");
        }
    }
    flight
}

/// Who is connected; needs `+client|id +client|list`.
pub(crate) fn activity() -> Pipeline {
    let mut flight = pipe();
    flight.cmd("CLIENT").arg("ID").cmd("CLIENT").arg("LIST");
    flight
}

/// The server's clock; needs `+time`.
pub(crate) fn clock(flight: &mut Pipeline) {
    flight.cmd("TIME");
}

/// The modules that are loaded; needs `+module|list`.
pub(crate) fn modules(flight: &mut Pipeline) {
    flight.cmd("MODULE").arg("LIST");
}

/// One setting; needs `+config|get`. The server takes a name for a pattern: what means something in one is made to mean
/// itself.
pub(crate) fn setting(flight: &mut Pipeline, name: &str) {
    let mut pattern = String::with_capacity(name.len());
    for character in name.chars() {
        if "*?[]\\".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    flight.cmd("CONFIG").arg("GET").arg(pattern);
}

/// The ports on which it listens; needs `+config|get`.
pub(crate) fn ports(flight: &mut Pipeline) {
    setting(flight, "port");
    setting(flight, "tls-port");
}

/// The key of a prober; `tag` takes it into a slot of this node's (cluster specification, "Hash tags").
pub(crate) fn key(prober: &Prober, tag: Option<u32>) -> String {
    match tag {
        Some(tag) => format!("{KEYS}{{{tag}}}:{prober}"),
        None => format!("{KEYS}{prober}"),
    }
}

/// The key of one session of a prober's. No prober's name holds a `#`.
pub(crate) fn own_key(key: &str, mark: &str) -> String {
    format!("{key}#{mark}")
}
