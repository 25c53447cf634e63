//! What `INFO` tells, as facts.
//!
//! Source: <https://redis.io/docs/latest/commands/info/>; `genRedisInfoString` in `server.c`.

use std::collections::BTreeMap;
use std::time::Duration;

use dbprobe_core::{Inspection, Role};
use jiff::Timestamp;

/// Fields that are passed on as they are: the server's name for it, and ours.
const FACTS: &[(&str, &str)] = &[
    ("aof_last_write_status", "aof_last_write_status"),
    ("async_loading", "async_loading"),
    ("cluster_enabled", "cluster_enabled"),
    ("connected_slaves", "replicas"),
    ("evicted_keys", "evicted_keys"),
    ("loading", "loading"),
    ("master_link_status", "master_link_status"),
    ("maxmemory", "maxmemory_bytes"),
    ("maxmemory_policy", "maxmemory_policy"),
    ("os", "os"),
    ("rdb_last_bgsave_status", "rdb_last_bgsave_status"),
    ("redis_mode", "mode"),
    ("rejected_connections", "rejected_connections"),
    ("sentinel_masters", "sentinel_masters"),
    ("total_commands_processed", "commands_total"),
    ("used_memory", "used_memory_bytes"),
];

/// The fields of an answer to `INFO`.
pub(crate) struct Info<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Info<'a> {
    /// Reads `name:value` lines; `#` begins a section's title.
    pub(crate) fn new(text: &'a str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(|line| line.split_once(':')).collect())
    }

    /// The value of a field that is there and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied().filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.text("role").and_then(role)
    }

    /// Whether it is a replica that takes no writes, which is the default.
    pub(crate) fn is_read_only(&self) -> bool {
        self.role() == Some(Role::Replica) && self.text("slave_read_only") != Some("0")
    }

    /// The product and its version. Valkey tells the version of Redis that it is compatible with, too.
    pub(crate) fn product(&self) -> (&'static str, Option<&'a str>) {
        const OTHERS: [(&str, &str); 2] = [("valkey_version", "valkey"), ("dragonfly_version", "dragonfly")];
        let other = OTHERS.iter().find_map(|(field, product)| Some((*product, self.text(field)?)));
        other.map_or(("redis", self.text("redis_version")), |(product, version)| {
            (product, Some(version.trim_start_matches(|c: char| !c.is_ascii_digit())))
        })
    }

    /// When the server started, to the second: the two fields are of the same moment of the server's clock, so the
    /// difference does not vary (`server.c`, `updateCachedTime`). Old servers do not tell their time.
    fn started_at(&self) -> Option<Timestamp> {
        let now = self.number("server_time_usec")? / 1_000_000;
        let start = now.checked_sub(self.number("uptime_in_seconds")?)?;
        Timestamp::from_second(i64::try_from(start).ok()?).ok()
    }

    /// How long a replica has heard nothing from its primary, which pings it every ten seconds
    /// (`repl-ping-replica-period`): it is behind by that much at the most.
    fn lag(&self) -> Option<Duration> {
        let up = self.text("master_link_status")? == "up";
        let field = if up { "master_last_io_seconds_ago" } else { "master_link_down_since_seconds" };
        self.number(field).map(Duration::from_secs)
    }

    pub(crate) fn inspection(&self) -> Inspection {
        let (product, version) = self.product();
        let mut facts = Inspection::default();
        facts.version = version.map(str::to_owned);
        facts.role = self.role();
        facts.read_only = facts.role.map(|_| self.is_read_only());
        facts.started_at = self.started_at();
        facts.incarnation = self.text("run_id").map(str::to_owned);
        facts.connections = self.number("connected_clients").filter(|count| *count > 0);
        facts.connections_max = self.number("maxclients").filter(|count| *count > 0);
        facts.size_bytes = self.number("used_memory_dataset").filter(|size| *size > 0);
        facts.replication_lag = self.lag();
        facts.facts.insert("product".to_owned(), product.to_owned());
        for (field, fact) in FACTS {
            if let Some(value) = self.text(field) {
                facts.facts.insert((*fact).to_owned(), value.to_owned());
            }
        }
        facts
    }
}

/// The role by the words of `INFO` and `HELLO`.
pub(crate) fn role(word: &str) -> Option<Role> {
    match word {
        "master" | "primary" => Some(Role::Primary),
        "slave" | "replica" => Some(Role::Replica),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLICA: &str = "# Server\r\nredis_version:7.2.4\r\nrun_id:5f1c\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n\
        uptime_in_seconds:100\r\nserver_time_usec:1700000100999999\r\n\r\n# Clients\r\nconnected_clients:3\r\n\
        maxclients:10000\r\n# Memory\r\nused_memory:1000000\r\nused_memory_dataset:20000\r\nmaxmemory:0\r\n\
        # Replication\r\nrole:slave\r\nslave_read_only:1\r\nmaster_link_status:down\r\n\
        master_last_io_seconds_ago:-1\r\nmaster_link_down_since_seconds:7\r\n# Stats\r\ntotal_commands_processed:42\r\nrdb_last_bgsave_status:\r\n";

    #[test]
    fn a_replica_tells_what_it_is_and_how_far_behind() {
        let facts = Info::new(REPLICA).inspection();
        assert_eq!(
            (facts.version.as_deref(), facts.role, facts.read_only),
            (Some("8.0.1"), Some(Role::Replica), Some(true))
        );
        assert_eq!(facts.started_at.map(|at| at.as_second()), Some(1_700_000_000));
        assert_eq!(facts.incarnation.as_deref(), Some("5f1c"));
        assert_eq!((facts.connections, facts.connections_max, facts.size_bytes), (Some(3), Some(10_000), Some(20_000)));
        assert_eq!(facts.replication_lag, Some(Duration::from_secs(7)));
        let fact = |name: &str| facts.facts.get(name).map(String::as_str);
        assert_eq!((fact("product"), fact("commands_total")), (Some("valkey"), Some("42")));
        assert_eq!((fact("used_memory_bytes"), fact("rdb_last_bgsave_status")), (Some("1000000"), None));
    }

    #[test]
    fn a_replica_that_takes_writes_is_not_read_only() {
        let info =
            Info::new("role:slave\r\nslave_read_only:0\r\nmaster_link_status:up\r\nmaster_last_io_seconds_ago:3");
        assert!(!info.is_read_only());
        assert_eq!(info.inspection().replication_lag, Some(Duration::from_secs(3)));
    }

    #[test]
    fn what_is_not_told_is_absent() {
        let facts = Info::new("redis_version:5.0.0\r\nuptime_in_seconds:3\r\nmaxclients:x").inspection();
        assert_eq!((facts.version.as_deref(), facts.role, facts.read_only), (Some("5.0.0"), None, None));
        assert_eq!((facts.started_at, facts.connections_max, facts.replication_lag), (None, None, None));
        assert!(Info::new("").inspection().version.is_none());
    }
}
