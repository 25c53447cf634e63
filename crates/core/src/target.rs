//! What may be shown of a configured target.

use std::collections::BTreeMap;

/// One place where the target may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Endpoint {
    /// Host name, address, or the directory of a Unix socket.
    pub host: String,
    /// TCP port; for a Unix socket the number in its name, where it has one.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
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
    /// A target of `engine` that is shown as `redacted`; whatever else is known of it goes into the fields.
    ///
    /// ```
    /// use dbprobe_core::{Endpoint, Target};
    ///
    /// let endpoints = vec![Endpoint { host: "db".to_owned(), port: Some(4000) }];
    /// let target = Target { endpoints, ..Target::new("lines", "lines://db:4000") };
    /// assert_eq!(target.name(), "db:4000");
    /// ```
    pub fn new(engine: &'static str, redacted: impl Into<String>) -> Self {
        Self {
            engine,
            endpoints: Vec::new(),
            user: None,
            has_password: false,
            database: None,
            parameters: BTreeMap::new(),
            redacted: redacted.into(),
        }
    }

    /// A short name to tell targets apart: `host:port/database`, or the file.
    pub fn name(&self) -> String {
        let place = self.endpoints.iter().map(Endpoint::authority).collect::<Vec<_>>().join(",");
        match &self.database {
            Some(database) if place.is_empty() => database.clone(),
            Some(database) => format!("{place}/{database}"),
            None => place,
        }
    }
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
        Target { endpoints, database: database.map(str::to_owned), ..Target::new("postgres", "") }
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
    fn encoding_keeps_what_may_stand() {
        assert_eq!(percent_encode("/run/a b", "/"), "/run/a%20b");
        assert_eq!(percent_encode("ä@", ""), "%C3%A4%40");
    }
}
