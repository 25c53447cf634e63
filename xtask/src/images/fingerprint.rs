//! A number for the content of files, to tell whether an image is still what its sources make.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// FNV-1a in 64 bits: stable over releases of Rust, which the standard hasher is not, and good
/// enough to notice an edit.
#[derive(Debug)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds one piece; pieces cannot run into each other.
    pub(crate) fn add(mut self, piece: &[u8]) -> Self {
        for byte in piece.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    /// Adds the names and contents of the files of a directory.
    pub(crate) fn add_directory(mut self, directory: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for entry in fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))? {
            files.push(entry?.path());
        }
        files.sort();
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self = self.add(name.as_bytes()).add(&content);
        }
        Ok(self)
    }

    pub(crate) fn text(&self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_changes_the_fingerprint() {
        let directory = tempfile::tempdir().unwrap();
        let print = |content: &str| {
            fs::write(directory.path().join("Dockerfile"), content).unwrap();
            Fingerprint::new().add_directory(directory.path()).unwrap().text()
        };
        let before = print("FROM a");
        assert_eq!(before, print("FROM a"));
        assert_ne!(before, print("FROM b"));
    }

    #[test]
    fn pieces_do_not_run_into_each_other() {
        assert_ne!(Fingerprint::new().add(b"ab").add(b"c").text(), Fingerprint::new().add(b"a").add(b"bc").text());
    }
}
