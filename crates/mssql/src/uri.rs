//! The grammar of the DSN: text → settings, each with its place.
//!
//! The parameters and their spellings are those of go-mssqldb and ADO.NET: in any case, with spaces or without.
//! Sources: <https://github.com/microsoft/go-mssqldb#connection-parameters-and-dsn>,
//! <https://learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconnection.connectionstring>.

use dbprobe_core::{DsnError, Piece};

/// One setting, decoded, with the place it was written at.
#[derive(Clone)]
pub(crate) struct Setting<'a> {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) place: Piece<'a>,
}

/// Every parameter that is known, as its documentation spells it. Those that dbprobe does not carry out are refused by
/// `config`, not dropped.
pub(crate) const PARAMETERS: &[&str] = &[
    "database",
    "instance",
    "user id",
    "password",
    "encrypt",
    "TrustServerCertificate",
    "hostNameInCertificate",
    "certificate",
    "serverCertificate",
    "tlsmin",
    "app name",
    "ApplicationIntent",
    "connection timeout",
    "dial timeout",
    "keepAlive",
    "packet size",
    "Workstation ID",
    "MultiSubnetFailover",
    "server",
    "port",
    "authenticator",
    "change password",
    "columnencryption",
    "disableretry",
    "epa enabled",
    "failoverpartner",
    "failoverport",
    "fedauth",
    "guid conversion",
    "log",
    "notraceid",
    "pipe",
    "protocol",
    "ServerSPN",
    "timezone",
];

/// Other spellings of the same, squeezed.
const SYNONYMS: &[(&str, &str)] = &[
    ("applicationname", "app name"),
    ("connecttimeout", "connection timeout"),
    ("initialcatalog", "database"),
    ("pwd", "password"),
    ("uid", "user id"),
    ("user", "user id"),
    ("username", "user id"),
    ("wsid", "Workstation ID"),
];

const ENCODE: &str =
    "in a user name or password write `@` as `%40`, `/` as `%2F`, `?` as `%3F`, `:` as `%3A` and `%` as `%25`";

/// Reads `sqlserver://[user[:password]@][host[\instance]][:port][/database][?name=value[&…]]`.
///
/// # Errors
/// Whatever does not fit into this grammar, and a setting that is given twice with two values.
pub(crate) fn settings(text: &str) -> Result<Vec<Setting<'_>>, DsnError> {
    let whole = Piece::whole(text);
    let rest = match text.find("://") {
        Some(at) => whole.skip(at + "://".len()),
        None => {
            return Err(whole.skip(text.find(':').unwrap_or(0)).take(1).error("`://` is missing behind the scheme"));
        }
    };
    let end = rest.as_str().find(['/', '?']).unwrap_or(rest.as_str().len());
    let (authority, behind) = (rest.take(end), rest.skip(end));
    let mut settings = Settings::default();
    let address = user_info(authority, &mut settings)?;
    host_and_port(address, &mut settings)?;
    let (path, query) = behind.cut('?');
    database(path.skip(1), &mut settings)?;
    query.map_or(Ok(()), |query| parameters(query, &mut settings))?;
    Ok(settings.0)
}

#[derive(Default)]
struct Settings<'a>(Vec<Setting<'a>>);

impl<'a> Settings<'a> {
    /// Adds a setting. Saying the same twice is harmless; two values are not, since one of them would be dropped.
    fn add(&mut self, name: &'static str, value: String, place: Piece<'a>) -> Result<(), DsnError> {
        match self.0.iter().find(|setting| setting.name == name) {
            Some(setting) if setting.value == value => Ok(()),
            Some(_) => Err(place.error(format!("`{name}` is given twice, with two values"))),
            None => {
                self.0.push(Setting { name, value, place });
                Ok(())
            }
        }
    }
}

/// Takes `user[:password]@` off.
fn user_info<'a>(authority: Piece<'a>, settings: &mut Settings<'a>) -> Result<Piece<'a>, DsnError> {
    let (info, address) = authority.cut('@');
    let Some(address) = address else { return Ok(authority) };
    if let Some(at) = address.as_str().find('@') {
        return Err(address.skip(at).take(1).error("there is a `@` in the host").advise(ENCODE));
    }
    let (user, password) = info.cut(':');
    if !user.is_empty() {
        settings.add("user id", user.decode()?, user)?;
    }
    if let Some(password) = password {
        settings.add("password", password.decode()?, password)?;
    }
    Ok(address)
}

fn host_and_port<'a>(address: Piece<'a>, settings: &mut Settings<'a>) -> Result<(), DsnError> {
    let (host, port) = bracketed(address)?;
    if let Some(port) = port.filter(|port| !port.is_empty()) {
        let number = port.as_str().parse::<u16>().ok().filter(|number| *number > 0);
        let Some(number) = number.filter(|_| port.as_str().bytes().all(|byte| byte.is_ascii_digit())) else {
            return Err(port.error("the port is not a number from 1 to 65535").advise(ENCODE));
        };
        settings.add("port", number.to_string(), port)?;
    }
    // `host\instance`, where the backslash is better written `%5C`.
    let name = host.decode()?;
    if let Some((name, instance)) = name.split_once('\\') {
        settings.add("instance", instance.to_owned(), host)?;
        return settings.add("server", name.to_owned(), host);
    }
    if name.is_empty() { Ok(()) } else { settings.add("server", name, host) }
}

/// Host and port; an IPv6 address stands in brackets.
fn bracketed(address: Piece<'_>) -> Result<(Piece<'_>, Option<Piece<'_>>), DsnError> {
    if !address.as_str().starts_with('[') {
        return Ok(address.cut(':'));
    }
    let (host, behind) = address.skip(1).cut(']');
    let Some(behind) = behind else { return Err(address.take(1).error("`[` without `]`")) };
    match behind.as_str().chars().next() {
        None => Ok((host, None)),
        Some(':') => Ok((host, Some(behind.skip(1)))),
        Some(_) => Err(behind.error("only `:` and a port may stand behind `]`")),
    }
}

fn database<'a>(path: Piece<'a>, settings: &mut Settings<'a>) -> Result<(), DsnError> {
    // More likely the rest of a password with a `/` in it than a database's name, so it must not be shown as one.
    if let Some(at) = path.as_str().find('@') {
        return Err(path.skip(at).take(1).error("there is a `@` behind the host").advise(ENCODE));
    }
    if let Some(at) = path.as_str().find('/') {
        let error = path.skip(at).take(1).error("there is a second `/` behind the host");
        return Err(error.advise("the path is the database, an instance is given by `?instance=`; write `/` as `%2F`"));
    }
    if path.is_empty() { Ok(()) } else { settings.add("database", path.decode()?, path) }
}

fn parameters<'a>(query: Piece<'a>, settings: &mut Settings<'a>) -> Result<(), DsnError> {
    for one in query.split('&').into_iter().filter(|one| !one.is_empty()) {
        let (name, value) = one.cut('=');
        let Some(place) = value else {
            return Err(one.error("a parameter without `=`").advise(ENCODE));
        };
        if let Some(at) = place.as_str().find('=') {
            return Err(place.skip(at).take(1).error("a second `=` in one parameter").advise("write it as `%3D`"));
        }
        let (decoded, value) = (name.decode()?, place.decode()?);
        let Some(known) = known(&decoded) else { return Err(unknown(name)) };
        if matches!(known, "server" | "port") {
            let error = name.error(format!("`{known}` is part of the address"));
            return Err(error.advise("write sqlserver://user@HOST:PORT/database"));
        }
        settings.add(known, value, place)?;
    }
    Ok(())
}

/// The documented spelling of `name`.
fn known(name: &str) -> Option<&'static str> {
    let squeezed = squeeze(name);
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == squeezed).map(|(_, name)| *name);
    synonym.or_else(|| PARAMETERS.iter().find(|known| squeeze(known) == squeezed).copied())
}

/// In lower case and without spaces, of which a `+` is one in a URL.
fn squeeze(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '+')).map(|c| c.to_ascii_lowercase()).collect()
}

/// The nearest name is looked for among those written as the user writes.
fn unknown(name: Piece<'_>) -> DsnError {
    let lower: Vec<String> = PARAMETERS.iter().map(|known| known.to_ascii_lowercase()).collect();
    let is_lower = !name.as_str().bytes().any(|byte| byte.is_ascii_uppercase());
    let names: Vec<&str> = if is_lower { lower.iter().map(String::as_str).collect() } else { PARAMETERS.to_vec() };
    name.unknown_parameter(&names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&'static str, String)> {
        settings(text).expect(text).into_iter().map(|setting| (setting.name, setting.value)).collect()
    }

    fn pairs(expected: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        expected.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn every_spelling_of_the_documentation_is_read() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("sqlserver://", &[]),
            ("mssql://db", &[("server", "db")]),
            (
                "sqlserver://sa:s3cret@db:1434/orders",
                &[
                    ("user id", "sa"),
                    ("password", "s3cret"),
                    ("port", "1434"),
                    ("server", "db"),
                    ("database", "orders"),
                ],
            ),
            (
                "sqlserver://db?Database=orders&USER%20ID=sa&Password=p%26q",
                &[("server", "db"), ("database", "orders"), ("user id", "sa"), ("password", "p&q")],
            ),
            ("sqlserver://db?user+id=me@srv", &[("server", "db"), ("user id", "me@srv")]),
            ("sqlserver://db%5Cexpress/x", &[("instance", "express"), ("server", "db"), ("database", "x")]),
            ("sqlserver://db\\express", &[("instance", "express"), ("server", "db")]),
            ("sqlserver://[::1]:1433", &[("port", "1433"), ("server", "::1")]),
            ("sqlserver://h?trust server certificate=true", &[("server", "h"), ("TrustServerCertificate", "true")]),
            ("sqlserver://h?Application+Name=x", &[("server", "h"), ("app name", "x")]),
            ("sqlserver://h?Connect Timeout=5", &[("server", "h"), ("connection timeout", "5")]),
            ("sqlserver://h/d?database=d", &[("server", "h"), ("database", "d")]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), pairs(expected), "{text}");
        }
    }

    #[test]
    fn errors_point_at_the_character_and_repeat_nothing() {
        let cases = [
            ("sqlserver:u:hunter2@h/d", "`://` is missing behind the scheme at column 10"),
            ("sqlserver://u:hun@ter2@h/d", "there is a `@` in the host at column 23"),
            ("sqlserver://u:hunter2/x@h/d", "the port is not a number from 1 to 65535 at column 15"),
            ("sqlserver://u:12/hun@ter2@h/d", "there is a `@` behind the host at column 21"),
            ("sqlserver://u/hunter2@h/d", "there is a `@` behind the host at column 22"),
            ("sqlserver://u:hunter2%zz@h", "`%` is not followed by two hexadecimal digits at column 22"),
            ("sqlserver://[::1/d", "`[` without `]` at column 13"),
            ("sqlserver://h/a/b", "there is a second `/` behind the host at column 16"),
            ("sqlserver://h/d?database=e", "`database` is given twice, with two values at column 26"),
            ("sqlserver://a@h/d?uid=b", "`user id` is given twice, with two values at column 23"),
            ("sqlserver://h?encrpt=true", "unknown parameter `encrpt` at column 15, did you mean `encrypt`?"),
            (
                "sqlserver://h?trustservercertifcate=true",
                "unknown parameter `trustservercertifcate` at column 15, did you mean `trustservercertificate`?",
            ),
            ("sqlserver://h?hunter2=x", "unknown parameter at column 15"),
            ("sqlserver://h?hunter2", "a parameter without `=` at column 15"),
            ("sqlserver://h?password=hun=ter2", "a second `=` in one parameter at column 27"),
            ("sqlserver://h?port=1", "`port` is part of the address at column 15"),
        ];
        for (text, expected) in cases {
            let error = settings(text).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(expected), "{text}");
        }
    }
}
