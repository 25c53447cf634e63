//! Files, directories and file systems, as far as they explain why a database cannot be opened.

use std::fs::Metadata;
use std::path::{Component, Path, PathBuf};

use super::rung::Evidence;

/// The first directory above `path` that is not there, is not a directory, or cannot be looked into; and why.
pub(super) fn broken_way(path: &Path) -> Option<(PathBuf, &'static str)> {
    let mut way = PathBuf::new();
    let parent = path.parent()?;
    for component in parent.components() {
        way.push(component);
        if component == Component::RootDir || component == Component::CurDir {
            continue;
        }
        match std::fs::metadata(&way) {
            Ok(found) if !found.is_dir() => return Some((way, "is not a directory")),
            Ok(_) if !may_enter(&way) => return Some((way, "may not be entered by this user")),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                return Some((way, "may not be looked at by this user"));
            }
            Err(_) => return Some((way, "does not exist")),
        }
    }
    None
}

#[cfg(unix)]
fn may_enter(directory: &Path) -> bool {
    rustix::fs::access(directory, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn may_enter(_: &Path) -> bool {
    true
}

/// Whether this user may write to `path`.
#[cfg(unix)]
pub(super) fn may_write(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
pub(super) fn may_write(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.permissions().readonly())
}

/// Mode and owner, as `ls -n` shows them.
#[cfg(unix)]
pub(super) fn mode(found: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{:04o} of user {} group {}", found.mode() & 0o7777, found.uid(), found.gid())
}

#[cfg(not(unix))]
pub(super) fn mode(found: &Metadata) -> String {
    if found.permissions().readonly() { "read-only" } else { "writable" }.to_owned()
}

/// Every directory on the way to `path`, with its mode, as far as it can be seen.
pub(super) fn way(path: &Path) -> Vec<Evidence> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut above: Vec<&Path> = absolute.ancestors().skip(1).filter(|it| it.parent().is_some()).collect();
    above.reverse();
    let seen = above.into_iter().filter_map(|directory| Some((directory, std::fs::metadata(directory).ok()?)));
    seen.map(|(directory, found)| Evidence::new("directory", format!("{} {}", directory.display(), mode(&found))))
        .collect()
}

/// The bytes that are free for this user on the file system of `path`.
#[cfg(unix)]
pub(super) fn free(path: &Path) -> Option<u64> {
    let seen = rustix::fs::statvfs(path).ok()?;
    Some(seen.f_bavail.saturating_mul(seen.f_frsize))
}

#[cfg(not(unix))]
pub(super) fn free(_: &Path) -> Option<u64> {
    None
}

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) point: PathBuf,
    pub(super) kind: String,
    pub(super) is_read_only: bool,
}

impl Mount {
    /// The file system that holds `path` (`proc_pid_mounts(5)`); nothing where the system does not tell.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let real = std::fs::canonicalize(path).ok()?;
        let table = std::fs::read_to_string("/proc/self/mounts").ok()?;
        Self::find(&table, &real)
    }

    fn find(table: &str, real: &Path) -> Option<Self> {
        let mounts = table.lines().filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            let (point, kind, options) = (words.next()?, words.next()?, words.next()?);
            let point = PathBuf::from(point.replace("\\040", " "));
            let is_read_only = options.split(',').any(|option| option == "ro");
            real.starts_with(&point).then(|| Self { point, kind: kind.to_owned(), is_read_only })
        });
        // Of two at the same place the later one hides the earlier.
        mounts.max_by_key(|mount| mount.point.components().count())
    }

    /// Whether another machine keeps it: locks of SQLite do not hold there (sqlite.org, "How To Corrupt", section 2.1).
    pub(super) fn is_of_network(&self) -> bool {
        const NETWORK: &[&str] =
            &["9p", "afs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "lustre", "ncpfs", "smb3", "smbfs"];
        self.kind.starts_with("nfs") || NETWORK.contains(&self.kind.as_str())
    }
}

/// Who holds a lock on `path` (`proc_locks(5)`): processes with their names. Empty where nobody does, or where the
/// system does not tell, as of processes in other containers.
#[cfg(target_os = "linux")]
pub(super) fn holders(path: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let (Ok(found), Ok(table)) = (std::fs::metadata(path), std::fs::read_to_string("/proc/locks")) else {
        return Vec::new();
    };
    let suffix = format!(":{}", found.ino());
    let mut holders = Vec::new();
    for line in table.lines() {
        let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "->").collect();
        if let [_, _, _, kind, process, place, ..] = words.as_slice()
            && place.ends_with(&suffix)
            && *process != "-1"
        {
            let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            let holder = format!("process {process} {} ({})", name.trim(), kind.to_lowercase());
            if *process != std::process::id().to_string() && !holders.contains(&holder) {
                holders.push(holder);
            }
        }
    }
    holders
}

#[cfg(not(target_os = "linux"))]
pub(super) fn holders(_: &Path) -> Vec<String> {
    Vec::new()
}

/// Names beside `path` that are like its own: another ending, another case, a letter or two.
pub(super) fn alike(path: &Path) -> Vec<String> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let names = entries.take(10_000).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut near: Vec<(usize, String)> = names.map(|other| (distance(name, &other), other)).collect();
    near.retain(|(distance, _)| *distance <= 2);
    near.sort();
    near.into_iter().take(3).map(|(_, other)| other).collect()
}

/// How far two names are apart: 0 where only case or ending differ, otherwise the letters to change (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let stem = |name: &str| Path::new(name).file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
    if stem(one) == stem(other) {
        return 0;
    }
    let (one, other): (Vec<char>, Vec<char>) =
        (one.to_lowercase().chars().collect(), other.to_lowercase().chars().collect());
    if one.len().abs_diff(other.len()) > 2 || one.len().min(other.len()) < 4 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_alike_are_found() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["orders.sqlite", "Order.db", "ordres.db", "unrelated.db"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        assert_eq!(alike(&directory.path().join("orders.db")), ["orders.sqlite", "Order.db", "ordres.db"]);
    }

    #[test]
    fn the_first_directory_that_is_missing_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("a");
        assert_eq!(broken_way(&missing.join("b/c.db")), Some((missing.clone(), "does not exist")));
        std::fs::write(&missing, "").unwrap();
        assert_eq!(broken_way(&missing.join("c.db")), Some((missing, "is not a directory")));
        assert_eq!(broken_way(&directory.path().join("c.db")), None);
    }

    #[test]
    fn the_innermost_mount_counts() {
        let table = "/dev/a / ext4 rw,relatime 0 0\nserver:/x /data nfs4 rw 0 0\n/dev/b /data/ro\\040disk xfs ro 0 0\n";
        let of = |path: &str| {
            Mount::find(table, Path::new(path)).map(|it| (it.kind.clone(), it.is_read_only, it.is_of_network()))
        };
        assert_eq!(of("/data/orders.db"), Some(("nfs4".to_owned(), false, true)));
        assert_eq!(of("/data/ro disk/x"), Some(("xfs".to_owned(), true, false)));
        assert_eq!(of("/home/x"), Some(("ext4".to_owned(), false, false)));
    }
}
