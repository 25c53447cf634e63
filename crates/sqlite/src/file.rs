//! What stands at a path. The file itself is never opened here: closing any descriptor of a file drops every lock that
//! this process holds on it (<https://sqlite.org/howtocorrupt.html>, section 2.2), and an application that embeds
//! dbprobe may hold some.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use dbprobe_core::{Class, Failure};

use crate::config::Access;

/// Which file it is, however it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// Of the file that stands at `path` now; `None` where none stands there, or where files have no identity.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().and_then(|found| Self::of(&found))
    }

    #[cfg(unix)]
    fn of(found: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        Some(Self { device: found.dev(), inode: found.ino() })
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Option<Self> {
        None
    }
}

/// The file that SQLite keeps beside `path`, such as `-wal`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The size of the file at `path` in bytes, where one stands there.
pub(crate) fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|found| found.len())
}

/// When the file at `path` was changed last, where one stands there.
pub(crate) fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// Refuses what is no file before SQLite opens it: reading a pipe or a device may never end.
pub(crate) fn refuse_others(path: &Path) -> Result<(), Failure> {
    let Ok(found) = fs::metadata(path) else { return Ok(()) }; // SQLite says what is wrong
    if found.is_file() {
        return Ok(());
    }
    let what = if found.is_dir() { "a directory" } else { "neither a file nor a directory" };
    let failure = Failure::new(Class::NotFound, format!("the path is {what}, not a database file"));
    Err(failure.advise("name the database file itself"))
}

/// Whether a file can stand at `path` once it is written: it is there, or its directory is.
pub(crate) fn has_a_place(path: &Path) -> bool {
    path.exists() || directory(path).is_dir()
}

/// Why SQLite could not open `path`, as far as looking tells: class, fact and advice.
pub(crate) fn explain(path: &Path, access: Access) -> (Class, String, String) {
    let (class, message, advice) = match fs::metadata(path) {
        Ok(_) => present(),
        Err(error) => match error.kind() {
            io::ErrorKind::PermissionDenied => (
                Class::Permission,
                "a directory on the path may not be searched",
                "check the owner and the mode of each directory on the path",
            ),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => missing(path, access),
            _ => {
                let message = format!("the path cannot be looked at: {error}");
                return (Class::NotFound, message, "check the path and its file system".to_owned());
            }
        },
    };
    let advice = if path.is_relative() {
        format!("{advice}; the path is relative to the directory that dbprobe runs in")
    } else {
        advice.to_owned()
    };
    (class, message.to_owned(), advice)
}

fn missing(path: &Path, access: Access) -> (Class, &'static str, &'static str) {
    match (directory(path).is_dir(), access) {
        (false, _) => (Class::NotFound, "the directory does not exist", "check the path, or make the directory"),
        (true, Access::Create) => (
            Class::Permission,
            "the file does not exist and cannot be created",
            "give write permission on the directory, or check how its file system is mounted",
        ),
        (true, Access::ReadOnly | Access::ReadWrite) => {
            (Class::NotFound, "the file does not exist", "check the path; only mode=rwc creates a missing database")
        }
    }
}

/// The file is there, so the operating system refused: most likely its permissions, unless nothing at all can be
/// opened any more.
fn present() -> (Class, &'static str, &'static str) {
    match fs::File::open("/dev/null") {
        Err(error) if error.kind() != io::ErrorKind::NotFound => (
            Class::Overloaded,
            "the file is there, but this process can open no more files",
            "raise the limit of open files (`ulimit -n`)",
        ),
        _ => (
            Class::Permission,
            "the file is there, but it may not be opened",
            "check the owner and the mode of the file and of its directories",
        ),
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
