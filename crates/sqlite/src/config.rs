//! From a DSN to what SQLite is given: URI filenames (<https://sqlite.org/uri.html>), each value checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dbprobe_core::{Dsn, DsnError, Piece, Target, percent_encode};

/// Parameters that SQLite knows; it would ignore any other without a word.
const KNOWN: &[&str] = &["cache", "immutable", "mode", "modeof", "nolock", "psow", "readonly_shm", "vfs"];
/// The words of `sqlite3_uri_boolean()`, false and true in turn.
const BOOLEANS: &[&str] = &["0", "1", "no", "yes", "off", "on", "false", "true"];

/// What may be done with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read and write; a missing file is created.
    Create,
    /// Read only.
    ReadOnly,
    /// Read and write; a missing file is an error.
    ReadWrite,
}

/// A DSN, read.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The file, as the DSN names it; `None` for a database in memory.
    pub(crate) path: Option<PathBuf>,
    pub(crate) access: Access,
    /// What `sqlite3_open_v2()` is given.
    pub(crate) uri: String,
    pub(crate) target: Target,
}

impl Config {
    /// Reads `dsn`. No file is looked at.
    pub(crate) fn read(dsn: &Dsn) -> Result<Self, DsnError> {
        let (name, query) = parts(Piece::whole(dsn.expose()))?;
        let path = name.decode()?;
        let parameters = parameters(query)?;
        let given = |name: &str| parameters.get(name).map(String::as_str);
        let in_memory = path == ":memory:" || given("mode") == Some("memory") || given("vfs") == Some("memdb");
        check(name, &path, in_memory)?;
        let access = match given("mode") {
            _ if given("immutable") == Some("1") => Access::ReadOnly,
            Some("ro") => Access::ReadOnly,
            Some("rw") | None if !in_memory => Access::ReadWrite,
            _ => Access::Create,
        };
        let target = Target {
            engine: "sqlite",
            endpoints: Vec::new(),
            user: None,
            has_password: false,
            database: Some(if path.is_empty() { ":memory:".to_owned() } else { path.clone() }),
            redacted: uri(&path, parameters.iter()),
            parameters: parameters.clone(),
        };
        // `mode` is carried out by open flags and `cache` only where it means something; see the README.
        let handed = parameters.iter().filter(|(name, _)| in_memory || !matches!(name.as_str(), "mode" | "cache"));
        let uri = uri(&path, handed);
        Ok(Self { path: (!in_memory).then(|| PathBuf::from(&path)), access, uri, target })
    }
}

/// The file's name and, where there is one, the query. A fragment means nothing, as in SQLite.
fn parts(dsn: Piece<'_>) -> Result<(Piece<'_>, Option<Piece<'_>>), DsnError> {
    let (scheme, rest) = dsn.cut(':');
    let rest = rest.unwrap_or(scheme).cut('#').0;
    let (name, query) = rest.cut('?');
    if !name.as_str().starts_with("//") {
        return Ok((name, query));
    }
    let behind = name.skip(2);
    let authority = behind.cut('/').0;
    if scheme.as_str().eq_ignore_ascii_case("sqlite") {
        // As sqlx has it: `sqlite://` is a mere prefix. What looks like a login is none, and must not be shown as a path.
        if authority.as_str().contains('@') {
            let error = authority.error("SQLite has no users and no hosts, and this looks like some");
            return Err(error.advise("write `sqlite:demo.db`, and a literal `@` as `%40`"));
        }
        return Ok((behind, query));
    }
    if !matches!(authority.as_str(), "" | "localhost") {
        return Err(authority
            .error("a host other than `localhost` before the path")
            .advise("write `file:demo.db` for a relative path, `file:///srv/demo.db` for an absolute one"));
    }
    Ok((behind.skip(authority.as_str().len()), query))
}

/// What cannot be a file.
fn check(name: Piece<'_>, path: &str, in_memory: bool) -> Result<(), DsnError> {
    if path.contains('\0') {
        return Err(name.error("a NUL in the path"));
    }
    if in_memory {
        return Ok(());
    }
    if path.is_empty() {
        return Err(name
            .error("no file is named")
            .advise("write `file:demo.db`, or `file::memory:` for a database in memory"));
    }
    if path.ends_with('/') {
        return Err(name.error("the path names a directory").advise("name the database file in it"));
    }
    Ok(())
}

/// Every parameter once, its value in its usual spelling.
fn parameters(query: Option<Piece<'_>>) -> Result<BTreeMap<String, String>, DsnError> {
    let mut parameters = BTreeMap::new();
    for part in query.map(|query| query.split('&')).unwrap_or_default() {
        if part.is_empty() {
            continue;
        }
        let (name, value) = part.cut('=');
        let Some(known) = KNOWN.iter().find(|known| **known == name.as_str()) else {
            return Err(name.unknown_parameter(KNOWN));
        };
        let value = checked(known, value.unwrap_or(part.skip(part.as_str().len())))?;
        if parameters.insert((*known).to_owned(), value).is_some() {
            return Err(name.error(format!("`{known}` is given twice")));
        }
    }
    Ok(parameters)
}

fn checked(name: &str, value: Piece<'_>) -> Result<String, DsnError> {
    let text = value.decode()?;
    let one_of = |allowed: &[&str]| {
        let place = allowed.iter().position(|word| text.eq_ignore_ascii_case(word));
        place.ok_or_else(|| value.not_one_of(name, allowed))
    };
    match name {
        "mode" => one_of(&["ro", "rw", "rwc", "memory"]).map(|_| text.to_ascii_lowercase()),
        "cache" => one_of(&["shared", "private"]).map(|_| text.to_ascii_lowercase()),
        "vfs" | "modeof" if text.is_empty() || text.contains('\0') => Err(value.error(format!("{name} needs a value"))),
        "vfs" | "modeof" => Ok(text),
        _ => one_of(BOOLEANS).map(|place| (place % 2).to_string()),
    }
}

/// The normal form. An absolute path has an empty host before it, so that one that starts with `//` stays one.
fn uri<'a>(path: &str, parameters: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let host = if path.starts_with('/') { "//" } else { "" };
    let mut uri = format!("file:{host}{}", percent_encode(path, "/:"));
    for (at, (name, value)) in parameters.enumerate() {
        let mark = if at == 0 { '?' } else { '&' };
        uri.push_str(&format!("{mark}{name}={}", percent_encode(value, "/:")));
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dsn: &str) -> Result<Config, DsnError> {
        Config::read(&Dsn::parse(dsn).expect("a DSN"))
    }

    #[test]
    fn every_spelling_of_a_file_is_read_as_sqlite_reads_it() {
        for (dsn, path, uri) in [
            ("file:demo.db", "demo.db", "file:demo.db"),
            ("file:///srv/demo.db", "/srv/demo.db", "file:///srv/demo.db"),
            ("file:/srv/demo.db", "/srv/demo.db", "file:///srv/demo.db"),
            ("file://localhost/srv/demo.db", "/srv/demo.db", "file:///srv/demo.db"),
            ("FILE:a%20b%3f%23%25.db#part", "a b?#%.db", "file:a%20b%3F%23%25.db"),
            ("file:ä.db?&immutable=yes&", "ä.db", "file:%C3%A4.db?immutable=1"),
            ("file:////srv/x", "//srv/x", "file:////srv/x"),
            ("sqlite:demo.db", "demo.db", "file:demo.db"),
            ("sqlite://demo.db?mode=rwc", "demo.db", "file:demo.db"),
            ("sqlite:///srv/demo.db", "/srv/demo.db", "file:///srv/demo.db"),
            ("file:x?cache=shared&mode=rw&nolock=1", "x", "file:x?nolock=1"),
        ] {
            let config = read(dsn).expect(dsn);
            assert_eq!((config.path.as_deref(), config.uri.as_str()), (Some(path.as_ref()), uri), "{dsn}");
        }
    }

    #[test]
    fn memory_is_no_file() {
        for (dsn, uri, name) in [
            ("file::memory:", "file::memory:", ":memory:"),
            ("sqlite::memory:", "file::memory:", ":memory:"),
            ("sqlite://:memory:", "file::memory:", ":memory:"),
            ("file:?mode=memory", "file:?mode=memory", ":memory:"),
            ("file:one?mode=memory&cache=shared", "file:one?cache=shared&mode=memory", "one"),
        ] {
            let config = read(dsn).expect(dsn);
            assert_eq!((config.path, config.uri.as_str(), config.access), (None, uri, Access::Create), "{dsn}");
            assert_eq!(config.target.name(), name, "{dsn}");
        }
    }

    #[test]
    fn nothing_is_created_unless_rwc_asks_for_it() {
        for (dsn, access) in [
            ("file:x", Access::ReadWrite),
            ("file:x?mode=rw", Access::ReadWrite),
            ("file:x?mode=rwc", Access::Create),
            ("file:x?mode=ro", Access::ReadOnly),
            ("file:x?mode=rwc&immutable=1", Access::ReadOnly),
            ("file:x?mode=RWC&immutable=0", Access::Create),
        ] {
            assert_eq!(read(dsn).map(|config| config.access), Ok(access), "{dsn}");
        }
    }

    #[test]
    fn the_target_shows_what_was_given_in_its_normal_form() {
        let target = read("sqlite:a%20b.db?mode=rwc&cache=shared").expect("a DSN").target;
        assert_eq!(target.redacted, "file:a%20b.db?cache=shared&mode=rwc");
        assert_eq!((target.name().as_str(), target.endpoints.len()), ("a b.db", 0));
        assert_eq!(target.parameters.get("mode").map(String::as_str), Some("rwc"));
        let again = read(&target.redacted).expect("the normal form").target;
        assert_eq!(again, target);
    }

    #[test]
    fn errors_point_at_the_character() {
        for (dsn, column, message) in [
            ("file:", 6, "no file is named"),
            ("file:?mode=rw", 6, "no file is named"),
            ("sqlite://", 10, "no file is named"),
            ("file:/srv/", 6, "the path names a directory"),
            ("file://demo.db", 8, "a host other than `localhost` before the path"),
            ("sqlite://app:hunter2@db/x", 10, "SQLite has no users and no hosts"),
            ("file:x?mode=rx", 13, "mode is not one of ro, rw, rwc, memory"),
            ("file:x?mode", 12, "mode is not one of ro, rw, rwc, memory"),
            ("file:x?cache=priv", 14, "cache is not one of shared, private"),
            ("file:x?mod=ro", 8, "unknown parameter `mod`"),
            ("file:x?mode=ro&password=x", 16, "unknown parameter"),
            ("file:x?mode=ro&mode=rw", 16, "`mode` is given twice"),
            ("file:x?immutable=2", 18, "immutable is not one of"),
            ("file:x?vfs=", 12, "vfs needs a value"),
            ("file:a%2", 7, "`%` is not followed by two hexadecimal digits"),
            ("file:a%00b", 7, "a percent-encoded NUL is not allowed"),
            ("file:a\0b", 6, "a NUL in the path"),
        ] {
            let error = read(dsn).expect_err(dsn);
            assert_eq!(error.columns().map(|columns| columns.start), Some(column), "{dsn:?}: {error}");
            assert!(error.to_string().starts_with(message), "{dsn:?}: {error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
