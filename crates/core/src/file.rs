//! Reading the small files that a DSN names.

use std::io::{Error, ErrorKind, Read};
use std::path::Path;

/// Reads a regular file of at most `longest` bytes.
///
/// A pipe that nobody writes to, or a device, would hold the probe for ever, so nothing else is even opened.
///
/// # Errors
/// What the system says; kind `IsADirectory` or `InvalidInput` for what is not a regular file, and `FileTooLarge` for one that is longer.
pub fn read_file(path: &Path, longest: u64) -> Result<Vec<u8>, Error> {
    let facts = std::fs::metadata(path)?;
    if facts.is_dir() {
        return Err(Error::new(ErrorKind::IsADirectory, "is a directory"));
    }
    if !facts.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "is not a file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(longest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("is longer than {longest} bytes")));
    }
    Ok(bytes)
}

/// Whether there is no file at `path`, or an empty one: who writes a file creates it first.
pub(crate) fn is_missing(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(facts) => facts.is_file() && facts.len() == 0,
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_regular_files_are_read() {
        let kind = |path: &str| read_file(Path::new(path), 4).err().map(|error| error.kind());
        assert_eq!(kind("/dev/zero"), Some(ErrorKind::InvalidInput));
        assert_eq!(kind("/"), Some(ErrorKind::IsADirectory));
        assert_eq!(kind("/does/not/exist"), Some(ErrorKind::NotFound));
        assert_eq!(kind("Cargo.toml"), Some(ErrorKind::FileTooLarge));
    }

    #[test]
    fn what_is_not_there_and_what_is_still_empty_is_missing() {
        let empty = std::env::temp_dir().join(format!("dbprobe-core-empty-{}", std::process::id()));
        std::fs::write(&empty, "").expect("a file");
        let paths = [Path::new("/does/not/exist"), &empty, Path::new("Cargo.toml"), Path::new("/")].map(is_missing);
        std::fs::remove_file(&empty).expect("removed");
        assert_eq!(paths, [true, true, false, false]);
    }
}
