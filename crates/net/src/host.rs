//! What can be a host, and which hosts need no name server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use dbprobe_core::{Class, Failure};

/// A host as the user wrote it, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Host<'a> {
    /// An address, with its scope where it has one.
    Address(SocketAddr),
    /// A name, as it was written.
    Name(&'a str),
}

impl<'a> Host<'a> {
    /// Reads `host`.
    ///
    /// # Errors
    /// Class `dns` where it can be neither; class `unreachable` where the scope of an address names no interface.
    pub(crate) fn read(host: &'a str, port: u16) -> Result<Self, Failure> {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self::Address(SocketAddr::new(address, port)));
        }
        if let Some((address, scope)) = bare.split_once('%')
            && address.parse::<Ipv6Addr>().is_ok()
        {
            return scoped(bare, scope, port).map(Self::Address);
        }
        name(host)?;
        Ok(Self::Name(host))
    }
}

/// The addresses of `localhost` (RFC 6761, section 6.3), in the order in which libraries give them.
pub(crate) fn loopback(name: &str) -> Option<[IpAddr; 2]> {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_loopback = name == "localhost" || name.ends_with(".localhost");
    is_loopback.then_some([IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)])
}

/// The standard library knows the numbers of the interfaces. It asks no name server: the text is an address.
fn scoped(host: &str, scope: &str, port: u16) -> Result<SocketAddr, Failure> {
    let plain = scope.chars().all(|character| character.is_ascii_alphanumeric() || "-_.:@".contains(character));
    let found = plain.then(|| (host, port).to_socket_addrs().ok()).flatten().and_then(|mut found| found.next());
    found.ok_or_else(|| {
        Failure::new(Class::Unreachable, "the scope of the address names no network interface of this machine")
            .advise("compare what follows `%` with `ip link`")
    })
}

/// Refuses what cannot be a host name. It is not shown: after a percent-encoding that was forgotten, it may be a piece
/// of a password.
fn name(name: &str) -> Result<(), Failure> {
    let refused = |fact: &str| {
        Err(Failure::new(Class::Dns, format!("the host name {fact}"))
            .advise("percent-encode `@`, `/`, `:` and the like in the user and the password of the DSN"))
    };
    if name.is_empty() || name == "." {
        return refused("is empty");
    }
    let allowed = |character: char| {
        character.is_ascii_alphanumeric()
            || "-_.".contains(character)
            || (!character.is_ascii() && character.is_alphanumeric())
    };
    if !name.chars().all(allowed) {
        return refused("holds a character that no host name can have");
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.len() > 253 || name.split('.').any(|label| label.is_empty() || label.len() > 63) {
        return refused("has an empty part, or one that is too long");
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return refused("ends in a number, but is no IP address");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        for (host, address) in [
            ("127.0.0.1", "127.0.0.1:5"),
            ("::1", "[::1]:5"),
            ("[::1]", "[::1]:5"),
            ("::ffff:10.0.0.1", "[::ffff:10.0.0.1]:5"),
            ("fe80::1%1", "[fe80::1%1]:5"),
            ("[fe80::1%1]", "[fe80::1%1]:5"),
        ] {
            assert_eq!(Host::read(host, 5).unwrap(), Host::Address(address.parse().unwrap()), "{host}");
        }
    }

    #[test]
    fn names_are_read_in_all_their_forms() {
        let long = format!("{}.example", "a".repeat(63));
        for name in ["db", "db.", "DB-1.example.com", "my_db", "bücher.example", "1a", "10.in-addr.arpa", &long] {
            assert_eq!(Host::read(name, 5).unwrap(), Host::Name(name));
        }
    }

    #[test]
    fn what_cannot_be_a_host_is_refused_and_not_shown() {
        let long_label = "s3cret".repeat(11);
        let long_name = "s3cret.".repeat(37) + "example";
        for host in [
            "",
            ".",
            "s3cret@db",
            "s3cret db",
            "s3cret/db",
            "a..s3cret",
            "s3cret:1",
            "[s3cret]",
            "s3cret%zz",
            "1.2.3.999",
            "s3cret\u{202e}",
            &long_label,
            &long_name,
        ] {
            let failure = Host::read(host, 5).unwrap_err();
            assert_eq!(failure.class, Class::Dns, "{host}");
            assert!(!format!("{failure:?}").contains("s3cret"), "{failure:?}");
        }
    }

    #[test]
    fn a_scope_that_names_no_interface_leads_nowhere() {
        for host in ["fe80::1%no-such-interface", "fe80::1%a b"] {
            assert_eq!(Host::read(host, 5).unwrap_err().class, Class::Unreachable);
        }
    }

    #[test]
    fn localhost_and_what_is_below_it_are_this_machine() {
        for name in ["localhost", "LOCALHOST.", "db.localhost"] {
            assert!(loopback(name).is_some_and(|addresses| addresses.iter().all(IpAddr::is_loopback)), "{name}");
        }
        assert_eq!(loopback("notlocalhost"), None);
    }
}
