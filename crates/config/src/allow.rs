//! Which hosts a module may be used on.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::destination::Host;

/// One entry of a module's list: a host, or a pattern of hosts, with a port or without.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Allowed {
    hosts: Hosts,
    /// None allows every port.
    port: Option<u16>,
    text: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Hosts {
    /// `*`: every name, and no literal address.
    EveryName,
    Name(String),
    Network(IpNet),
    /// `*` stands for any characters of one part between dots.
    Pattern(Vec<String>),
}

impl Allowed {
    /// Reads one entry.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let (hosts, port) = split(text)?;
        let port = match port {
            None | Some("*") => None,
            Some(port) => {
                let port = port.parse().ok().filter(|number: &u16| *number > 0 && !port.starts_with('+'));
                Some(port.ok_or("a port is a number from 1 to 65535, or `*`")?)
            }
        };
        Ok(Self { hosts: Hosts::parse(hosts)?, port, text: text.to_owned() })
    }

    /// Whether it names `host` and `port`; a port that nobody knows is named only where every one is.
    pub(crate) fn permits(&self, host: &Host, port: Option<u16>) -> bool {
        self.hosts.contain(host) && (self.port.is_none() || self.port == port)
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// The host and the port of an entry.
fn split(text: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some(bracket) = text.rfind(']') {
        let behind = &text[bracket + 1..];
        // `[::1]:5432`, `[2001:db8::]/32` and `[2001:db8::]/32:5432`.
        return match behind.find(':') {
            Some(at) => Ok((&text[..bracket + 1 + at], Some(&behind[at + 1..]))),
            None => Ok((text, None)),
        };
    }
    match text.matches(':').count() {
        0 => Ok((text, None)),
        1 => Ok(text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))),
        // An IPv6 network or address without brackets has no port.
        _ => Ok((text, None)),
    }
}

impl Hosts {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let plain: String = text.chars().filter(|c| !['[', ']'].contains(c)).collect();
        if plain.contains('/') {
            let network: IpNet = plain.parse().map_err(|_| "this is not a network: write for example 10.0.0.0/8")?;
            return Ok(Self::Network(network.trunc()));
        }
        if let Ok(address) = plain.parse::<IpAddr>() {
            return Ok(Self::Network(IpNet::from(address.to_canonical())));
        }
        if text == "*" {
            return Ok(Self::EveryName);
        }
        if !text.contains('*') {
            return match Host::parse(text) {
                Ok(Host::Name(name)) => Ok(Self::Name(name)),
                _ => Err("this is not a host, host:port or a network"),
            };
        }
        // An asterisk in the place of a letter leaves what a name has to look like.
        if text.bytes().all(|byte| byte.is_ascii_digit() || b".*".contains(&byte)) {
            return Err("a `*` stands for a part of a name: write a network of addresses, for example 10.0.0.0/8");
        }
        match Host::parse(&text.replace('*', "x")) {
            Ok(Host::Name(_)) => {
                let text = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
                Ok(Self::Pattern(text.split('.').map(str::to_owned).collect()))
            }
            _ => Err("this is not a pattern of names: write for example *.db.example.com"),
        }
    }

    fn contain(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::EveryName, Host::Name(_)) => true,
            (Self::Name(name), Host::Name(host)) => name == host,
            (Self::Network(network), Host::Address(address)) => network.contains(address),
            (Self::Pattern(pattern), Host::Name(host)) => {
                let labels: Vec<&str> = host.split('.').collect();
                pattern.len() == labels.len() && pattern.iter().zip(labels).all(|(pattern, label)| fits(pattern, label))
            }
            _ => false,
        }
    }
}

/// Whether `label` is `pattern` with something, or nothing, in the place of every `*`; a lone `*` stands for something.
fn fits(pattern: &str, label: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = label.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::Destination;

    fn permits(entry: &str, target: &str) -> bool {
        let target = Destination::parse(target).expect(target);
        Allowed::parse(entry).expect(entry).permits(&target.host, target.port)
    }

    #[test]
    fn an_entry_allows_what_it_names() {
        for (entry, target) in [
            ("db", "DB."),
            ("DB.", "db:1"),
            ("db:5432", "db:5432"),
            ("db:*", "db:1"),
            ("*", "any.name:1"),
            ("*.db.example.com", "a.db.example.com"),
            ("db-*.example.com", "db-1.example.com"),
            ("*-a*b-*", "x-a12b-y"),
            ("10.0.0.0/8", "10.1.2.3:1"),
            ("10.0.0.0/8:5432", "10.1.2.3:5432"),
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1", "[::ffff:10.0.0.1]"),
            ("[::1]:5432", "[::1]:5432"),
            ("2001:db8::/32", "[2001:db8::1]"),
            ("[2001:db8::]/32:5432", "[2001:db8::1]:5432"),
            ("::1", "[0::1]:1"),
        ] {
            assert!(permits(entry, target), "{entry} {target}");
        }
    }

    #[test]
    fn an_entry_allows_nothing_else() {
        for (entry, target) in [
            ("db", "db.evil.com"),
            ("db", "xdb"),
            ("db:5432", "db:5433"),
            ("db:5432", "db"),
            ("*", "10.0.0.1"),
            ("*", "[::1]"),
            ("*.example.com", "example.com"),
            ("*.example.com", "a.b.example.com"),
            ("*.example.com", "a.example.com.evil.com"),
            ("*.example.com", "aexample.com"),
            ("db-*", "db-1.evil.com"),
            ("*a", "b"),
            ("ab*ba", "aba"),
            ("10.0.0.0/8", "11.0.0.1"),
            ("10.0.0.0/8", "10.evil.com"),
            ("10.0.0.0/8:5432", "10.0.0.1:1"),
            ("localhost", "127.0.0.1"),
            ("127.0.0.1", "localhost"),
            ("::1", "127.0.0.1"),
        ] {
            assert!(!permits(entry, target), "{entry} {target}");
        }
    }

    #[test]
    fn an_entry_that_names_nothing_is_a_mistake() {
        for entry in [
            "",
            "10.*",
            "10.0.0.*",
            "*.*.0.1",
            "10.0.0.0/33",
            "db/32",
            "a b",
            "u@h",
            "db:0",
            "db:x",
            "db:+1",
            "http://db",
            "db:1:2",
            "[db]",
            "a..b",
            "*.",
            "ü",
            "10.1",
            "a?",
            "%2Frun",
            "/run",
        ] {
            assert!(Allowed::parse(entry).is_err(), "{entry}: {:?}", Allowed::parse(entry));
        }
    }
}
