//! The one command to run next.

use std::net::SocketAddr;
use std::path::Path;

use dbprobe_core::{Class, Failure, Phase, Status};

use super::client::{Line, Purpose, client, openssl, quoted};
use super::doors::Address;
use super::findings::Findings;
use super::limits::{Recommendation, Subject};
use super::place::rung_of;
use super::rung::Rung;

/// The one command line that gets furthest from here; nothing where all is well and far from its limits.
///
/// `reference` are the words that may be repeated of how the target was named. Without them, dbprobe's own commands get the
/// redacted DSN, in which the user has to put the password.
pub(super) fn next(findings: &Findings, recommendations: &[Recommendation], reference: &[String]) -> Option<String> {
    let words: Vec<String> = reference.iter().map(|word| quoted(word)).collect();
    let named = if words.is_empty() { quoted(&findings.target.redacted) } else { words.join(" ") };
    let question = Question { findings, named };
    let report = &findings.report;
    match report.failure().filter(|_| report.status() != Status::Up) {
        Some(failure) => question.after(failure, rung_of(failure, report)?),
        None => question.before(recommendations.iter().rev().max_by_key(|one| one.rung)?.subject),
    }
}

struct Question<'a> {
    findings: &'a Findings,
    /// The target as a command line of dbprobe's takes it.
    named: String,
}

impl Question<'_> {
    fn after(&self, failure: &Failure, rung: Rung) -> Option<String> {
        if let Some(command) = self.about_file(failure, rung) {
            return Some(command);
        }
        match rung {
            Rung::Configure => Some(self.about_configuration(failure)),
            Rung::Resolve => Some(self.about_name(failure)),
            Rung::Tcp => self.about_transport(failure),
            Rung::Tls => self.about_tls(failure),
            Rung::Auth => self.about_login(failure),
            Rung::Database => self.about_database(failure),
            Rung::Privileges | Rung::Write => self.about_write(failure),
            Rung::Read => self.client(Purpose::LogIn),
            Rung::Role => Some(self.dbprobe("check", "--level ping -v")),
            Rung::Capacity => self.about_limit(failure.phase),
        }
    }

    /// What is worth a look although all is well.
    fn before(&self, subject: Subject) -> Option<String> {
        match subject {
            Subject::Certificate => self.about_limit(Some(Phase::Tls)),
            Subject::Clock => Some("chronyc tracking".to_owned()),
            Subject::Connections => Some(self.dbprobe("pool", "")),
            Subject::Disk => self.findings.file.as_ref().map(|file| room(&file.path)),
            Subject::Dsn => Some(self.dbprobe("dsn", "")),
            Subject::Lag => Some(self.dbprobe("check", "--level ping -v")),
            Subject::Latency => Some(self.dbprobe("perf", "")),
            Subject::Memory => self.client(Purpose::Room),
            Subject::Network => Some(self.dbprobe("check", "--level tcp -v")),
        }
    }

    fn dbprobe(&self, command: &str, options: &str) -> String {
        let line = Line::new("dbprobe").raw(command).raw(&self.named);
        if options.is_empty() { line.end() } else { line.raw(options).end() }
    }

    fn client(&self, purpose: Purpose) -> Option<String> {
        client(&self.findings.target, purpose)
    }

    /// A database in a file: its tools look at the file.
    fn about_file(&self, failure: &Failure, rung: Rung) -> Option<String> {
        let file = self.findings.file.as_ref().filter(|_| rung != Rung::Configure)?;
        let path = file.path.display().to_string();
        let directory = file.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let directory = directory.display().to_string();
        let line = match failure.class {
            Class::NotFound if rung == Rung::Database && failure.phase == Some(Phase::Write) => {
                return Some(self.dbprobe("init", ""));
            }
            Class::NotFound => match &file.broken_way {
                Some((broken, _)) => Line::new("ls -ld").word(&broken.display().to_string()),
                None if file.is_directory == Some(true) => Line::new("ls -la").word(&path),
                None => Line::new("ls -la").word(&directory),
            },
            Class::Corrupt if file.stranger.is_some() => Line::new("file").word(&path),
            Class::Corrupt => return self.client(Purpose::LogIn),
            Class::Locked => Line::new("fuser -v").word(&path),
            Class::DiskFull => return Some(room(&file.path)),
            Class::Permission | Class::ReadOnly => Line::new("ls -la").word(&path).word(&directory),
            Class::Query => return Some(self.dbprobe("init", "--print")),
            _ => return None,
        };
        Some(line.end())
    }

    /// A file that the DSN names and that is not there, or else the DSN as it is read.
    fn about_configuration(&self, failure: &Failure) -> String {
        let paths = self.findings.target.parameters.values().filter(|value| value.starts_with('/'));
        if let Some(path) = paths.into_iter().find(|path| failure.message.contains(path.as_str())) {
            return Line::new("ls -l").word(path).end();
        }
        match (failure.class, self.named.as_str()) {
            (Class::Unsupported, _) => "dbprobe engines".to_owned(),
            // The DSN could not be read, so nothing of it may be repeated: one that can be.
            (_, "''") => example(self.findings.target.engine).to_owned(),
            _ => self.dbprobe("dsn", ""),
        }
    }

    fn about_name(&self, failure: &Failure) -> String {
        let failed = self.findings.names.iter().find(|name| name.answer.is_err()).map(|name| &name.endpoint.host);
        let Some(host) = failed else { return self.dbprobe("check", "--level tcp -v") };
        if failure.class == Class::Timeout || failure.code.as_deref() == Some("SERVFAIL") {
            return Line::new("dig").word(host).end();
        }
        Line::new("getent hosts").word(host).end()
    }

    fn about_transport(&self, failure: &Failure) -> Option<String> {
        if let Some(socket) = self.findings.socket.as_ref() {
            let directory = socket.path.parent().unwrap_or(Path::new("/"));
            let seen = socket.broken_way.as_ref().map_or(directory, |(broken, _)| broken);
            return Some(Line::new("ls -la").word(&seen.display().to_string()).end());
        }
        if let Some(open) = self.findings.other_ports.first() {
            return Some(format!("dbprobe check {}", quoted(&format!("tcp://{}", open.address))));
        }
        let first = self.first_address();
        match (failure.class, first) {
            (Class::Refused | Class::Reset | Class::Timeout, Some(address)) if self.findings.is_of_this_machine() => {
                Some(listeners(address))
            }
            (Class::Timeout, Some(address)) => Some(format!("traceroute -n -T -p {} {}", address.port(), address.ip())),
            (Class::Unreachable, Some(address)) if failure.code.as_deref() == Some("EHOSTUNREACH") => {
                Some(format!("ping -c 3 {}", address.ip()))
            }
            (Class::Unreachable, Some(address)) => Some(format!("ip route get {}", address.ip())),
            _ => Some(self.dbprobe("check", "--level tcp -v")),
        }
    }

    /// Of the place at which the probe ended, an address that did not let it in, or else its first one.
    fn first_address(&self) -> Option<SocketAddr> {
        let last = self.findings.target.endpoints.first();
        let name = self.findings.names.iter().find(|name| Some(&name.endpoint) == last);
        let of_name: Vec<String> = name
            .and_then(|name| name.answer.as_ref().ok())
            .map(|all| all.iter().map(ToString::to_string).collect())
            .unwrap_or_default();
        let asked = self.findings.addresses.iter().filter(|address| of_name.contains(&address.address));
        let failed = |address: &&Address| address.answer != super::doors::Door::Open;
        let first = asked.clone().find(failed).or_else(|| asked.clone().next());
        first.and_then(|address| address.address.parse().ok())
    }

    fn about_tls(&self, failure: &Failure) -> Option<String> {
        let shown = match failure.code.as_deref() {
            Some("expired" | "not_yet_valid") => "-dates",
            Some("name_mismatch") => "-subject -ext subjectAltName",
            Some("unknown_issuer" | "ca_as_server") => "-subject -issuer",
            _ => "",
        };
        match failure.class {
            Class::Timeout => return self.about_silence(),
            Class::Protocol | Class::Reset => return self.about_stranger(),
            _ => {}
        }
        openssl(&self.findings.target, shown).or_else(|| Some(self.dbprobe("check", "-v")))
    }

    fn about_login(&self, failure: &Failure) -> Option<String> {
        match failure.class {
            Class::Timeout => self.about_silence(),
            Class::Overloaded => self.client(Purpose::Sessions),
            // What speaks there says so to a client that only listens; what has a code of the server's is no stranger.
            Class::Protocol | Class::Reset if !is_of_server(failure) => self.about_stranger(),
            Class::Tls | Class::Certificate => {
                openssl(&self.findings.target, "").or_else(|| Some(self.dbprobe("check", "-v")))
            }
            Class::Starting => Some(self.dbprobe("wait", "--timeout 60s")),
            _ => self.client(Purpose::LogIn),
        }
    }

    /// Who listens where nobody answers: on this machine its process, elsewhere whether the port is open at all.
    fn about_silence(&self) -> Option<String> {
        match self.first_address() {
            Some(address) if self.findings.is_of_this_machine() => Some(listeners(address)),
            _ => Some(self.dbprobe("check", "--level tcp -v")),
        }
    }

    fn about_stranger(&self) -> Option<String> {
        let endpoint = self.findings.target.endpoints.first().filter(|endpoint| !endpoint.is_socket())?;
        Some(format!("dbprobe check {} -v", quoted(&format!("tcp://{}", endpoint.authority()))))
    }

    fn about_database(&self, failure: &Failure) -> Option<String> {
        match (failure.phase, failure.class) {
            (Some(Phase::Write | Phase::Inspect), Class::NotFound) if self.findings.has_setup => {
                Some(self.dbprobe("init", ""))
            }
            (_, Class::NotFound) => self.client(Purpose::Databases),
            (_, Class::Starting) => Some(self.dbprobe("wait", "--timeout 60s")),
            (_, Class::Timeout) if failure.code.is_none() => self.about_silence(),
            (_, Class::Protocol | Class::Reset) if !is_of_server(failure) => self.about_stranger(),
            _ => self.client(Purpose::LogIn),
        }
    }

    fn about_write(&self, failure: &Failure) -> Option<String> {
        match failure.class {
            Class::Permission | Class::Query if self.findings.has_setup && failure.phase == Some(Phase::Write) => {
                Some(self.dbprobe("init", "--print"))
            }
            Class::Locked | Class::Timeout => Some(self.dbprobe("pool", "")),
            Class::ReadOnly => Some(self.dbprobe("check", "--expect-role primary -v")),
            Class::Config => Some(self.dbprobe("dsn", "")),
            Class::DiskFull => self.client(Purpose::Room),
            _ => self.client(Purpose::LogIn),
        }
    }

    fn about_limit(&self, phase: Option<Phase>) -> Option<String> {
        match phase {
            Some(Phase::Tls) => {
                openssl(&self.findings.target, "-subject -dates").or_else(|| Some(self.dbprobe("check", "-v")))
            }
            Some(Phase::Ping | Phase::Write | Phase::Read) => Some(self.dbprobe("perf", "")),
            _ if self.findings.report.inspection.connections.is_some() => Some(self.dbprobe("pool", "")),
            _ => Some(self.dbprobe("check", "-v")),
        }
    }
}

/// What room the file system of `path` has.
fn room(path: &Path) -> String {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Line::new("df -h").word(&directory.display().to_string()).end()
}

/// Whether the server itself said so: its codes have a number, those of this machine's network are words such as
/// `ECONNRESET`.
fn is_of_server(failure: &Failure) -> bool {
    failure.code.as_ref().is_some_and(|code| code.contains(|c: char| c.is_ascii_digit()))
}

/// How a DSN of `engine` is written and read.
fn example(engine: &str) -> &'static str {
    match engine {
        "http" => "dbprobe dsn https://host/path",
        "mssql" => "dbprobe dsn sqlserver://user@host:1433/database",
        "mysql" => "dbprobe dsn mysql://user@host:3306/database",
        "postgres" => "dbprobe dsn postgres://user@host:5432/database",
        "redis" => "dbprobe dsn redis://host:6379/0",
        "smtp" => "dbprobe dsn smtp://host:25",
        "sqlite" => "dbprobe dsn file:demo.db",
        "tcp" => "dbprobe dsn tcp://host:22",
        _ => "dbprobe engines",
    }
}

/// Who listens on `address`'s port of this machine.
fn listeners(address: SocketAddr) -> String {
    format!("ss -ltnp 'sport = :{}'", address.port())
}
