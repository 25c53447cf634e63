//! The grammar of a DSN: text → settings, each with its place.
//!
//! Two spellings. As a URL (RFC 3986), `mysql://user:password@host:port/database?name=value`, with percent-encoding; and
//! as go-sql-driver has it behind the scheme, `user:password@tcp(host:port)/database?name=value`, where the user and the
//! password stand as they are, up to the last `@` before the protocol
//! (<https://github.com/go-sql-driver/mysql#dsn-data-source-name>).

use dbprobe_core::{DsnError, Piece};

/// One setting, decoded, with the place it was written at.
#[derive(Clone)]
pub(crate) struct Setting<'a> {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) place: Piece<'a>,
}

/// Parameters that are carried out: MySQL's option names, and go-sql-driver's `tls` and `timeout`.
pub(crate) const CARRIED_OUT: &[&str] = &[
    "connect_timeout",
    "get-server-public-key",
    "socket",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "timeout",
    "tls",
];

/// Parameters of go-sql-driver that say how its caller sees values or how it keeps connections: they change nothing for
/// a probe, which always speaks utf8mb4. They are accepted, so that an application's DSN can be given as it is.
pub(crate) const WITHOUT_EFFECT: &[&str] = &[
    "allowNativePasswords",
    "charset",
    "checkConnLiveness",
    "clientFoundRows",
    "collation",
    "columnsWithAlias",
    "interpolateParams",
    "loc",
    "maxAllowedPacket",
    "multiStatements",
    "parseTime",
    "readTimeout",
    "rejectReadOnly",
    "timeTruncate",
    "writeTimeout",
];

/// Parameters that would change what a connection does, and that dbprobe does not carry out.
pub(crate) const REFUSED: &[&str] = &[
    "allowAllFiles",
    "allowCleartextPasswords",
    "allowFallbackToPlaintext",
    "allowOldPasswords",
    "compress",
    "connectionAttributes",
    "serverPubKey",
    "ssl-capath",
    "ssl-cipher",
    "ssl-crl",
    "tls-version",
];

/// Settings that stand in the address, by the names under which they are looked up.
pub(crate) const ADDRESS: &[&str] = &["user", "password", "host", "port", "path", "database"];

const ENCODE: &str = "in a user name or password write `@` as `%40`, `/` as `%2F`, `:` as `%3A` and `%` as `%25`";

/// Reads a DSN.
///
/// # Errors
/// With the place of what cannot be read.
pub(crate) fn settings(text: &str) -> Result<Vec<Setting<'_>>, DsnError> {
    let whole = Piece::whole(text);
    let scheme = text.find(':').map_or(0, |at| at + 1);
    let Some(rest) = text[scheme..].strip_prefix("//") else {
        return Err(whole.skip(scheme.saturating_sub(1)).error("`://` is missing behind the scheme"));
    };
    if let Some(at) = text.find(|c: char| c.is_control()) {
        let width = text[at..].chars().next().map_or(1, char::len_utf8);
        return Err(whole.skip(at).take(width).error("a control character is not allowed"));
    }
    let mut settings = Vec::new();
    let rest = whole.skip(text.len() - rest.len());
    let query = match protocol(rest.as_str()) {
        Some(at) => go(rest, at, &mut settings)?,
        None => url(rest, &mut settings)?,
    };
    query.map_or(Ok(()), |query| parameters(query, &mut settings))?;
    Ok(settings)
}

/// Where the protocol of go-sql-driver's form begins: the last one counts, what looks like one before it belongs to the
/// password.
fn protocol(rest: &str) -> Option<usize> {
    const PROTOCOLS: [&str; 4] = ["tcp(", "tcp4(", "tcp6(", "unix("];
    let starts = |at: &usize| PROTOCOLS.iter().any(|word| rest[*at..].starts_with(word));
    let behind = rest.match_indices('@').map(|(at, _)| at + 1).rfind(starts);
    behind.or_else(|| Some(0).filter(starts))
}

/// Reads `[user[:password]@]protocol(address)[/database]`; what stands behind the `?` is left.
fn go<'a>(rest: Piece<'a>, at: usize, settings: &mut Vec<Setting<'a>>) -> Result<Option<Piece<'a>>, DsnError> {
    if at > 0 {
        let (user, password) = rest.take(at - 1).cut(':');
        settings.push(Setting { name: "user", value: user.as_str().to_owned(), place: user });
        if let Some(password) = password {
            settings.push(Setting { name: "password", value: password.as_str().to_owned(), place: password });
        }
    }
    let (protocol, behind) = rest.skip(at).cut('(');
    let address = behind.unwrap_or(protocol);
    let Some(end) = address.as_str().find(')') else {
        return Err(address.take(1).error("`(` without `)`"));
    };
    let (inside, behind) = (address.take(end), address.skip(end + 1));
    if protocol.as_str() == "unix" {
        if inside.is_empty() {
            return Err(address.take(1).error("a socket without its path"));
        }
        settings.push(Setting { name: "path", value: inside.as_str().to_owned(), place: inside });
    } else {
        host_and_port(inside, settings, |piece| Ok(piece.as_str().to_owned()))?;
    }
    let (database, query) = behind.cut('?');
    let database = match database.as_str().chars().next() {
        None => return Ok(query),
        Some('/') => database.skip(1),
        Some(_) => return Err(database.error("only `/` and a database may stand behind `)`")),
    };
    if let Some(at) = database.as_str().find('/') {
        return Err(database
            .skip(at)
            .take(1)
            .error("there is a `/` in the database's name")
            .advise("write it as `%2F`"));
    }
    settings.push(Setting { name: "database", value: database.decode()?, place: database });
    Ok(query)
}

/// Reads `[user[:password]@][host[:port]][/database]`; what stands behind the `?` is left.
fn url<'a>(rest: Piece<'a>, settings: &mut Vec<Setting<'a>>) -> Result<Option<Piece<'a>>, DsnError> {
    let rest = user_info(rest, settings)?;
    let (location, query) = rest.cut('?');
    let (authority, database) = location.cut('/');
    if let Some(at) = authority.as_str().find('@') {
        return Err(authority.skip(at).take(1).error("there is a `@` in the host").advise(ENCODE));
    }
    host_and_port(authority, settings, |piece| piece.decode())?;
    if let Some(database) = database.filter(|database| !database.is_empty()) {
        if let Some(at) = database.as_str().find('@') {
            return Err(database.skip(at).take(1).error("there is a `@` behind the host").advise(ENCODE));
        }
        if let Some(at) = database.as_str().find('/') {
            return Err(database.skip(at).take(1).error("there is a second `/` behind the host").advise(ENCODE));
        }
        settings.push(Setting { name: "database", value: database.decode()?, place: database });
    }
    Ok(query)
}

/// Takes `user[:password]@` off, where a `@` comes before the first `/`.
fn user_info<'a>(rest: Piece<'a>, settings: &mut Vec<Setting<'a>>) -> Result<Piece<'a>, DsnError> {
    let end = rest.as_str().find(['@', '/']).filter(|at| rest.as_str()[*at..].starts_with('@'));
    let Some(end) = end else { return Ok(rest) };
    let (user, password) = rest.take(end).cut(':');
    settings.push(Setting { name: "user", value: user.decode()?, place: user });
    if let Some(password) = password {
        settings.push(Setting { name: "password", value: password.decode()?, place: password });
    }
    Ok(rest.skip(end + 1))
}

/// Reads `host[:port]`, with brackets round an IPv6 address.
fn host_and_port<'a>(
    authority: Piece<'a>,
    settings: &mut Vec<Setting<'a>>,
    decode: impl Fn(Piece<'a>) -> Result<String, DsnError>,
) -> Result<(), DsnError> {
    if let Some(at) = authority.as_str().find(',') {
        let error = authority.skip(at).take(1).error("several hosts in one DSN");
        return Err(error.advise("give one DSN for each server: each of them has a state of its own"));
    }
    let (host, port) = if authority.as_str().starts_with('[') {
        let (host, behind) = authority.skip(1).cut(']');
        match behind {
            None => return Err(authority.take(1).error("`[` without `]`")),
            Some(behind) if behind.is_empty() => (host, None),
            Some(behind) if behind.as_str().starts_with(':') => (host, Some(behind.skip(1))),
            Some(behind) => return Err(behind.error("only `:` and a port may stand behind `]`")),
        }
    } else {
        authority.cut(':')
    };
    if let Some(port) = port.filter(|port| !port.is_empty()) {
        if !port.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(port.error("the port is not a number").advise(ENCODE));
        }
        settings.push(Setting { name: "port", value: port.as_str().to_owned(), place: port });
    }
    let name = decode(host)?;
    if name.starts_with(['/', '@']) {
        settings.push(Setting { name: "path", value: name, place: host });
    } else if !name.is_empty() {
        if name.chars().any(|c| c == '@' || c == '/' || c.is_control() || c.is_whitespace()) {
            return Err(host.error("a host holds a character that no host has").advise(ENCODE));
        }
        settings.push(Setting { name: "host", value: name, place: host });
    }
    Ok(())
}

/// Reads `name=value[&name=value…]`; of a name given twice the last value counts.
fn parameters<'a>(query: Piece<'a>, settings: &mut Vec<Setting<'a>>) -> Result<(), DsnError> {
    for one in query.split('&').into_iter().filter(|one| !one.is_empty()) {
        let (name, value) = one.cut('=');
        let Some(place) = value else {
            return Err(one.error("a parameter without `=`").advise(ENCODE));
        };
        let (decoded, value) = (name.decode()?, place.decode()?);
        if let Some(name) = REFUSED.iter().find(|known| **known == decoded) {
            let error = place.error(format!("dbprobe does not carry out the parameter `{name}`"));
            return Err(error.advise("leave it out, or check through a connection that does not need it"));
        }
        let mut known = CARRIED_OUT.iter().chain(WITHOUT_EFFECT);
        let Some(name) = known.find(|known| **known == decoded) else {
            return Err(name.unknown_parameter(CARRIED_OUT));
        };
        settings.push(Setting { name, value, place });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
