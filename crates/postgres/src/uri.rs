//! The grammar of libpq's connection URIs: text → settings, each with its place.
//!
//! Source: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS>, and for the corners
//! `conninfo_uri_parse_options` in `fe-connect.c`.

use dbprobe_core::{DsnError, Piece};

/// One setting, decoded, with the place it was written at.
#[derive(Clone)]
pub(crate) struct Setting<'a> {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) place: Piece<'a>,
}

/// Every parameter keyword of libpq 18, in the order of its documentation.
///
/// Those that dbprobe does not carry out are refused by `config`, not dropped.
pub(crate) const PARAMETERS: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "require_auth",
    "channel_binding",
    "connect_timeout",
    "client_encoding",
    "options",
    "application_name",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "sslmode",
    "requiressl",
    "sslnegotiation",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslkeylogfile",
    "sslpassword",
    "sslcertmode",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "min_protocol_version",
    "max_protocol_version",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "target_session_attrs",
    "load_balance_hosts",
    "oauth_issuer",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_scope",
];

const ENCODE: &str = "in a user name or password write `@` as `%40`, `/` as `%2F`, `:` as `%3A` and `%` as `%25`";

/// Reads `postgres[ql]://[user[:password]@][host][:port][,…][/dbname][?name=value[&…]]`.
///
/// # Errors
/// Whatever libpq refuses, and a `@` in a host: libpq would send what may be half a password to the resolver.
pub(crate) fn settings(text: &str) -> Result<Vec<Setting<'_>>, DsnError> {
    let whole = Piece::whole(text);
    let rest = match text.find("://") {
        Some(at) => whole.skip(at + "://".len()),
        None => {
            return Err(whole.skip(text.find(':').unwrap_or(0)).take(1).error("`://` is missing behind the scheme"));
        }
    };
    let mut settings = Vec::new();
    let rest = user_info(rest, &mut settings)?;
    let (before_query, query) = rest.cut('?');
    let (authority, database) = before_query.cut('/');
    host_list(authority, &mut settings)?;
    if let Some(database) = database {
        // More likely the rest of a password with a `/` in it than a database's name, so it must not be shown as one.
        if let Some(at) = database.as_str().find('@') {
            return Err(database.skip(at).take(1).error("there is a `@` behind the host").advise(ENCODE));
        }
        settings.push(Setting { name: "dbname", value: database.decode()?, place: database });
    }
    query.map_or(Ok(()), |query| parameters(query, &mut settings))?;
    Ok(settings)
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

/// Reads `host[:port][,host[:port]…]` into one `host` and one `port` setting, as libpq has them.
fn host_list<'a>(authority: Piece<'a>, settings: &mut Vec<Setting<'a>>) -> Result<(), DsnError> {
    if let Some(at) = authority.as_str().find('@') {
        return Err(authority.skip(at).take(1).error("there is a `@` in the host").advise(ENCODE));
    }
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for one in authority.split(',') {
        let (host, port) = host_and_port(one)?;
        hosts.push(host.decode()?);
        let digits = port.map(|port| port.as_str()).unwrap_or_default();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let place = port.unwrap_or(one);
            return Err(place.error("the port is not a number").advise(ENCODE));
        }
        ports.push(digits);
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        settings.push(Setting { name: "host", value: hosts.join(","), place: authority });
    }
    if ports.iter().any(|port| !port.is_empty()) {
        settings.push(Setting { name: "port", value: ports.join(","), place: authority });
    }
    Ok(())
}

fn host_and_port(one: Piece<'_>) -> Result<(Piece<'_>, Option<Piece<'_>>), DsnError> {
    if !one.as_str().starts_with('[') {
        return Ok(one.cut(':'));
    }
    let (host, behind) = one.skip(1).cut(']');
    let Some(behind) = behind else { return Err(one.take(1).error("`[` without `]`")) };
    match behind.as_str().chars().next() {
        None => Ok((host, None)),
        Some(':') => Ok((host, Some(behind.skip(1)))),
        Some(_) => Err(behind.error("only `:` and a port may stand behind `]`")),
    }
}

/// Reads `name=value[&name=value…]`; of a name given twice the last value counts, as in libpq.
fn parameters<'a>(query: Piece<'a>, settings: &mut Vec<Setting<'a>>) -> Result<(), DsnError> {
    for one in query.split('&').into_iter().filter(|one| !one.is_empty()) {
        let (name, value) = one.cut('=');
        let Some(place) = value else {
            return Err(one.error("a parameter without `=`").advise(ENCODE));
        };
        if let Some(at) = place.as_str().find('=') {
            return Err(place.skip(at).take(1).error("a second `=` in one parameter").advise("write it as `%3D`"));
        }
        let (decoded, value) = (name.decode()?, place.decode()?);
        // JDBC's spelling, which libpq takes, too.
        if decoded == "ssl" && value == "true" {
            settings.push(Setting { name: "sslmode", value: "require".to_owned(), place });
            continue;
        }
        let Some(name) = PARAMETERS.iter().find(|known| **known == decoded) else {
            return Err(name.unknown_parameter(PARAMETERS));
        };
        settings.push(Setting { name, value, place });
    }
    Ok(())
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
    fn the_examples_of_the_manual_are_read_as_it_says() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("postgresql://", &[]),
            ("postgresql://localhost", &[("host", "localhost")]),
            ("postgresql://localhost:5433", &[("host", "localhost"), ("port", "5433")]),
            ("postgresql://localhost/mydb", &[("host", "localhost"), ("dbname", "mydb")]),
            ("postgresql://user@localhost", &[("user", "user"), ("host", "localhost")]),
            ("postgresql://user:secret@localhost", &[("user", "user"), ("password", "secret"), ("host", "localhost")]),
            (
                "postgresql://host1:123,host2:456/somedb?target_session_attrs=any&application_name=myapp",
                &[
                    ("host", "host1,host2"),
                    ("port", "123,456"),
                    ("dbname", "somedb"),
                    ("target_session_attrs", "any"),
                    ("application_name", "myapp"),
                ],
            ),
            (
                "postgresql:///mydb?host=localhost&port=5433",
                &[("dbname", "mydb"), ("host", "localhost"), ("port", "5433")],
            ),
            ("postgresql://[2001:db8::1234]/database", &[("host", "2001:db8::1234"), ("dbname", "database")]),
            ("postgresql:///dbname?host=/var/lib/postgresql", &[("dbname", "dbname"), ("host", "/var/lib/postgresql")]),
            ("postgresql://%2Fvar%2Flib%2Fpostgresql/dbname", &[("host", "/var/lib/postgresql"), ("dbname", "dbname")]),
            ("postgres://h?ssl=true", &[("host", "h"), ("sslmode", "require")]),
            (
                "postgres://u%40x:p%3A%2F%40@h:1,[::1]:2/d",
                &[("user", "u@x"), ("password", "p:/@"), ("host", "h,::1"), ("port", "1,2"), ("dbname", "d")],
            ),
            ("postgres://u:p:q?r@h", &[("user", "u"), ("password", "p:q?r"), ("host", "h")]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), pairs(expected), "{text}");
        }
    }

    #[test]
    fn errors_point_at_the_character_and_repeat_nothing() {
        let cases = [
            ("postgres:u:hunter2@h/d", "`://` is missing behind the scheme at column 9"),
            ("postgres://u:hun@ter2@h/d", "there is a `@` in the host at column 22"),
            ("postgres://u:hunter2/x@h/d", "the port is not a number at column 14"),
            ("postgres://h:hunter2", "the port is not a number at column 14"),
            ("postgres://u:12/hun@ter2@h/d", "there is a `@` behind the host at column 20"),
            ("postgres://u/hunter2@h/d", "there is a `@` behind the host at column 21"),
            ("postgres://u:hunter2%zz@h", "`%` is not followed by two hexadecimal digits at column 21"),
            ("postgres://[::1/d", "`[` without `]` at column 12"),
            ("postgres://[::1]hunter2/d", "only `:` and a port may stand behind `]` at column 17"),
            ("postgres://h/d?sslmod=require", "unknown parameter `sslmod` at column 16, did you mean `sslmode`?"),
            ("postgres://h/d?hunter2=x", "unknown parameter at column 16"),
            ("postgres://h/d?hunter2", "a parameter without `=` at column 16"),
            ("postgres://h/d?password=hun=ter2", "a second `=` in one parameter at column 28"),
        ];
        for (text, expected) in cases {
            let error = settings(text).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(expected), "{text}");
        }
    }
}
