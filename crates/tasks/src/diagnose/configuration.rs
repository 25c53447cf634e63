//! How the DSN is read, and what is suspicious about it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use dbprobe_core::{Endpoint, Target};
use serde::Serialize;

use super::rung::Evidence;

/// The concern that a login which worked takes away.
pub(super) const NO_PASSWORD: &str = "a user is given, but no password";

/// How the DSN was read, and what is suspicious about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Configuration {
    /// The DSN as it may be shown, a password as `***`; absent where it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dsn: Option<String>,
    /// Where the DSN comes from: `an environment variable`, `a file`, `the command line`, `the configuration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_by: Option<String>,
    /// Every place that is tried, in order.
    pub endpoints: Vec<String>,
    /// Who logs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Whether a password was given; never the password.
    pub password: bool,
    /// The database, or the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Every other setting, secrets left out.
    pub parameters: BTreeMap<String, String>,
    /// What is suspicious about it, whatever became of it.
    pub concerns: Vec<String>,
}

impl Configuration {
    pub(super) fn new(target: &Target, given_by: Option<&str>) -> Self {
        Self {
            dsn: (!target.redacted.is_empty()).then(|| target.redacted.clone()),
            given_by: given_by.map(str::to_owned),
            endpoints: target.endpoints.iter().map(Endpoint::authority).collect(),
            user: target.user.clone(),
            password: target.has_password,
            database: target.database.clone(),
            parameters: target.parameters.clone(),
            concerns: concerns(target),
        }
    }

    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let known = [
            ("dsn", self.dsn.clone()),
            ("given_by", self.given_by.clone()),
            ("user", self.user.clone()),
            ("password", self.user.as_ref().map(|_| if self.password { "given" } else { "not given" }.to_owned())),
            ("database", self.database.clone()),
        ];
        let known = known.into_iter().filter_map(|(fact, value)| Some(Evidence::new(fact, value?)));
        known.chain(self.concerns.iter().map(|concern| Evidence::new("concern", concern))).collect()
    }
}

/// The ports that one kind of server alone is known by (IANA's registry of port numbers), and its engine.
const PORTS: &[(u16, &str, &str)] = &[
    (25, "smtp", "SMTP"),
    (80, "http", "HTTP"),
    (443, "http", "HTTPS"),
    (587, "smtp", "SMTP"),
    (1433, "mssql", "SQL Server"),
    (3306, "mysql", "MySQL"),
    (5432, "postgres", "PostgreSQL"),
    (6379, "redis", "Redis"),
    (6432, "postgres", "PgBouncer"),
];

fn concerns(target: &Target) -> Vec<String> {
    let mut concerns = Vec::new();
    for endpoint in &target.endpoints {
        let other = endpoint.port.and_then(|port| PORTS.iter().find(|(known, ..)| *known == port));
        if let Some((port, engine, product)) = other
            && *engine != target.engine
            && target.engine != "tcp"
            && !endpoint.is_socket()
        {
            concerns.push(format!("port {port} is usually {product}'s, and the DSN is one of {}", target.engine));
        }
        if target.engine == "tcp" && endpoint.port == Some(3306) {
            concerns.push(
                "MySQL counts connections without a login against this host (max_connect_errors): probe it by mysql://"
                    .to_owned(),
            );
        }
        if is_public(&endpoint.host)
            && let Some(setting) = without_tls(target)
        {
            concerns.push(format!("{setting} sends everything in clear to {}, over a public network", endpoint.host));
        }
    }
    if target.user.is_some() && !target.has_password && wants_password(target) {
        concerns.push(NO_PASSWORD.to_owned());
    }
    concerns.dedup();
    concerns
}

/// Whether a login without a password is odd: over a socket the server asks the kernel who it is, and a certificate or a
/// password file stands in for it.
fn wants_password(target: &Target) -> bool {
    const INSTEAD: &[&str] = &["passfile", "sslcert", "ssl-cert", "cert", "tls-cert", "service"];
    let by_network = target.endpoints.iter().any(|endpoint| !endpoint.is_socket());
    by_network && !INSTEAD.iter().any(|name| target.parameters.contains_key(*name))
}

/// The setting that turns TLS off, where there is one.
fn without_tls(target: &Target) -> Option<String> {
    const OFF: &[&str] = &["disable", "disabled", "false", "off", "no", "allow"];
    let is_about_tls = |name: &str| ["sslmode", "ssl-mode", "encrypt", "tls", "ssl"].contains(&name);
    let setting = target
        .parameters
        .iter()
        .find(|(name, value)| is_about_tls(name) && OFF.contains(&value.to_lowercase().as_str()));
    setting.map(|(name, value)| format!("{name}={value}"))
}

/// Whether `host` is an address that routes over the internet.
fn is_public(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_documentation()
                || (address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64)) // RFC 6598
        }
        Ok(IpAddr::V6(address)) => {
            !(address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local())
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(engine: &'static str, host: &str, port: u16) -> Target {
        Target {
            engine,
            endpoints: vec![Endpoint { host: host.to_owned(), port: Some(port) }],
            user: Some("app".to_owned()),
            has_password: true,
            database: None,
            parameters: BTreeMap::new(),
            redacted: "x".to_owned(),
        }
    }

    #[test]
    fn a_port_of_another_engine_is_suspicious() {
        assert!(concerns(&target("mysql", "db", 5432))[0].contains("PostgreSQL"));
        assert_eq!(concerns(&target("mysql", "db", 3306)), [""; 0]);
        assert_eq!(concerns(&target("postgres", "/run/postgresql", 3306)), [""; 0], "it is a number in a file's name");
    }

    #[test]
    fn clear_text_over_a_public_network_is_suspicious() {
        let mut target = target("postgres", "8.8.8.8", 5432);
        target.parameters.insert("sslmode".to_owned(), "disable".to_owned());
        assert!(concerns(&target)[0].starts_with("sslmode=disable"), "{:?}", concerns(&target));
        for private in ["10.0.0.1", "127.0.0.1", "::1", "fd00::1", "100.64.0.1", "db"] {
            target.endpoints[0].host = private.to_owned();
            assert_eq!(concerns(&target), [""; 0], "{private}");
        }
    }

    #[test]
    fn a_user_without_a_password_is_suspicious_but_not_over_a_socket() {
        let mut target = target("postgres", "db", 5432);
        target.has_password = false;
        assert_eq!(concerns(&target), [NO_PASSWORD]);
        target.endpoints[0].host = "/run/postgresql".to_owned();
        assert_eq!(concerns(&target), [""; 0]);
    }
}
