//! How a DSN was read, as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::target::{Endpoint, Target};

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

impl Target {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_absent_from_the_reading() {
        let target = Target { database: Some("demo.db".to_owned()), ..Target::new("sqlite", "file:demo.db") };
        let reading = serde_json::to_value(target.reading()).expect("JSON");
        assert!(reading.get("host").is_none() && reading.get("user").is_none(), "{reading}");
        assert_eq!(reading["password"], false);
    }
}
