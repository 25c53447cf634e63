//! Why a database file cannot be opened or written, as the file system shows it.

use dbprobe_core::{Class, Failure};

use super::file::{File, LITTLE};
use super::named::{Confidence, Named};

const RESULT_CODES: &str = "https://www.sqlite.org/rescode.html";

/// The cause that the file system shows, where it shows one.
pub(super) fn of_file(file: &File, failure: &Failure) -> Option<Named> {
    let named = match failure.class {
        Class::NotFound => missing(file),
        Class::Corrupt => corrupt(file),
        Class::Locked => locked(file),
        Class::DiskFull => full(file),
        Class::Permission | Class::ReadOnly => not_allowed(file),
        _ => None,
    };
    named.map(|named| named.source(RESULT_CODES))
}

fn certain(cause: String) -> Named {
    Named::new(Confidence::Certain, cause)
}

fn missing(file: &File) -> Option<Named> {
    let path = file.path.display();
    if file.is_directory == Some(true) {
        return Some(certain(format!("{path} is a directory, not a file")).advise("name the file in it"));
    }
    if let Some((directory, why)) = &file.broken_way {
        let fact = format!("the way to the file breaks off: {} {why}", directory.display());
        return Some(certain(fact).advise("check the path, and in a container whether the volume is mounted"));
    }
    if file.is_directory.is_some() {
        return None;
    }
    if let Some(alike) = file.alike.first() {
        let fact = format!("there is no file {path}, but {alike} is beside its place: a slip of the pen");
        return Some(
            Named::new(Confidence::Likely, fact).advise(format!("name {alike} in the DSN, if that is the one")),
        );
    }
    let fact = format!("there is no file {path}, and its directory has none with a name like it");
    Some(certain(fact).advise("check the path; add `?mode=rwc` where dbprobe is to create the database"))
}

fn corrupt(file: &File) -> Option<Named> {
    let path = file.path.display();
    if let Some(stranger) = &file.stranger {
        let fact = format!("{path} is not a database of SQLite: its beginning is {stranger}");
        return Some(certain(fact).advise("name the database itself; restore it from a backup if it was one"));
    }
    let fact = format!("{path} begins like a database, but pages inside are damaged");
    Some(
        Named::new(Confidence::Likely, fact)
            .advise("copy the file first, then try `.recover` of the sqlite3 shell, or restore a backup"),
    )
}

fn locked(file: &File) -> Option<Named> {
    let holders = file.holders.join(", ");
    (!holders.is_empty()).then(|| {
        let fact = format!("{holders} holds a lock on {}", file.path.display());
        certain(fact).advise("let that process end its transaction; a long write belongs into short transactions")
    })
}

fn full(file: &File) -> Option<Named> {
    let at =
        file.mount.as_ref().map_or_else(|| file.path.display().to_string(), |mount| mount.point.display().to_string());
    Some(without_room(&at, file.free?))
}

/// Why there is no room where `free` bytes are free at `at`.
fn without_room(at: &str, free: u64) -> Named {
    if free >= LITTLE {
        let fact = format!("the file system at {at} has {free} bytes left, so another limit is reached");
        return Named::new(Confidence::Possible, format!("{fact}: `max_page_count`, or a quota of this user's"))
            .advise("compare `PRAGMA max_page_count` with `PRAGMA page_count`, and ask `quota`");
    }
    let fact = format!("the file system at {at} has {free} bytes left");
    Named::new(Confidence::Likely, fact).advise("free some space, or move the database")
}

fn not_allowed(file: &File) -> Option<Named> {
    let path = file.path.display();
    if let Some(mount) = file.mount.as_ref().filter(|mount| mount.is_read_only) {
        let fact = format!("the file system at {} is mounted read-only", mount.point.display());
        return Some(certain(fact).advise("mount it with write access, or probe with `?mode=ro` and `--level read`"));
    }
    if file.is_directory.is_some() && !file.is_readable {
        return Some(certain(format!("this user may not read {path}")));
    }
    if file.is_directory.is_some() && !file.is_writable {
        let fact = format!("this user may read {path}, but not write to it");
        return Some(certain(fact).advise("let dbprobe run as the owner or in the group of the file"));
    }
    if !file.is_directory_writable {
        let fact = format!("this user may not write to the directory of {path}, where SQLite puts its journal");
        return Some(certain(fact).advise("let dbprobe run as the owner or in the group of the directory"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_with_room_is_not_blamed() {
        assert_eq!(without_room("/data", 0).cause, "the file system at /data has 0 bytes left");
        let limit = without_room("/data", 1 << 40);
        assert!(limit.cause.contains("another limit is reached: `max_page_count`"), "{}", limit.cause);
        assert_eq!(limit.confidence, Confidence::Possible);
    }
}
