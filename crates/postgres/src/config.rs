//! From settings to what the driver needs, each value checked.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use dbprobe_core::{Dsn, DsnError, Endpoint, Secret, Target, percent_encode};

use crate::uri::{Setting, settings};

mod given;

use given::Given;

/// Where PostgreSQL's sockets are when no host is given: Debian's and Red Hat's place, then upstream's.
const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const PORT: u16 = 5432;
/// What `pg_stat_activity.application_name` shows where the DSN names nothing else.
const APPLICATION: &str = "dbprobe";

/// How much TLS is asked for; the words and their order are libpq's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Which kind of session is acceptable; the words are libpq's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionAttributes {
    Any,
    PreferStandby,
    Primary,
    ReadOnly,
    ReadWrite,
    Standby,
}

/// Which trust anchors `sslrootcert` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RootCertificate {
    /// Not given: `~/.postgresql/root.crt` where that exists, else the system's.
    Default,
    File(PathBuf),
    System,
}

/// TLS as the DSN asks for it.
#[derive(Clone, Debug)]
pub(crate) struct TlsSettings {
    pub(crate) mode: SslMode,
    pub(crate) root: RootCertificate,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    /// `sslcertmode=disable`: no client certificate is sent, not even the one in the usual place.
    pub(crate) anonymous: bool,
    /// `sslnegotiation=direct` (PostgreSQL 17): TLS first, without asking.
    pub(crate) direct: bool,
}

/// One place to try.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// A name, an address, or the directory of a Unix socket.
    pub(crate) name: String,
    /// An address that needs no resolver; `name` is then what the certificate must carry.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

impl Host {
    /// The socket's path, where the host is a directory (or `@name`, an abstract socket).
    pub(crate) fn socket(&self) -> Option<PathBuf> {
        let local = self.address.is_none() && self.name.starts_with(['/', '@']);
        local.then(|| PathBuf::from(format!("{}/.s.PGSQL.{}", self.name, self.port)))
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        let host = if self.name.is_empty() { self.address.map(|ip| ip.to_string()) } else { Some(self.name.clone()) };
        Endpoint { host: host.unwrap_or_default(), port: Some(self.port) }
    }
}

/// Keepalive and time-out of the TCP socket; `None` leaves dbprobe's defaults.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SocketSettings {
    pub(crate) keepalives_off: bool,
    pub(crate) idle: Option<Duration>,
    pub(crate) interval: Option<Duration>,
    pub(crate) count: Option<u32>,
    pub(crate) user_timeout: Option<Duration>,
}

/// A DSN, read.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) hosts: Vec<Host>,
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) passfile: Option<PathBuf>,
    pub(crate) database: String,
    pub(crate) options: Option<String>,
    pub(crate) application: String,
    /// For each host; `None` is no limit but the probe's own.
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) tls: TlsSettings,
    pub(crate) channel_binding: tokio_postgres::config::ChannelBinding,
    pub(crate) session: SessionAttributes,
    pub(crate) shuffle: bool,
    pub(crate) socket: SocketSettings,
    pub(crate) target: Target,
}

impl Config {
    /// Reads `dsn`. No file is read and nothing is sent.
    pub(crate) fn read(dsn: &Dsn) -> Result<Self, DsnError> {
        let given = Given::new(settings(dsn.expose())?)?;
        let user = match given.text("user") {
            Some(user) => user.to_owned(),
            None => operating_system_user()?,
        };
        let database = given.text("dbname").unwrap_or(&user).to_owned();
        let password = given.text("password").map(Secret::new);
        let hosts = hosts(&given)?;
        let target = target(&given, &hosts, &user, password.is_some(), &database);
        Ok(Self {
            hosts,
            user,
            password,
            passfile: given.text("passfile").map(PathBuf::from),
            database,
            options: given.text("options").map(str::to_owned),
            application: application(&given).to_owned(),
            connect_timeout: given.connect_timeout()?,
            tls: given.tls()?,
            channel_binding: given.channel_binding()?,
            session: given.session()?,
            shuffle: given.one_of("load_balance_hosts", &["disable", "random"])? == Some("random"),
            socket: given.socket()?,
            target,
        })
    }
}

fn application<'a>(given: &'a Given<'_>) -> &'a str {
    given.text("application_name").or(given.text("fallback_application_name")).unwrap_or(APPLICATION)
}

fn operating_system_user() -> Result<String, DsnError> {
    whoami::username().map_err(|_| {
        DsnError::new("no user is given and the operating system does not tell one").advise("write `postgres://user@…`")
    })
}

/// Pairs `host`, `hostaddr` and `port`, as libpq does.
fn hosts(given: &Given<'_>) -> Result<Vec<Host>, DsnError> {
    let names = given.list("host");
    let addresses = given.list("hostaddr");
    let ports = given.list("port");
    let count = names.len().max(addresses.len()).max(1);
    for (name, list) in [("host", &names), ("hostaddr", &addresses)] {
        if list.len() > 1 && list.len() != count {
            return Err(given.error(name, format!("{} {name} values do not fit {count} hosts", list.len())));
        }
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(given.error("port", format!("{} ports do not fit {count} hosts", ports.len())));
    }
    let mut hosts = Vec::new();
    for at in 0..count {
        let name = names.get(at).copied().unwrap_or_default();
        let address = match addresses.get(at).copied().unwrap_or_default() {
            "" => None,
            text => Some(text.parse().map_err(|_| given.error("hostaddr", "hostaddr is not an IP address"))?),
        };
        let port = match ports.get(at).or(ports.first()).copied().unwrap_or_default() {
            "" => PORT,
            text => text
                .parse::<u16>()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| given.error("port", "the port is not a number from 1 to 65535"))?,
        };
        // A decoded `@` may be what is left of a password; only an abstract socket begins with one.
        if name.char_indices().any(|(at, c)| (c == '@' && at > 0) || c.is_control()) {
            return Err(given.error("host", "a host holds a character that no host has"));
        }
        let bare = name.is_empty() && address.is_none();
        let names = if bare { SOCKET_DIRECTORIES.as_slice() } else { &[name] };
        hosts.extend(names.iter().map(|name| Host { name: (*name).to_owned(), address, port }));
    }
    Ok(hosts)
}

fn target(given: &Given<'_>, hosts: &[Host], user: &str, has_password: bool, database: &str) -> Target {
    // What stands in the address itself, and what must not be shown at all.
    const ELSEWHERE: &[&str] = &[
        "host",
        "port",
        "dbname",
        "user",
        "password",
        "sslpassword",
        "scram_client_key",
        "scram_server_key",
        "oauth_client_secret",
    ];
    let shown = |(name, setting): (&&'static str, &Setting<'_>)| {
        // Settings of the server's may hold secrets of extensions.
        let value = if *name == "options" { "***" } else { &setting.value };
        let shown = !ELSEWHERE.contains(name) && !setting.value.is_empty();
        shown.then(|| ((*name).to_owned(), value.to_owned()))
    };
    let parameters: BTreeMap<String, String> = given.settings.iter().filter_map(shown).collect();
    let secret = if has_password { ":***" } else { "" };
    let authorities = hosts.iter().map(|host| {
        let endpoint = host.endpoint();
        if endpoint.is_socket() {
            format!("{}:{}", percent_encode(&endpoint.host, ""), host.port)
        } else {
            endpoint.authority()
        }
    });
    let authorities = authorities.collect::<Vec<_>>().join(",");
    let mut redacted =
        format!("postgres://{}{secret}@{authorities}/{}", percent_encode(user, ""), percent_encode(database, ""));
    for (at, (name, value)) in parameters.iter().enumerate() {
        let mark = if at == 0 { '?' } else { '&' };
        redacted.push_str(&format!("{mark}{name}={}", percent_encode(value, "/:,*")));
    }
    Target {
        engine: "postgres",
        endpoints: hosts.iter().map(Host::endpoint).collect(),
        user: Some(user.to_owned()),
        has_password,
        database: Some(database.to_owned()),
        parameters,
        redacted,
    }
}

#[cfg(test)]
mod tests;
