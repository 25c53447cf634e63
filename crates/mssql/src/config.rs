//! From settings to what the driver needs, each value checked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use dbprobe_core::{Dsn, DsnError, Endpoint, Secret, Target, percent_encode};

use crate::uri::settings;

mod given;

use given::Given;

/// What `sys.dm_exec_sessions.program_name` shows where the DSN names nothing else.
const APPLICATION: &str = "dbprobe";

/// The port of a default instance.
pub(crate) const PORT: u16 = 1433;

/// How much is encrypted; the words are those of go-mssqldb and ADO.NET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encrypt {
    /// `disable`: nothing. A server that insists is refused.
    Nothing,
    /// `false`, `optional`: the packet with the password where the server can, the session where it insists.
    Login,
    /// `true`, `mandatory`: everything behind the first packet. A server that cannot is refused.
    Session,
    /// `strict`: TLS first (TDS 8.0).
    Strict,
}

/// TLS as the DSN asks for it.
#[derive(Clone, Debug)]
pub(crate) struct TlsSettings {
    pub(crate) encrypt: Encrypt,
    /// Whether any certificate will do.
    pub(crate) trust: bool,
    /// The name that the certificate must carry, in the place of the host's.
    pub(crate) name: Option<String>,
    /// The PEM file of the authority that is trusted.
    pub(crate) authority: Option<PathBuf>,
    /// The PEM file with the very certificate that the server shows.
    pub(crate) pinned: Option<PathBuf>,
}

/// A DSN, read.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) host: String,
    /// `None`: to be asked of the SQL Server Browser, or the usual one.
    pub(crate) port: Option<u16>,
    pub(crate) instance: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Secret,
    /// `None`: the login's default database.
    pub(crate) database: Option<String>,
    pub(crate) application: String,
    pub(crate) workstation: Option<String>,
    pub(crate) read_only_intent: bool,
    pub(crate) packet_size: Option<u32>,
    /// For each server; `None` is no limit but the probe's own.
    pub(crate) connect_timeout: Option<Duration>,
    /// Zero switches it off; `None` leaves dbprobe's default.
    pub(crate) keepalive: Option<Duration>,
    pub(crate) tls: TlsSettings,
    pub(crate) target: Target,
}

impl Config {
    /// Reads `dsn`. No file is read and nothing is sent.
    pub(crate) fn read(dsn: &Dsn) -> Result<Self, DsnError> {
        let given = Given::new(settings(dsn.expose())?)?;
        let config = Self {
            host: given.host()?,
            port: given.number("port", 1, 65_535)?,
            instance: given.instance()?,
            user: given.text("user id").map(str::to_owned),
            password: Secret::new(given.text("password").unwrap_or_default()),
            database: given.text("database").map(str::to_owned),
            application: given.text("app name").unwrap_or(APPLICATION).to_owned(),
            workstation: given.text("Workstation ID").map(str::to_owned),
            read_only_intent: given.read_only_intent()?,
            packet_size: given.number("packet size", 512, 32_767)?,
            connect_timeout: given.connect_timeout()?,
            keepalive: given.number("keepAlive", 0, 86_400)?.map(|seconds: u32| Duration::from_secs(seconds.into())),
            tls: given.tls()?,
            target: empty_target(),
        };
        Ok(Self { target: target(&given, &config), ..config })
    }

    /// Where it may be reached; without a port where only the SQL Server Browser knows it.
    fn endpoint(&self) -> Endpoint {
        let port = self.port.or_else(|| self.instance.is_none().then_some(PORT));
        Endpoint { host: self.host.clone(), port }
    }
}

fn empty_target() -> Target {
    Target {
        engine: "mssql",
        endpoints: Vec::new(),
        user: None,
        has_password: false,
        database: None,
        parameters: BTreeMap::new(),
        redacted: String::new(),
    }
}

fn target(given: &Given<'_>, config: &Config) -> Target {
    const ELSEWHERE: &[&str] = &["server", "port", "database", "user id", "password"];
    let shown = given.settings.iter().filter(|(name, setting)| !ELSEWHERE.contains(name) && !setting.value.is_empty());
    let parameters: BTreeMap<String, String> =
        shown.map(|(name, setting)| ((*name).to_owned(), setting.value.clone())).collect();
    let has_password = !config.password.expose().is_empty();
    let secret = if has_password { ":***" } else { "" };
    let user = config.user.as_deref().map(|user| percent_encode(user, "")).unwrap_or_default();
    let at = if user.is_empty() && secret.is_empty() { "" } else { "@" };
    let database = config.database.as_deref().map(|name| percent_encode(name, "")).unwrap_or_default();
    let mut redacted = format!("sqlserver://{user}{secret}{at}{}/{database}", config.endpoint().authority());
    for (at, (name, value)) in parameters.iter().enumerate() {
        let mark = if at == 0 { '?' } else { '&' };
        redacted.push_str(&format!("{mark}{}={}", percent_encode(name, ""), percent_encode(value, "/:,*")));
    }
    Target {
        endpoints: vec![config.endpoint()],
        user: config.user.clone(),
        has_password,
        database: config.database.clone(),
        parameters,
        redacted,
        ..empty_target()
    }
}

#[cfg(test)]
mod tests;
