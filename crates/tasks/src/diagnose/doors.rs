//! Names, their addresses, and who is behind each.

use std::net::SocketAddr;
use std::time::Duration;

use dbprobe_core::{Class, Endpoint, Failure, milliseconds};
use dbprobe_net::{Origin, knock, resolve_from};
use futures_util::future::join_all;
use serde::Serialize;
use tokio::time::{Instant, timeout};

use super::rung::Evidence;

/// The most addresses of one name that are knocked at: more would tell nothing new, and cost a server connections.
const ADDRESSES: usize = 8;

/// The most hosts of one DSN that are looked up.
const HOSTS: usize = 8;

/// One host of the DSN, looked up.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) endpoint: Endpoint,
    pub(super) origin: Origin,
    pub(super) took: Duration,
    pub(super) answer: Result<Vec<SocketAddr>, Failure>,
}

/// What an address answered to a connection request.
// Exhaustive on purpose: the words are a promise of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Door {
    /// Somebody listens.
    Open,
    /// The host is there, and nobody listens on the port.
    Refused,
    /// No answer at all: dropped by a firewall, or nobody is there.
    Filtered,
    /// The network has no way there.
    Unreachable,
    /// It was not asked, or this machine would not ask.
    Unknown,
}

impl Door {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refused => "refused",
            Self::Filtered => "filtered",
            Self::Unreachable => "unreachable",
            Self::Unknown => "unknown",
        }
    }

    /// What a failure to connect says of the other side.
    pub(super) fn of(class: Class) -> Self {
        match class {
            Class::Refused | Class::Reset => Self::Refused,
            Class::Timeout => Self::Filtered,
            Class::Unreachable => Self::Unreachable,
            _ => Self::Unknown,
        }
    }
}

/// One address, and what it answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Address {
    /// `ip:port`.
    pub address: String,
    /// `IPv4` or `IPv6`.
    pub family: &'static str,
    /// What it answered.
    pub answer: Door,
    /// How long that took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// From which address of this machine it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
}

impl Address {
    pub(super) fn new(address: SocketAddr, answer: Door) -> Self {
        let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        Self { address: address.to_string(), family, answer, duration_ms: None, local: None }
    }
}

/// Looks up every host of `endpoints` at once, each within `limit`.
pub(super) async fn look_up(endpoints: &[Endpoint], limit: Duration) -> Vec<Name> {
    let hosts = endpoints.iter().filter(|endpoint| !endpoint.is_socket()).take(HOSTS);
    join_all(hosts.map(async |endpoint| {
        let began = Instant::now();
        let asked = timeout(limit, resolve_from(&endpoint.host, endpoint.port.unwrap_or_default())).await;
        let (origin, answer) = asked.unwrap_or_else(|_| {
            (Origin::Nowhere, Err(Failure::new(Class::Timeout, "no answer from the resolver in time")))
        });
        Name { endpoint: endpoint.clone(), origin, took: began.elapsed(), answer }
    }))
    .await
}

/// Knocks at every address of the names that have several, all at once and each within `limit`.
///
/// A name with one address is not knocked at: the probe tells what is behind it, and MySQL counts every connection.
pub(super) async fn knock_at_each(names: &[Name], limit: Duration) -> Vec<Address> {
    let several = names.iter().filter_map(|name| name.answer.as_ref().ok()).filter(|addresses| addresses.len() > 1);
    let addresses = several.flat_map(|addresses| addresses.iter().take(ADDRESSES).copied());
    join_all(addresses.map(|address| knock_at(address, limit))).await
}

/// Knocks at one address.
pub(super) async fn knock_at(address: SocketAddr, limit: Duration) -> Address {
    let began = Instant::now();
    let answer = match timeout(limit, knock(address)).await {
        Ok(Ok(local)) => Ok(local),
        Ok(Err(failure)) => Err(Door::of(failure.class)),
        Err(_) => Err(Door::Filtered),
    };
    let mut known = Address::new(address, answer.err().unwrap_or(Door::Open));
    known.duration_ms = Some(milliseconds(began.elapsed()));
    known.local = answer.ok().map(|local| local.to_string());
    known
}

impl Name {
    /// What was seen of the look-up.
    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let host = &self.endpoint.host;
        let took = milliseconds(self.took);
        let from = match &self.origin {
            Origin::Address => format!("{host} is an address, nothing was looked up"),
            Origin::HostsFile => format!("{host} stands in the hosts file"),
            Origin::Loopback => format!("{host} is this machine by rule (RFC 6761)"),
            Origin::NameServers { servers, .. } => format!("{host} by the name servers {servers} in {took:.1} ms"),
            Origin::Nowhere => format!("{host} could not be looked up"),
        };
        let mut evidence = vec![Evidence::new("looked_up", from)];
        if let Origin::NameServers { names, .. } = &self.origin
            && names.len() > 1
        {
            evidence.push(Evidence::new("names_asked", names.join(", ")));
        }
        match &self.answer {
            Ok(addresses) if self.origin != Origin::Address => {
                let list: Vec<String> = addresses.iter().take(ADDRESSES).map(|it| it.ip().to_string()).collect();
                evidence.push(Evidence::new("addresses", list.join(", ")));
            }
            Ok(_) => {}
            Err(failure) => evidence.push(Evidence::new("answer", &failure.message)),
        }
        if self.is_ipv6_first() {
            evidence.push(Evidence::new("first", "::1, which a server that listens on IPv4 alone refuses"));
        }
        evidence
    }

    /// Whether the first address of `localhost` is that of IPv6, which servers on IPv4 alone refuse.
    fn is_ipv6_first(&self) -> bool {
        let is_loopback = self.answer.as_ref().is_ok_and(|addresses| {
            addresses.len() > 1 && addresses[0].is_ipv6() && addresses.iter().all(|address| address.ip().is_loopback())
        });
        is_loopback && self.origin != Origin::Address
    }
}

/// A difference between the families, such as IPv6 that leads nowhere, in one sentence.
pub(super) fn difference(addresses: &[Address]) -> Option<String> {
    let of = |family: &str| {
        let mut answers = addresses.iter().filter(|it| it.family == family).map(|it| it.answer);
        let first = answers.next()?;
        Some((first == Door::Open || answers.any(|answer| answer == Door::Open), first))
    };
    let ((v4, v4_answer), (v6, v6_answer)) = (of("IPv4")?, of("IPv6")?);
    match (v4, v6) {
        (true, false) => Some(format!("IPv4 works and IPv6 does not ({})", v6_answer.as_str())),
        (false, true) => Some(format!("IPv6 works and IPv4 does not ({})", v4_answer.as_str())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_that_leads_nowhere_is_named() {
        let at = |address: &str, answer| Address::new(address.parse().unwrap(), answer);
        let v6 = at("[::1]:1", Door::Filtered);
        let v4 = at("127.0.0.1:1", Door::Open);
        assert_eq!(difference(&[v6.clone(), v4.clone()]).as_deref(), Some("IPv4 works and IPv6 does not (filtered)"));
        assert_eq!(difference(&[v4]), None);
        assert_eq!(difference(&[v6, at("127.0.0.1:1", Door::Refused)]), None);
    }

    #[tokio::test]
    async fn a_knock_tells_open_from_refused() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let open = knock_at(address, Duration::from_secs(5)).await;
        assert_eq!((open.answer, open.family), (Door::Open, "IPv4"));
        assert!(open.local.is_some_and(|local| local.starts_with("127.0.0.1:")));
        drop(listener);
        assert_eq!(knock_at(address, Duration::from_secs(5)).await.answer, Door::Refused);
    }

    #[tokio::test]
    async fn a_name_without_an_address_says_so() {
        let endpoint = Endpoint { host: "a..b".to_owned(), port: Some(1) };
        let names = look_up(&[endpoint], Duration::from_secs(5)).await;
        assert!(names[0].answer.is_err() && names[0].origin == Origin::Nowhere);
        assert!(knock_at_each(&names, Duration::from_secs(1)).await.is_empty());
    }
}
