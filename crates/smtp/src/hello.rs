//! The name under which this machine introduces itself.

use std::net::{IpAddr, SocketAddr};

/// Whether `name` can stand behind EHLO: a domain, or an address in brackets (RFC 5321, section 4.1.1.1). An underscore
/// is not allowed there, but machines have names with one.
pub(crate) fn is_legal(name: &str) -> bool {
    let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match literal {
        Some(address) => match address.strip_prefix("IPv6:") {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => address.parse::<std::net::Ipv4Addr>().is_ok(),
        },
        None => {
            let label = |label: &str| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            };
            name.len() <= 255 && name.split('.').all(label)
        }
    }
}

/// This machine's name where it has a full one, and else the address `local` from which it connects, as RFC 5321,
/// section 4.1.4 wants it.
pub(crate) fn usual(local: Option<SocketAddr>) -> String {
    let host = gethostname::gethostname().to_string_lossy().into_owned();
    if host.contains('.') && is_legal(&host) {
        return host;
    }
    match local.map(|local| local.ip()) {
        Some(IpAddr::V4(address)) => format!("[{address}]"),
        Some(IpAddr::V6(address)) => {
            address.to_ipv4_mapped().map_or_else(|| format!("[IPv6:{address}]"), |v4| format!("[{v4}]"))
        }
        None => "localhost.localdomain".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_end_a_command_is_refused() {
        for legal in ["mail.example.com", "localhost", "a_b.c-d", "[192.0.2.1]", "[IPv6:2001:db8::1]"] {
            assert!(is_legal(legal), "{legal}");
        }
        for bad in ["", "a b", "a\r\nMAIL FROM:<x>", "a..b", ".", "[x]", "[::1]", "ä", "[192.0.2.1", &"a".repeat(64)] {
            assert!(!is_legal(bad), "{bad:?}");
        }
    }

    #[test]
    fn without_a_full_name_the_address_stands_in() {
        for local in ["192.0.2.1:1", "[2001:db8::1]:1", "[::ffff:192.0.2.1]:1"] {
            let name = usual(local.parse().ok());
            assert!(is_legal(&name) && name.contains(['.', ':']), "{name}");
        }
        assert!(is_legal(&usual(None)));
    }
}
