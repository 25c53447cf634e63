//! From settings to what a connection needs, each value checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use dbprobe_core::{Dsn, DsnError, Endpoint, Secret, Target, percent_encode};

use crate::login::Credentials;
use crate::tls::TlsSettings;
use crate::uri::{ADDRESS, Setting, settings};

mod given;

use given::Given;

/// Where a server is when the DSN does not say: as with most drivers and unlike with MySQL's own client, `localhost` is
/// reached over TCP. A Unix socket is used where its path is given.
const HOST: &str = "127.0.0.1";
const PORT: u16 = 3306;

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Socket(PathBuf),
    Tcp { host: String, port: u16 },
}

impl Address {
    fn endpoint(&self) -> Endpoint {
        match self {
            Self::Socket(path) => Endpoint { host: path.display().to_string(), port: None },
            Self::Tcp { host, port } => Endpoint { host: host.clone(), port: Some(*port) },
        }
    }
}

/// A DSN, read.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) address: Address,
    pub(crate) credentials: Credentials,
    /// `None` is no limit but the probe's own.
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) tls: TlsSettings,
    pub(crate) target: Target,
}

impl Config {
    /// Reads `dsn`. No file is read and nothing is sent.
    pub(crate) fn read(dsn: &Dsn) -> Result<Self, DsnError> {
        let given = Given::new(settings(dsn.expose())?);
        let user = match given.text("user") {
            Some(user) => user.to_owned(),
            None => operating_system_user()?,
        };
        let credentials = Credentials {
            user,
            password: given.text("password").map(Secret::new),
            database: given.text("database").map(str::to_owned),
            trusts_key: given.yes_or_no("get-server-public-key")?.unwrap_or(true),
        };
        let address = address(&given)?;
        let target = target(dsn.scheme(), &given, &address, &credentials);
        Ok(Self { address, connect_timeout: given.connect_timeout()?, tls: given.tls()?, credentials, target })
    }
}

fn operating_system_user() -> Result<String, DsnError> {
    whoami::username().map_err(|_| {
        DsnError::new("no user is given and the operating system does not tell one").advise("write `mysql://user@…`")
    })
}

fn address(given: &Given<'_>) -> Result<Address, DsnError> {
    let port = match given.text("port") {
        None => PORT,
        Some(text) => text
            .parse::<u16>()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(|| given.error("port", "the port is not a number from 1 to 65535"))?,
    };
    if let Some(path) = given.text("path").or(given.text("socket")) {
        if !path.starts_with(['/', '@']) {
            return Err(given.error("path", "the path of a socket begins with `/`, or with `@` for an abstract one"));
        }
        return Ok(Address::Socket(PathBuf::from(path)));
    }
    Ok(Address::Tcp { host: given.text("host").unwrap_or(HOST).to_owned(), port })
}

fn target(scheme: &str, given: &Given<'_>, address: &Address, credentials: &Credentials) -> Target {
    let Credentials { user, password, database, .. } = credentials;
    let shown = |(name, setting): (&&'static str, &Setting<'_>)| {
        let shown = !ADDRESS.contains(name) && !setting.value.is_empty();
        shown.then(|| ((*name).to_owned(), setting.value.clone()))
    };
    let mut parameters: BTreeMap<String, String> = given.settings.iter().filter_map(shown).collect();
    // It is the host already.
    parameters.remove("socket");
    let endpoint = address.endpoint();
    let place = match address {
        Address::Socket(_) => percent_encode(&endpoint.host, ""),
        Address::Tcp { .. } => endpoint.authority(),
    };
    let secret = if password.is_some() { ":***" } else { "" };
    let database_shown = database.as_deref().map(|name| percent_encode(name, "")).unwrap_or_default();
    let mut redacted = format!("{scheme}://{}{secret}@{place}/{database_shown}", percent_encode(user, ""));
    for (at, (name, value)) in parameters.iter().enumerate() {
        let mark = if at == 0 { '?' } else { '&' };
        redacted.push_str(&format!("{mark}{name}={}", percent_encode(value, "/:,")));
    }
    Target {
        engine: "mysql",
        endpoints: vec![endpoint],
        user: Some(user.clone()),
        has_password: password.is_some(),
        database: database.clone(),
        parameters,
        redacted,
    }
}

#[cfg(test)]
mod tests;
