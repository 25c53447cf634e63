//! The password where the DSN has none: `PGPASSWORD`, then the password file.
//!
//! Source: <https://www.postgresql.org/docs/current/libpq-pgpass.html>. No other `PG…` variable is read: a DSN means
//! the same on every machine.

use std::path::{Path, PathBuf};

use dbprobe_core::{Secret, read_file};

use crate::config::{Config, Host};

/// The password for `host`, read now: a changed file or variable needs no restart.
pub(crate) fn password(config: &Config, host: &Host) -> Option<Secret> {
    if let Some(password) = &config.password {
        return Some(password.clone());
    }
    if let Some(password) = std::env::var("PGPASSWORD").ok().filter(|password| !password.is_empty()) {
        return Some(Secret::new(password));
    }
    let path = config.passfile.clone().or_else(default_path)?;
    let text = Secret::new(read(&path)?);
    let name = match host.socket() {
        // libpq: a socket in the default directory is `localhost` in the file.
        Some(_) if host.name == "/var/run/postgresql" || host.name == "/tmp" => "localhost",
        _ => host.name.as_str(),
    };
    let wanted = [name, &host.port.to_string(), &config.database, &config.user];
    text.expose().lines().find_map(|line| entry(line, &wanted)).map(Secret::new)
}

fn default_path() -> Option<PathBuf> {
    let named = std::env::var_os("PGPASSFILE").map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pgpass")))
}

/// A password file of more than this is none.
const LONGEST: u64 = 1 << 20;

/// libpq ignores a password file that others can read, and so does dbprobe: the login then says that none was given.
fn read(path: &Path) -> Option<String> {
    let facts = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o077 != 0 {
        return None;
    }
    let _ = facts;
    String::from_utf8(read_file(path, LONGEST).ok()?).ok()
}

/// The fifth field of `host:port:database:user:password`, where the first four fit. `*` fits anything; `\` escapes.
fn entry(line: &str, wanted: &[&str; 4]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => fields.last_mut()?.extend(characters.next()),
            ':' if fields.len() < 5 => fields.push(String::new()),
            _ => fields.last_mut()?.push(c),
        }
    }
    let fits = fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
    (fields.len() == 5 && fits).then(|| fields.pop()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_libpq_reads_them() {
        let wanted = ["db", "5432", "orders", "app"];
        assert_eq!(entry("db:5432:orders:app:s3cret", &wanted).as_deref(), Some("s3cret"));
        assert_eq!(entry("*:*:*:app:with\\:colon\\\\", &wanted).as_deref(), Some("with:colon\\"));
        assert_eq!(entry("*:*:*:app:plain:colon", &wanted).as_deref(), Some("plain:colon"));
        for line in ["other:5432:orders:app:x", "#db:5432:orders:app:x", "db:5432:orders:app", ""] {
            assert_eq!(entry(line, &wanted), None, "{line}");
        }
    }
}
