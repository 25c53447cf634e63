//! What `HELLO` tells: what kind of server it is, without any privilege.

use dbprobe_core::{Inspection, Role};
use redis::Value;

use crate::info;

/// What `HELLO` tells. A server before Redis 6.2 tells nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Greeting {
    pub(crate) product: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) role: Option<Role>,
    mode: Option<String>,
}

impl Greeting {
    /// Reads a map, which is a flat array in RESP2; `None` where it is neither.
    pub(crate) fn new(answer: &Value) -> Option<Self> {
        let mut greeting = Self::default();
        for (name, value) in answer.as_map_iter()? {
            let (Some(name), Some(value)) = (text(name), text(value)) else { continue };
            match name {
                "server" => greeting.product = Some(value.to_owned()),
                "version" => greeting.version = Some(value.to_owned()),
                "mode" => greeting.mode = Some(value.to_owned()),
                "role" => greeting.role = info::role(value),
                _ => {}
            }
        }
        Some(greeting)
    }

    /// Whether it only watches others, and holds no data.
    pub(crate) fn is_sentinel(&self) -> bool {
        self.mode.as_deref() == Some("sentinel")
    }

    pub(crate) fn is_cluster(&self) -> bool {
        self.mode.as_deref() == Some("cluster")
    }

    /// What can be said without `INFO`.
    pub(crate) fn inspection(&self) -> Inspection {
        let mut facts = Inspection::default();
        facts.version.clone_from(&self.version);
        facts.role = self.role;
        facts.read_only = self.role.map(|role| role == Role::Replica);
        for (name, value) in [("product", &self.product), ("mode", &self.mode)] {
            if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
                facts.facts.insert(name.to_owned(), value.clone());
            }
        }
        facts
    }
}

/// A text in any of the forms that the protocol has for it.
pub(crate) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answer: &str) -> Option<Greeting> {
        Greeting::new(&redis::parse_redis_value(answer.as_bytes()).expect("an answer"))
    }

    #[test]
    fn both_forms_of_a_map_tell_the_same() {
        let pairs = "$6\r\nserver\r\n$6\r\nvalkey\r\n$4\r\nmode\r\n$7\r\ncluster\r\n$4\r\nrole\r\n$7\r\nreplica\r\n\
            $7\r\nmodules\r\n*0\r\n$5\r\nproto\r\n:2\r\n";
        let (two, three) = (told(&format!("*10\r\n{pairs}")), told(&format!("%5\r\n{pairs}")));
        assert_eq!(two, three);
        let greeting = two.expect("a greeting");
        assert!(greeting.is_cluster() && !greeting.is_sentinel());
        assert_eq!((greeting.product.as_deref(), greeting.role), (Some("valkey"), Some(Role::Replica)));
        assert_eq!(greeting.inspection().read_only, Some(true));
    }

    #[test]
    fn what_is_no_map_tells_nothing() {
        assert_eq!(told("+OK\r\n"), None);
        assert_eq!(told("*1\r\n$3\r\nfoo\r\n").unwrap_or_default(), Greeting::default());
    }
}
