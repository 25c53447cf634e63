//! Where the exporter listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::field::Field;
use crate::findings::Findings;

/// Reads a list of addresses, each only once in `seen`.
pub(crate) fn read(field: Field<'_>, seen: &mut Vec<SocketAddr>, findings: &mut Findings) -> Vec<SocketAddr> {
    let mut addresses = Vec::new();
    for item in field.items(findings) {
        let Some(text) = item.text(findings) else { continue };
        let Some(address) = parse(text.trim()) else {
            item.complain(findings, "this is not an address with a port")
                .advise("write for example 0.0.0.0:9091, [::]:9091, :9091 or localhost:9091");
            continue;
        };
        if address.port() != 0 && seen.contains(&address) {
            item.complain(findings, "this address stands twice").advise("keep one of them");
            continue;
        }
        seen.push(address);
        addresses.push(address);
    }
    addresses
}

/// `IP:port`, `[IPv6]:port`, `:port` for every IPv4 address of this host, and `localhost:port`.
pub fn parse(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (host, port) = text.rsplit_once(':')?;
    let host = match host {
        "" => Ipv4Addr::UNSPECIFIED,
        "localhost" => Ipv4Addr::LOCALHOST,
        _ => return None,
    };
    let port = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse().ok())??;
    Some(SocketAddr::new(IpAddr::V4(host), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_this_host() {
        for (text, expected) in [
            ("0.0.0.0:9091", Some("0.0.0.0:9091")),
            ("[::]:9091", Some("[::]:9091")),
            (":9091", Some("0.0.0.0:9091")),
            ("localhost:0", Some("127.0.0.1:0")),
            ("db:9091", None),
            ("9091", None),
            ("0.0.0.0", None),
            (":+1", None),
            (":65536", None),
            (":", None),
            ("::9091", None),
        ] {
            assert_eq!(parse(text).map(|address| address.to_string()).as_deref(), expected, "{text}");
        }
    }
}
