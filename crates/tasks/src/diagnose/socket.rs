//! A Unix socket, as the file system shows it.

use std::path::{Path, PathBuf};

use dbprobe_core::Endpoint;

use super::disk::{broken_way, mode, way};
use super::rung::Evidence;

/// A Unix socket, as the file system shows it.
#[derive(Clone, Debug)]
pub(super) struct Socket {
    pub(super) path: PathBuf,
    pub(super) is_there: bool,
    /// Whether what is there is a socket.
    pub(super) is_socket: bool,
    pub(super) broken_way: Option<(PathBuf, &'static str)>,
    /// Other sockets in its directory: a server under another number.
    pub(super) others: Vec<String>,
    evidence: Vec<Evidence>,
}

impl Socket {
    /// Looks at the first socket of `endpoints`, if there is one. It may block as long as the file system does.
    pub(super) fn look_at(endpoints: &[Endpoint]) -> Option<Self> {
        let endpoint = endpoints.iter().find(|endpoint| endpoint.host.starts_with('/'))?;
        let path = path_of(endpoint);
        let found = std::fs::metadata(&path).ok();
        let mut socket = Self {
            is_there: found.is_some(),
            is_socket: found.as_ref().is_some_and(is_socket),
            broken_way: broken_way(&path),
            others: others(&path),
            path,
            evidence: Vec::new(),
        };
        let what = match &found {
            Some(found) if socket.is_socket => format!("{} {}", socket.path.display(), mode(found)),
            Some(_) => format!("{} is not a socket", socket.path.display()),
            None => format!("{} is not there", socket.path.display()),
        };
        socket.evidence.push(Evidence::new("socket", what));
        if let Some((directory, why)) = &socket.broken_way {
            socket.evidence.push(Evidence::new("way", format!("{} {why}", directory.display())));
        }
        socket.evidence.extend(socket.others.iter().map(|other| Evidence::new("other_socket", other)));
        socket.evidence.extend(way(&socket.path));
        Some(socket)
    }

    pub(super) fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }
}

/// Where the socket is: PostgreSQL's DSN names the directory and the number in the socket's name.
fn path_of(endpoint: &Endpoint) -> PathBuf {
    match endpoint.port {
        Some(port) if !endpoint.host.contains("/.s.") => Path::new(&endpoint.host).join(format!(".s.PGSQL.{port}")),
        _ => PathBuf::from(&endpoint.host),
    }
}

/// Sockets of servers where those of distributions put them, whatever the DSN says: a server may listen there alone.
pub(super) fn usual(engine: &str) -> Vec<String> {
    let places: &[&str] = match engine {
        "postgres" => &["/var/run/postgresql", "/tmp"],
        "mysql" => &["/var/run/mysqld", "/var/lib/mysql"],
        "redis" => &["/var/run/redis", "/run/valkey"],
        _ => &[],
    };
    let is_wanted = |name: &str| engine != "postgres" || name.starts_with(".s.PGSQL.");
    let found = places.iter().flat_map(|place| sockets_in(Path::new(place)));
    found
        .filter(|path| path.file_name().is_some_and(|name| is_wanted(&name.to_string_lossy())))
        .map(|path| path.display().to_string())
        .collect()
}

fn others(path: &Path) -> Vec<String> {
    let Some(parent) = path.parent() else { return Vec::new() };
    sockets_in(parent).into_iter().filter(|other| other != path).map(|other| other.display().to_string()).collect()
}

/// At most so many are named.
const NAMED: usize = 5;

fn sockets_in(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let paths = entries.take(10_000).filter_map(|entry| Some(entry.ok()?.path()));
    let mut sockets: Vec<PathBuf> =
        paths.filter(|path| std::fs::metadata(path).is_ok_and(|found| is_socket(&found))).take(NAMED).collect();
    sockets.sort();
    sockets
}

#[cfg(unix)]
fn is_socket(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    found.file_type().is_socket()
}

#[cfg(not(unix))]
fn is_socket(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_server_under_another_number_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let other = directory.path().join(".s.PGSQL.5433");
        let _listener = std::os::unix::net::UnixListener::bind(&other).unwrap();
        let endpoint = Endpoint { host: directory.path().display().to_string(), port: Some(5432) };
        let socket = Socket::look_at(&[endpoint]).unwrap();
        assert!(!socket.is_there && socket.path.ends_with(".s.PGSQL.5432"));
        assert_eq!(socket.others, [other.display().to_string()]);
        let endpoint = Endpoint { host: other.display().to_string(), port: None };
        assert!(Socket::look_at(&[endpoint]).unwrap().is_socket);
    }
}
