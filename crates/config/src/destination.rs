//! What Prometheus may name in the URL of `/probe`: a host, and what is asked of it there.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Why a target was refused. It repeats nothing of the target, which may hold a password by mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub(crate) String);

impl Refused {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// A host as it is compared: one spelling for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Address(IpAddr),
    /// In lower case, without the dot of the root.
    Name(String),
}

/// What was asked for: `[scheme://]host[:port][/path]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination<'a> {
    pub(crate) scheme: Option<String>,
    pub(crate) host: Host,
    pub(crate) port: Option<u16>,
    /// What stands behind the first `/`.
    pub(crate) path: Option<&'a str>,
}

/// The longest target: longer ones are no names.
const LONGEST: usize = 2_048;

impl<'a> Destination<'a> {
    /// Reads `text`. It takes less than a URL: whatever could be read in two ways is refused.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Refused> {
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
            return Err(Refused::new("a target has printable ASCII characters only, without space and `\\`"));
        }
        if text.contains('#') {
            return Err(Refused::new("a target has no fragment `#…`: settings stand in the module"));
        }
        if text.contains('?') {
            return Err(Refused::new("a target has no parameters `?…`: they stand in the module"));
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, Some(path)),
            None => (rest, None),
        };
        // A password with a `/` in it ends the authority too early, so the path has no `@` either.
        if rest.contains('@') {
            return Err(Refused::new("a target has no credentials: they stand in the module"));
        }
        if scheme.as_ref().is_some_and(|scheme| scheme.is_empty() || !scheme.bytes().all(is_scheme)) {
            return Err(Refused::new("what stands before `://` is not a scheme"));
        }
        let (host, port) = split(authority)?;
        Ok(Self { scheme, host: Host::parse(host)?, port, path: path.filter(|path| !path.is_empty()) })
    }
}

fn is_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// The host, with the brackets of an IPv6 address, and the port.
fn split(authority: &str) -> Result<(&str, Option<u16>), Refused> {
    if authority.is_empty() {
        return Err(Refused::new("a target has a host: Unix sockets and files are not probed this way"));
    }
    if authority.contains(',') {
        return Err(Refused::new("a target is one host, and these are several"));
    }
    if authority.contains('%') {
        return Err(Refused::new("a host has no percent-encoding and no zone"));
    }
    let end = authority.rfind(']').map_or(0, |end| end + 1);
    let (host, port) = match authority[end..].find(':') {
        Some(at) => (&authority[..end + at], Some(&authority[end + at + 1..])),
        None => (authority, None),
    };
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    match port.map(number) {
        None => Ok((host, None)),
        Some(Some(port)) if port > 0 => Ok((host, Some(port))),
        Some(_) => Err(Refused::new("a port is a number from 1 to 65535; an IPv6 address stands in brackets")),
    }
}

impl Host {
    /// Reads a name, an IPv4 address, or an IPv6 address in brackets.
    pub(crate) fn parse(text: &str) -> Result<Self, Refused> {
        if let Some(address) = text.strip_prefix('[') {
            let address = address.strip_suffix(']').and_then(|address| address.parse::<Ipv6Addr>().ok());
            let address = address.ok_or_else(|| Refused::new("what stands in brackets is not an IPv6 address"))?;
            return Ok(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(IpAddr::V4(address)));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if !is_name(&name) {
            return Err(Refused::new(
                "this is not the name of a host: it has letters, digits, `-`, `_` and `.`; a Unix socket is none",
            ));
        }
        // `127.1`, `0x7f.1` and `2130706433` are addresses to some resolvers.
        let last = name.rsplit('.').next().unwrap_or_default();
        let hexadecimal = last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refused::new("a host that ends in a number is an address, and this is none"));
        }
        Ok(Self::Name(name))
    }

    /// As it stands in a URL.
    pub(crate) fn authority(&self) -> String {
        match self {
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
            Self::Address(address) => address.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

/// A name of the DNS, or one that a resolver of containers knows: those may have a `_`.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, Option<u16>, Option<&str>), String> {
        let read = Destination::parse(text).map_err(|refused| refused.to_string())?;
        Ok((read.host.authority(), read.port, read.path))
    }

    #[test]
    fn a_host_has_one_spelling() {
        for (text, host, port, path) in [
            ("db", "db", None, None),
            ("DB.Example.COM.:5432/orders", "db.example.com", Some(5432), Some("orders")),
            ("postgres://db/", "db", None, None),
            ("[::1]:5432", "[::1]", Some(5432), None),
            ("[0:0::1]", "[::1]", None, None),
            ("[::ffff:10.0.0.1]", "10.0.0.1", None, None),
            ("10.0.0.1:1", "10.0.0.1", Some(1), None),
        ] {
            assert_eq!(read(text), Ok((host.to_owned(), port, path)), "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (text, why) in [
            ("u:p@db", "credentials"),
            ("db/a@b", "credentials"),
            ("db?sslmode=disable", "parameters"),
            ("db#status=200", "fragment"),
            ("a,b", "several"),
            ("a:1,b:2", "several"),
            ("/var/run/postgresql", "Unix"),
            ("", "Unix"),
            ("postgres:///db", "Unix"),
            ("%2Frun", "percent"),
            ("[fe80::1%25eth0]", "percent"),
            ("db\u{0}", "printable"),
            ("d b", "printable"),
            ("bücher", "printable"),
            ("db\\x", "printable"),
            ("db:0", "port"),
            ("db:", "port"),
            ("db:+1", "port"),
            ("db:65536", "port"),
            ("::1", "port"),
            ("db:1:2", "port"),
            ("[::1", "port"),
            ("[::1]x", "not an IPv6"),
            ("[db]", "not an IPv6"),
            ("127.1", "number"),
            ("0x7f000001", "number"),
            ("2130706433", "number"),
            ("010.0.0.1", "number"),
            ("a..b", "not the name"),
            (".", "not the name"),
            ("tcp(db)", "not the name"),
            ("*", "not the name"),
            ("file:demo.db", "port"),
            ("://db", "not a scheme"),
        ] {
            let refused = read(text).expect_err(text);
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
