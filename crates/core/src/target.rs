//! What may be shown of a configured target.

use std::collections::BTreeMap;

use serde::Serialize;

/// One place where the target may be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Endpoint {
    /// Host name, address, or the directory of a Unix socket.
    pub host: String,
    /// TCP port; for a Unix socket the number in its name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

impl Endpoint {
    /// `host:port`, with brackets round an IPv6 address; a socket's path alone.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port {
            Some(port) if !self.is_socket() => format!("{host}:{port}"),
            _ if self.is_socket() => self.host.clone(),
            _ => host,
        }
    }

    /// Whether it is a Unix socket.
    pub fn is_socket(&self) -> bool {
        self.host.starts_with(['/', '@'])
    }
}

/// What may be shown of a configured target: everything but its secrets.
///
/// Engines fill it from their typed configuration, so that nothing has to be scrubbed from a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The engine's name.
    pub engine: &'static str,
    /// Every place it may be reached at, in the order they are tried; none for an embedded database.
    pub endpoints: Vec<Endpoint>,
    /// Who logs in.
    pub user: Option<String>,
    /// Whether a password was given.
    pub has_password: bool,
    /// The database, or the file.
    pub database: Option<String>,
    /// Every other setting of the DSN, secrets left out.
    pub parameters: BTreeMap<String, String>,
    /// The DSN as it may be shown, a password as `***`.
    pub redacted: String,
}

impl Target {
    /// A short name to tell targets apart: `host:port/database`, or the file.
    pub fn name(&self) -> String {
        let place = self.endpoints.iter().map(Endpoint::authority).collect::<Vec<_>>().join(",");
        match &self.database {
            Some(database) if place.is_empty() => database.clone(),
            Some(database) => format!("{place}/{database}"),
            None => place,
        }
    }

    /// How the DSN was read, as `dbprobe dsn --output json` prints it.
    pub fn reading(&self) -> Reading<'_> {
        let first = self.endpoints.first();
        Reading {
            engine: self.engine,
            host: first.map(|endpoint| endpoint.host.as_str()),
            hosts: &self.endpoints,
            port: first.and_then(|endpoint| endpoint.port),
            user: self.user.as_deref(),
            password: self.has_password,
            database: self.database.as_deref(),
            parameters: &self.parameters,
            redacted: &self.redacted,
        }
    }
}

/// How a DSN was read: the JSON of `dbprobe dsn`.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reading<'a> {
    /// The engine that the scheme chose.
    engine: &'a str,
    /// The first host, or the path of a Unix socket's directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    /// Every host in the order they are tried.
    hosts: &'a [Endpoint],
    /// The first host's port.
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    /// Who logs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    /// Whether a password was given; never the password.
    password: bool,
    /// The database, or the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'a str>,
    /// Every other setting, secrets left out.
    parameters: &'a BTreeMap<String, String>,
    /// The DSN as it may be shown.
    redacted: &'a str,
}

/// Percent-encodes everything that is not unreserved (RFC 3986, section 2.3), nor in `keep`.
///
/// For engines that build [`Target::redacted`] from their parsed configuration.
pub fn percent_encode(text: &str, keep: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.as_bytes().contains(&byte);
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(endpoints: Vec<Endpoint>, database: Option<&str>) -> Target {
        Target {
            engine: "postgres",
            endpoints,
            user: None,
            has_password: false,
            database: database.map(str::to_owned),
            parameters: BTreeMap::new(),
            redacted: String::new(),
        }
    }

    #[test]
    fn names_tell_targets_apart() {
        let at = |host: &str, port| Endpoint { host: host.to_owned(), port };
        assert_eq!(target(vec![at("db", Some(5432))], Some("orders")).name(), "db:5432/orders");
        assert_eq!(target(vec![at("::1", Some(1)), at("b", None)], None).name(), "[::1]:1,b");
        assert_eq!(target(vec![at("/run/pg", Some(5432))], Some("x")).name(), "/run/pg/x");
        assert_eq!(target(vec![], Some("demo.db")).name(), "demo.db");
    }

    #[test]
    fn what_is_not_known_is_absent_from_the_reading() {
        let reading = serde_json::to_value(target(vec![], Some("demo.db")).reading()).expect("JSON");
        assert!(reading.get("host").is_none() && reading.get("user").is_none(), "{reading}");
        assert_eq!(reading["password"], false);
    }

    #[test]
    fn encoding_keeps_what_may_stand() {
        assert_eq!(percent_encode("/run/a b", "/"), "/run/a%20b");
        assert_eq!(percent_encode("ä@", ""), "%C3%A4%40");
    }
}
