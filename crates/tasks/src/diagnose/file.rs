//! A database file, as the file system shows it.

use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::disk::{Mount, alike, broken_way, free, holders, may_write, mode, way};
use super::rung::Evidence;

/// Below so much free space a database is about to stop: SQLite's journal needs as much as the pages it changes.
pub(super) const LITTLE: u64 = 64 * 1024 * 1024;

/// The beginning of every database of SQLite (sqlite.org, "Database File Format", section 1.2).
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Beginnings of files that are mistaken for a database.
const OTHERS: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "compressed by gzip"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PGDMP", "a dump of PostgreSQL's"),
    (b"PRAGMA ", "a dump in SQL, not a database"),
    (b"BEGIN ", "a dump in SQL, not a database"),
    (b"-- ", "a dump in SQL, not a database"),
    (b"DUCK", "a database of DuckDB's"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
];

/// A database file, as the file system shows it.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// `None` where it is not there, or cannot be looked at.
    pub(super) is_directory: Option<bool>,
    /// What its first bytes say that it is; `None` for a database, or where they cannot be read.
    pub(super) stranger: Option<String>,
    pub(super) is_readable: bool,
    pub(super) is_writable: bool,
    pub(super) is_directory_writable: bool,
    /// The first directory on the way that does not lead on, and why.
    pub(super) broken_way: Option<(PathBuf, &'static str)>,
    pub(super) alike: Vec<String>,
    pub(super) free: Option<u64>,
    pub(super) mount: Option<Mount>,
    pub(super) holders: Vec<String>,
    evidence: Vec<Evidence>,
}

impl File {
    /// Looks at `path`. It may block as long as the file system does.
    pub(super) fn look_at(path: &Path) -> Self {
        let found = std::fs::metadata(path).ok();
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let first = first_bytes(path, found.as_ref());
        let mut file = Self {
            path: path.to_owned(),
            is_directory: found.as_ref().map(Metadata::is_dir),
            stranger: first.as_deref().and_then(stranger),
            is_readable: first.is_some(),
            is_writable: found.is_some() && may_write(path),
            is_directory_writable: may_write(directory),
            broken_way: broken_way(path),
            alike: if found.is_none() { alike(path) } else { Vec::new() },
            free: free(if found.is_some() { path } else { directory }),
            mount: Mount::of(if found.is_some() { path } else { directory }),
            holders: holders_of(path),
            evidence: Vec::new(),
        };
        file.evidence = file.seen(found.as_ref());
        file
    }

    pub(super) fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    fn seen(&self, found: Option<&Metadata>) -> Vec<Evidence> {
        let what = match found {
            Some(found) if found.is_dir() => format!("{} is a directory", self.path.display()),
            Some(found) => format!("{} {}, {} bytes", self.path.display(), mode(found), found.len()),
            None => format!("{} is not there, or may not be looked at", self.path.display()),
        };
        let mut seen = vec![Evidence::new("file", what)];
        let mut add = |fact: &str, value: String| seen.push(Evidence::new(fact, value));
        if found.is_some_and(Metadata::is_file) {
            let header = match &self.stranger {
                Some(stranger) => stranger.clone(),
                None if self.is_readable && found.is_some_and(|found| found.len() == 0) => {
                    "none: the file is empty, a database without tables".to_owned()
                }
                None if self.is_readable => "that of a database of SQLite".to_owned(),
                None => "may not be read by this user".to_owned(),
            };
            add("header", header);
            add("writable", format!("file {}, directory {}", yes(self.is_writable), yes(self.is_directory_writable)));
        }
        if let Some((directory, why)) = &self.broken_way {
            add("way", format!("{} {why}", directory.display()));
        }
        if !self.alike.is_empty() {
            add("beside_it", self.alike.join(", "));
        }
        for ending in ["-wal", "-shm", "-journal"] {
            let beside = beside(&self.path, ending);
            if let Ok(found) = std::fs::metadata(&beside) {
                add("beside_it", format!("{} {}, {} bytes", beside.display(), mode(&found), found.len()));
            }
        }
        if let Some(free) = self.free {
            add("free_space", format!("{free} bytes"));
        }
        if let Some(mount) = &self.mount {
            let access = if mount.is_read_only { ", mounted read-only" } else { "" };
            let network = if mount.is_of_network() { ", over the network" } else { "" };
            add("file_system", format!("{} at {}{access}{network}", mount.kind, mount.point.display()));
        }
        for holder in &self.holders {
            add("locked_by", holder.clone());
        }
        seen.extend(way(&self.path));
        seen
    }
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// In WAL mode the locks are on the shared-memory file.
fn holders_of(path: &Path) -> Vec<String> {
    let mut all = holders(path);
    all.extend(holders(&beside(path, "-shm")).into_iter().filter(|holder| !all.contains(holder)).collect::<Vec<_>>());
    all
}

/// Only an ordinary file is opened: a pipe would wait for a writer.
fn first_bytes(path: &Path, found: Option<&Metadata>) -> Option<Vec<u8>> {
    found.filter(|found| found.is_file())?;
    let mut first = Vec::with_capacity(16);
    std::fs::File::open(path).ok()?.take(16).read_to_end(&mut first).ok()?;
    Some(first)
}

/// What a file is that begins with `first` and is no database. An empty one is a database without tables.
fn stranger(first: &[u8]) -> Option<String> {
    if first.is_empty() || first.starts_with(MAGIC) {
        return None;
    }
    let known = OTHERS.iter().find(|(magic, _)| first.starts_with(magic)).map(|(_, what)| (*what).to_owned());
    let text = first.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    let zeros = first.iter().all(|byte| *byte == 0);
    let other = if text {
        "text"
    } else if zeros {
        "zeros, as after a crash of the machine or on a disk that is gone"
    } else {
        "neither SQLite's nor any that is known here; an encrypted database looks like this"
    };
    Some(known.unwrap_or_else(|| other.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_database_is_told_by_its_first_bytes() {
        for (first, what) in [
            (b"PRAGMA foreign_k".as_slice(), Some("a dump in SQL, not a database")),
            (b"\x1f\x8b\x08", Some("compressed by gzip")),
            (b"hello", Some("text")),
            (MAGIC, None),
            (b"", None),
        ] {
            assert_eq!(stranger(first).as_deref(), what);
        }
        assert!(stranger(&[0; 16]).is_some_and(|it| it.starts_with("zeros")));
        assert!(stranger(&[200; 16]).is_some_and(|it| it.contains("encrypted")));
    }

    #[test]
    fn a_file_that_is_missing_is_looked_for_beside_its_place() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("orders.sqlite"), "").unwrap();
        let file = File::look_at(&directory.path().join("orders.db"));
        assert_eq!((file.is_directory, file.alike), (None, vec!["orders.sqlite".to_owned()]));
        let file = File::look_at(directory.path());
        assert_eq!(file.is_directory, Some(true));
    }
}
