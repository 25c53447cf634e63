//! Command lines of the engines' own clients. A password is never part of one: each asks for it.

use dbprobe_core::{Endpoint, Target};

use super::sql;

/// `word` as a shell takes it for one word (POSIX.1-2024, section 2.2).
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The words of a command line.
pub(super) struct Line(String);

impl Line {
    pub(super) fn new(program: &str) -> Self {
        Self(program.to_owned())
    }

    /// With words that need no quotes.
    pub(super) fn raw(mut self, words: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(words);
        self
    }

    /// With one word, quoted where it needs it.
    pub(super) fn word(self, word: &str) -> Self {
        let word = quoted(word);
        self.raw(&word)
    }

    /// With an option and its value, where there is one.
    pub(super) fn option(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.raw(name).word(value),
            None => self,
        }
    }

    pub(super) fn end(self) -> String {
        self.0
    }
}

/// What a client is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To log in as the DSN does.
    LogIn,
    /// To list the databases.
    Databases,
    /// To see who is connected, as an administrator for whom a place is kept.
    Sessions,
    /// To see what room is left.
    Room,
}

/// The client of `target`'s engine for `purpose`; nothing where it has none.
pub(super) fn client(target: &Target, purpose: Purpose) -> Option<String> {
    let endpoint = target.endpoints.first();
    match target.engine {
        "postgres" => Some(psql(target, endpoint?, purpose)),
        "mysql" => Some(mysql(target, endpoint?, purpose)),
        "redis" => Some(redis(target, endpoint?, purpose)),
        "mssql" => Some(sqlcmd(target, endpoint?, purpose)),
        "sqlite" => Some(Line::new("sqlite3").word(target.database.as_deref()?).word(sql::SQLITE_CHECK).end()),
        "http" => Some(Line::new("curl -sSi").option("-u", target.user.as_deref()).word(&page(target)).end()),
        // Servers let nobody log in before STARTTLS, which `--ssl` asks for where it is offered.
        "smtp" => {
            Some(Line::new("curl -v --ssl").option("-u", target.user.as_deref()).word(&mail(target, endpoint?)).end())
        }
        "tcp" => Some(Line::new("nc -v").word(&endpoint?.host).word(&endpoint?.port?.to_string()).end()),
        _ => None,
    }
}

fn port(endpoint: &Endpoint) -> Option<String> {
    endpoint.port.map(|port| port.to_string())
}

fn psql(target: &Target, endpoint: &Endpoint, purpose: Purpose) -> String {
    let line = Line::new("psql").option("-h", Some(&endpoint.host)).option("-p", port(endpoint).as_deref());
    match purpose {
        Purpose::LogIn => line.option("-U", target.user.as_deref()).option("-d", target.database.as_deref()),
        Purpose::Databases => line.option("-U", target.user.as_deref()).raw("-d postgres -l"),
        Purpose::Room => line.option("-U", target.user.as_deref()).raw("-d postgres -c '\\l+'"),
        Purpose::Sessions => line.raw("-U postgres -d postgres -c").word(sql::POSTGRES_ACTIVITY),
    }
    .end()
}

fn mysql(target: &Target, endpoint: &Endpoint, purpose: Purpose) -> String {
    let program = match purpose {
        Purpose::LogIn | Purpose::Databases => "mysql",
        Purpose::Room => "mysqlshow",
        Purpose::Sessions => "mysqladmin",
    };
    let line = if endpoint.is_socket() {
        Line::new(program).option("-S", Some(&endpoint.host))
    } else {
        Line::new(program).option("-h", Some(&endpoint.host)).option("-P", port(endpoint).as_deref())
    };
    match purpose {
        Purpose::LogIn => {
            let line = line.option("-u", target.user.as_deref()).raw("-p");
            target.database.as_deref().map_or_else(|| line.0.clone(), |name| format!("{} {}", line.0, quoted(name)))
        }
        Purpose::Databases => line.option("-u", target.user.as_deref()).raw("-p -e").word(sql::MYSQL_DATABASES).end(),
        Purpose::Room => line
            .option("-u", target.user.as_deref())
            .raw("-p --status")
            .word(target.database.as_deref().unwrap_or("mysql"))
            .end(),
        Purpose::Sessions => line.raw("-u root -p processlist").end(),
    }
}

fn redis(target: &Target, endpoint: &Endpoint, purpose: Purpose) -> String {
    let line = if endpoint.is_socket() {
        Line::new("redis-cli").option("-s", Some(&endpoint.host))
    } else {
        Line::new("redis-cli").option("-h", Some(&endpoint.host)).option("-p", port(endpoint).as_deref())
    };
    let tls = target.redacted.starts_with("rediss:") || target.redacted.starts_with("valkeys:");
    let line = if tls { line.raw("--tls") } else { line };
    let line = line.option("--user", target.user.as_deref());
    let line = if target.has_password || target.user.is_some() { line.raw("--askpass") } else { line };
    match purpose {
        Purpose::LogIn => line.raw("PING").end(),
        Purpose::Databases => line.raw("INFO keyspace").end(),
        Purpose::Sessions => line.raw("CLIENT LIST").end(),
        Purpose::Room => line.raw("INFO memory").end(),
    }
}

fn sqlcmd(target: &Target, endpoint: &Endpoint, purpose: Purpose) -> String {
    let at = port(endpoint).map_or_else(|| endpoint.host.clone(), |port| format!("tcp:{},{port}", endpoint.host));
    let line = Line::new("sqlcmd").option("-S", Some(&at));
    let trusts = |(name, value): (&String, &String)| {
        name.eq_ignore_ascii_case("TrustServerCertificate") && value.eq_ignore_ascii_case("true")
    };
    let line = if target.parameters.iter().any(trusts) { line.raw("-C") } else { line };
    match purpose {
        Purpose::LogIn => line.option("-U", target.user.as_deref()).option("-d", target.database.as_deref()),
        Purpose::Databases => line.option("-U", target.user.as_deref()).raw("-Q").word(sql::MSSQL_DATABASES),
        Purpose::Room => line.option("-U", target.user.as_deref()).raw("-Q").word(sql::MSSQL_ROOM),
        // The dedicated connection for administrators, which has a place of its own.
        Purpose::Sessions => line.raw("-A -Q").word(sql::MSSQL_SESSIONS),
    }
    .end()
}

/// The page without its login.
fn page(target: &Target) -> String {
    match target.redacted.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            // What stands behind the page is for dbprobe alone: what the page has to say.
            format!("{scheme}://{host}{}", path.split('#').next().unwrap_or_default())
        }
        None => target.redacted.clone(),
    }
}

fn mail(target: &Target, endpoint: &Endpoint) -> String {
    let scheme = if target.redacted.starts_with("smtps:") { "smtps" } else { "smtp" };
    format!("{scheme}://{}", endpoint.authority())
}

/// How `openssl` looks at the certificate of `target`; `shown` are the options of `openssl x509` after it.
pub(super) fn openssl(target: &Target, shown: &str) -> Option<String> {
    let endpoint = target.endpoints.first().filter(|endpoint| !endpoint.is_socket())?;
    // A server of SQL Server wraps the handshake into packets of its own, which openssl does not know.
    let starttls = match target.engine {
        "mssql" => return None,
        "postgres" => Some("postgres"),
        "mysql" => Some("mysql"),
        "smtp" if !target.redacted.starts_with("smtps:") => Some("smtp"),
        _ => None,
    };
    let is_name = endpoint.host.parse::<std::net::IpAddr>().is_err();
    let line = Line::new("openssl s_client")
        .option("-connect", Some(&endpoint.authority()))
        .option("-starttls", starttls)
        .option("-servername", is_name.then_some(endpoint.host.as_str()))
        .raw("-showcerts </dev/null");
    let line = if shown.is_empty() { line } else { line.raw(&format!("| openssl x509 -noout {shown}")) };
    Some(line.end())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn target(engine: &'static str, redacted: &str) -> Target {
        Target {
            engine,
            endpoints: vec![Endpoint { host: "db".to_owned(), port: Some(5432) }],
            user: Some("it's".to_owned()),
            has_password: true,
            database: Some("my db".to_owned()),
            parameters: BTreeMap::new(),
            redacted: redacted.to_owned(),
        }
    }

    #[test]
    fn a_command_line_can_be_copied_whatever_the_names_are() {
        let target = target("postgres", "");
        assert_eq!(client(&target, Purpose::LogIn).as_deref(), Some(r"psql -h db -p 5432 -U 'it'\''s' -d 'my db'"));
        assert_eq!(
            openssl(&target, "-dates").as_deref(),
            Some(
                "openssl s_client -connect db:5432 -starttls postgres -servername db -showcerts </dev/null | openssl x509 \
                 -noout -dates"
            )
        );
    }

    #[test]
    fn a_page_is_asked_for_without_its_login() {
        let target = target("http", "https://app:***@www/a?b=c@d#status=200");
        assert_eq!(client(&target, Purpose::LogIn).as_deref(), Some(r"curl -sSi -u 'it'\''s' 'https://www/a?b=c@d'"));
    }

    #[test]
    fn a_certificate_that_the_dsn_trusts_is_trusted_by_the_client() {
        let mut target = target("mssql", "");
        assert_eq!(client(&target, Purpose::LogIn).as_deref(), Some(r"sqlcmd -S tcp:db,5432 -U 'it'\''s' -d 'my db'"));
        target.parameters.insert("trustservercertificate".to_owned(), "true".to_owned());
        assert_eq!(
            client(&target, Purpose::LogIn).as_deref(),
            Some(r"sqlcmd -S tcp:db,5432 -C -U 'it'\''s' -d 'my db'")
        );
    }

    #[test]
    fn every_engine_has_a_client() {
        for engine in ["http", "mssql", "mysql", "postgres", "redis", "smtp", "sqlite", "tcp"] {
            for purpose in [Purpose::LogIn, Purpose::Databases, Purpose::Sessions, Purpose::Room] {
                assert!(client(&target(engine, "x://db"), purpose).is_some(), "{engine} {purpose:?}");
            }
        }
    }
}
