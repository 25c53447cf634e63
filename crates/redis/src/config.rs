//! From a DSN to what the driver needs, each value checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dbprobe_core::{Dsn, DsnError, Endpoint, Piece, Secret, Target, percent_encode};
use dbprobe_net::{Identity, Roots, Verify};

use crate::uri::{Parts, parts};

mod given;

use given::{Given, Name};

/// Where a server is looked for when the DSN names no host, as in `redis-cli` and the clients.
const HOST: &str = "localhost";
const PORT: u16 = 6379;
/// What `CLIENT LIST` shows as `name` where the DSN names nothing else.
const CLIENT_NAME: &str = "dbprobe";

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Socket(PathBuf),
    Tcp { host: String, port: u16 },
}

/// Which version of the protocol is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Protocol {
    #[default]
    Resp2,
    /// Since Redis 6.
    Resp3,
}

/// TLS as the DSN asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    pub(crate) verify: Verify,
    pub(crate) roots: Roots,
    pub(crate) identity: Option<Identity>,
    /// The name that the certificate must carry and that the server is told; else the host.
    pub(crate) name: Option<String>,
}

/// A DSN, read.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) address: Address,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) database: u32,
    pub(crate) client_name: String,
    pub(crate) protocol: Protocol,
    pub(crate) tls: Option<TlsSettings>,
    pub(crate) target: Target,
}

impl Config {
    /// Reads `dsn`. No file is read and nothing is sent.
    pub(crate) fn read(dsn: &Dsn) -> Result<Self, DsnError> {
        let parts = parts(dsn.expose())?;
        let given = Given::new(&parts.parameters)?;
        let secure = matches!(dsn.scheme(), "rediss" | "valkeys");
        let (user, password) = login(&parts, &given)?;
        let local = dsn.scheme() == "redis+unix";
        let (address, database) = if local { socket(&parts, &given)? } else { server(&parts, &given)? };
        let tls = if secure { Some(tls(&parts, &given)?) } else { without_tls(&parts, &given)? };
        let client_name = client_name(&given)?;
        let protocol = match given.one_of(Name::Protocol, &["2", "3", "resp2", "resp3"])? {
            Some("3" | "resp3") => Protocol::Resp3,
            _ => Protocol::Resp2,
        };
        let target = target(dsn.scheme(), &address, (user.as_deref(), password.is_some()), database, &given);
        Ok(Self { address, user, password, database, client_name, protocol, tls, target })
    }
}

/// User and password: before the `@`, or as parameters. An empty one is none.
fn login(parts: &Parts<'_>, given: &Given<'_>) -> Result<(Option<String>, Option<Secret>), DsnError> {
    let (mut user, mut password) = (None, None);
    if let Some((before, behind)) = parts.login {
        user = Some(before.decode()?).filter(|user| !user.is_empty());
        password = Some(behind.decode()?).filter(|password| !password.is_empty());
    }
    for (name, slot) in [(Name::User, &mut user), (Name::Password, &mut password)] {
        if let Some(place) = given.written(name) {
            if slot.is_some() {
                return Err(place.error(format!("`{}` is given before the `@`, too", name.shown())));
            }
            *slot = given.text(name).map(str::to_owned);
        }
    }
    Ok((user, password.map(Secret::new)))
}

fn server(parts: &Parts<'_>, given: &Given<'_>) -> Result<(Address, u32), DsnError> {
    let host = parts.host.decode()?;
    // A decoded `@` may be what is left of a password.
    if host.contains('@') || host.chars().any(char::is_control) {
        return Err(parts.host.error("the host holds a character that no host has"));
    }
    let host = if host.is_empty() { HOST.to_owned() } else { host };
    let port = match parts.port {
        Some(piece) if !piece.is_empty() => {
            let port = piece.as_str().parse().ok().filter(|port| *port > 0);
            port.ok_or_else(|| piece.error("the port is not a number from 1 to 65535"))?
        }
        _ => PORT,
    };
    let path = parts.path.skip(usize::from(!parts.path.is_empty()));
    let path = if path.as_str().ends_with('/') { path.take(path.as_str().len() - 1) } else { path };
    match (path.is_empty(), given.written(Name::Database)) {
        (false, Some(place)) => Err(place.error("the database is given in the path, too")),
        (false, None) => Ok((Address::Tcp { host, port }, number(path)?)),
        (true, _) => Ok((Address::Tcp { host, port }, database(given)?)),
    }
}

fn socket(parts: &Parts<'_>, given: &Given<'_>) -> Result<(Address, u32), DsnError> {
    if !parts.host.is_empty() || parts.port.is_some() {
        return Err(parts.host.error("a Unix socket has no host").advise("write `redis+unix:///path/to/socket`"));
    }
    let path = parts.path.decode()?;
    if path.len() < 2 {
        return Err(parts
            .path
            .error("the path of the socket is missing")
            .advise("write `redis+unix:///path/to/socket`"));
    }
    Ok((Address::Socket(PathBuf::from(path)), database(given)?))
}

fn database(given: &Given<'_>) -> Result<u32, DsnError> {
    given.place(Name::Database).map_or(Ok(0), number)
}

/// The number of a database. The server knows how many it has; 4 bytes are more than any.
fn number(piece: Piece<'_>) -> Result<u32, DsnError> {
    let digits = piece.as_str().bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| piece.as_str().parse().ok()).flatten();
    number.ok_or_else(|| piece.error("the database is not a number").advise("Redis numbers its databases from 0"))
}

/// `CLIENT SETNAME` takes neither spaces nor line ends (`networking.c`, `clientSetName`).
fn client_name(given: &Given<'_>) -> Result<String, DsnError> {
    match (given.text(Name::Session), given.place(Name::Session)) {
        (Some(name), Some(place)) if !name.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(place.error("the client's name holds something else than printable ASCII without spaces"))
        }
        (name, _) => Ok(name.unwrap_or(CLIENT_NAME).to_owned()),
    }
}

/// The weakest of what is asked for counts: whoever turns the check of the name off means it.
fn tls(parts: &Parts<'_>, given: &Given<'_>) -> Result<TlsSettings, DsnError> {
    let insecure = match parts.fragment.map(|fragment| (fragment, fragment.as_str())) {
        None | Some((_, "")) => false,
        Some((_, "insecure")) => true, // the Rust client's way
        Some((fragment, _)) => return Err(fragment.error("what follows the `#` is not `insecure`")),
    };
    let insecure = insecure || given.flag(Name::Insecure)? == Some(true);
    let requirement = given.one_of(Name::VerifyRequirement, &["none", "optional", "required"])?;
    let peer = given.one_of(Name::VerifyPeer, &["none", "ca", "full", "true", "false"])?;
    let by_name = given.flag(Name::CheckHostname)?.unwrap_or(true);
    let verify = match peer {
        _ if insecure || requirement == Some("none") => Verify::None,
        Some("none" | "false") => Verify::None,
        Some("ca") => Verify::Ca,
        _ if !by_name => Verify::Ca,
        _ => Verify::Full,
    };
    let identity = match (given.path(Name::TlsCertificate), given.path(Name::TlsKey)) {
        (None, None) => None,
        (Some(certificate), key) => {
            // One PEM file may hold both.
            let key = key.unwrap_or_else(|| certificate.clone());
            Some(Identity { certificate, key })
        }
        (None, Some(_)) => {
            let place = given.written(Name::TlsKey).unwrap_or(parts.host);
            return Err(place.error("`key` without `cert`"));
        }
    };
    let roots = given.path(Name::TlsAuthority).map_or(Roots::System, Roots::File);
    Ok(TlsSettings { verify, roots, identity, name: given.text(Name::Sni).map(str::to_owned) })
}

/// Refuses what would be dropped.
fn without_tls(parts: &Parts<'_>, given: &Given<'_>) -> Result<Option<TlsSettings>, DsnError> {
    const REMEDY: &str = "write `rediss://` for TLS";
    if let Some(place) = given.about_tls() {
        return Err(place.error("a parameter of TLS without TLS").advise(REMEDY));
    }
    match parts.fragment.filter(|fragment| !fragment.is_empty()) {
        Some(fragment) => Err(fragment.error("nothing may follow a `#` here").advise(REMEDY)),
        None => Ok(None),
    }
}

fn target(
    scheme: &str,
    address: &Address,
    (user, has_password): (Option<&str>, bool),
    database: u32,
    given: &Given<'_>,
) -> Target {
    // What stands in the address itself, and what must not be shown at all.
    let elsewhere = |name: Name| matches!(name, Name::Database | Name::Password | Name::User);
    let shown = given.0.iter().filter(|setting| !elsewhere(setting.name));
    let parameters: BTreeMap<String, String> =
        shown.map(|setting| (setting.name.shown().to_owned(), setting.value.clone())).collect();
    let secret = if has_password { ":***" } else { ":" };
    let login = match user {
        Some(user) => format!("{}{secret}@", percent_encode(user, "")),
        None if has_password => ":***@".to_owned(),
        None => String::new(),
    };
    let endpoint = match address {
        Address::Socket(path) => Endpoint { host: path.display().to_string(), port: None },
        Address::Tcp { host, port } => Endpoint { host: host.clone(), port: Some(*port) },
    };
    let mut pairs: Vec<(&str, String)> =
        parameters.iter().map(|(name, value)| (name.as_str(), percent_encode(value, "/:,"))).collect();
    let place = match address {
        Address::Socket(path) => {
            if database > 0 {
                pairs.insert(0, ("db", database.to_string()));
            }
            percent_encode(&path.display().to_string(), "/")
        }
        Address::Tcp { .. } => format!("{}/{database}", endpoint.authority()),
    };
    let query = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    Target {
        engine: "redis",
        endpoints: vec![endpoint],
        user: user.map(str::to_owned),
        has_password,
        database: Some(database.to_string()),
        parameters,
        redacted: format!("{scheme}://{login}{place}{mark}{query}"),
    }
}

#[cfg(test)]
mod tests;
