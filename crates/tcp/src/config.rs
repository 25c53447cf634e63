//! `tcp://host:port`, read.

use std::collections::BTreeMap;

use dbprobe_core::{Dsn, DsnError, Endpoint, Piece, Target};

use crate::protocol::{Patience, Protocol};

/// What is known of who speaks on the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// `protocol=auto`: the port and the first words tell.
    Auto,
    /// `protocol=none`: whatever it is, it is not listened to.
    None,
    /// Named by the DSN: anything else is a failure.
    Named(Protocol),
}

impl Expected {
    /// How long to listen on `port`.
    pub(crate) fn patience(self, port: u16) -> Patience {
        let protocol = match self {
            Self::None => return Patience::NONE,
            Self::Named(protocol) => Some(protocol),
            Self::Auto => Protocol::of_port(port),
        };
        match protocol {
            Some(protocol) if protocol.greets() => Patience::LONG,
            Some(_) => Patience::SHORT,
            None => Patience::UNKNOWN,
        }
    }
}

/// A DSN, read.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) expected: Expected,
    pub(crate) target: Target,
}

const PARAMETERS: &[&str] = &["protocol"];
const SHAPE: &str = "write `tcp://host:port`, an IPv6 address in brackets: `tcp://[::1]:4000`";

impl Config {
    /// Reads `dsn`. Nothing is sent.
    pub(crate) fn read(dsn: &Dsn) -> Result<Self, DsnError> {
        let whole = Piece::whole(dsn.expose());
        let (_, rest) = whole.cut(':');
        let rest = rest.unwrap_or(whole);
        if !rest.as_str().starts_with("//") {
            return Err(rest.take(0).error("`//` is missing behind the scheme").advise(SHAPE));
        }
        let rest = rest.skip(2);
        if let (user, Some(_)) = rest.cut_last('@') {
            let error = user.error("plain TCP knows no user and no password");
            return Err(
                error.advise("leave them out, or choose the scheme of what listens there: mysql, postgres, smtp, …")
            );
        }
        let (rest, query) = rest.cut('?');
        if let (_, Some(fragment)) = query.unwrap_or(rest).cut('#') {
            return Err(fragment.error("a fragment means nothing to a port").advise(SHAPE));
        }
        let (authority, path) = rest.cut('/');
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            let error = path.error("a path means nothing to a port");
            return Err(error.advise("leave it out, or use the scheme `http` to ask a web server for a page"));
        }
        let (host, port) = authority_of(&authority)?;
        let expected = query.map_or(Ok(Expected::Auto), |query| expected(&query))?;
        let target = target(&host, port, expected);
        Ok(Self { host, port, expected, target })
    }
}

fn authority_of(authority: &Piece<'_>) -> Result<(String, u16), DsnError> {
    let (host, port) = if authority.as_str().starts_with('[') {
        let (host, behind) = authority.skip(1).cut(']');
        let Some(behind) = behind else { return Err(host.error("`]` is missing behind the address").advise(SHAPE)) };
        if !behind.is_empty() && !behind.as_str().starts_with(':') {
            return Err(behind.error("something other than a port follows the address").advise(SHAPE));
        }
        (host, (!behind.is_empty()).then(|| behind.skip(1)))
    } else {
        authority.cut_last(':')
    };
    let bracketed = authority.as_str().starts_with('[');
    let name = host.decode()?;
    if name.is_empty() {
        return Err(host.error("the host is missing").advise(SHAPE));
    }
    if !bracketed && name.contains(':') {
        return Err(host.error("an IPv6 address stands in brackets").advise(SHAPE));
    }
    let legal = |c: char| c.is_alphanumeric() || "-_.".contains(c) || (bracketed && ":%".contains(c));
    if !name.chars().all(legal) {
        return Err(host.error("the host holds a character that no host has").advise(SHAPE));
    }
    let Some(port) = port.filter(|port| !port.is_empty()) else {
        return Err(authority.error("the port is missing: plain TCP has no usual one").advise(SHAPE));
    };
    let digits = port.as_str().bytes().all(|byte| byte.is_ascii_digit());
    let number = port.as_str().parse::<u16>().ok().filter(|number| digits && *number > 0);
    let number = number.ok_or_else(|| port.error("the port is not a number from 1 to 65535"))?;
    Ok((name, number))
}

fn expected(query: &Piece<'_>) -> Result<Expected, DsnError> {
    let mut expected = Expected::Auto;
    for pair in query.split('&').iter().filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.cut('=');
        if name.as_str() != "protocol" {
            return Err(name.unknown_parameter(PARAMETERS));
        }
        let value = value.unwrap_or(pair.skip(pair.as_str().len()));
        expected = match value.decode()?.as_str() {
            "auto" => Expected::Auto,
            "none" => Expected::None,
            word => {
                let named = Protocol::WORDS.iter().find(|(known, _)| *known == word);
                named.map(|(_, protocol)| Expected::Named(*protocol)).ok_or_else(|| {
                    let words: Vec<&str> = Protocol::WORDS.iter().map(|(word, _)| *word).collect();
                    value.not_one_of("protocol", &[&["auto", "none"], words.as_slice()].concat())
                })?
            }
        };
    }
    Ok(expected)
}

fn target(host: &str, port: u16, expected: Expected) -> Target {
    let endpoint = Endpoint { host: host.to_owned(), port: Some(port) };
    let word = match expected {
        Expected::Auto => None,
        Expected::None => Some("none"),
        Expected::Named(protocol) => Some(protocol.as_str()),
    };
    let query = word.map_or_else(String::new, |word| format!("?protocol={word}"));
    Target {
        engine: "tcp",
        redacted: format!("tcp://{}{query}", endpoint.authority().replace('%', "%25")),
        endpoints: vec![endpoint],
        user: None,
        has_password: false,
        database: None,
        parameters: word.map(|word| ("protocol".to_owned(), word.to_owned())).into_iter().collect::<BTreeMap<_, _>>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, DsnError> {
        Config::read(&Dsn::parse(text).expect("a DSN"))
    }

    #[test]
    fn a_host_and_a_port_are_all_it_needs() {
        for (text, host, port, redacted) in [
            ("tcp://db-realtime:4000", "db-realtime", 4000, "tcp://db-realtime:4000"),
            ("TCP://10.0.0.1:22/", "10.0.0.1", 22, "tcp://10.0.0.1:22"),
            ("tcp://[::1]:5432?protocol=none", "::1", 5432, "tcp://[::1]:5432?protocol=none"),
            ("tcp://[fe80::1%25eth0]:1", "fe80::1%eth0", 1, "tcp://[fe80::1%25eth0]:1"),
            ("tcp://db:1?protocol=mysql", "db", 1, "tcp://db:1?protocol=mysql"),
        ] {
            let config = read(text).expect(text);
            assert_eq!((config.host.as_str(), config.port), (host, port), "{text}");
            assert_eq!(config.target.redacted, redacted);
            assert_eq!(read(&config.target.redacted).expect("again").target, config.target);
        }
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        for (text, message) in [
            ("tcp:db:1", "`//` is missing behind the scheme at column 5"),
            ("tcp://db", "the port is missing: plain TCP has no usual one at column 7"),
            ("tcp://db:", "the port is missing: plain TCP has no usual one at column 7"),
            ("tcp://:1", "the host is missing at column 7"),
            ("tcp://db:0", "the port is not a number from 1 to 65535 at column 10"),
            ("tcp://db:+1", "the port is not a number from 1 to 65535 at column 10"),
            ("tcp://::1:5432", "an IPv6 address stands in brackets at column 7"),
            ("tcp://[::1:5432", "`]` is missing behind the address at column 8"),
            ("tcp://u:p@db:1", "plain TCP knows no user and no password at column 7"),
            ("tcp://db:1/path", "a path means nothing to a port at column 12"),
            ("tcp://db:1#x", "a fragment means nothing to a port at column 12"),
            ("tcp://db:1?protocl=mysql", "unknown parameter `protocl` at column 12, did you mean `protocol`?"),
            ("tcp://db:1?x=1", "unknown parameter at column 12"),
        ] {
            let error = read(text).map(|config| config.target.redacted).expect_err(text);
            assert_eq!(error.to_string(), message, "{text}");
        }
    }
}
