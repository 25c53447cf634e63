//! The files of a project's migrations.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A project keeps its migrations less deep than this.
const DEEPEST: usize = 6;
/// Whoever names `/` by mistake is to wait for seconds, not for hours.
const MOST_FILES: usize = 20_000;
/// A migration of more is data, and the memory of a container is small.
const LARGEST: u64 = 32 << 20;
/// Directories that hold no migrations but may hold thousands of files.
const SKIPPED: &[&str] = &["node_modules", "target", "vendor", "__pycache__", "bin", "obj"];

/// A directory and the files below it.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) root: PathBuf,
    /// Relative to `root`, with `/`, in order.
    pub(super) files: Vec<String>,
    /// The directories that were listed: a link that leads back would show every file again.
    seen: BTreeSet<PathBuf>,
}

/// Why a directory of migrations cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationFilesError(pub(super) String);

impl fmt::Display for MigrationFilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MigrationFilesError {}

impl Directory {
    /// Lists it.
    ///
    /// # Errors
    /// When it is missing, no directory, empty, or larger than any project's.
    pub(super) fn read(root: &Path) -> Result<Self, MigrationFilesError> {
        let shown = root.display();
        let because = |what: &str| MigrationFilesError(format!("{shown}: {what}"));
        let metadata = fs::metadata(root).map_err(|error| because(&reason(&error)))?;
        if !metadata.is_dir() {
            return Err(because("this is a file; name the directory that holds the migrations"));
        }
        let mut directory = Self { root: root.to_owned(), files: Vec::new(), seen: BTreeSet::new() };
        directory.walk(root, "", 0).map_err(|error| because(&reason(&error)))?;
        if directory.files.len() >= MOST_FILES || directory.seen.len() >= MOST_FILES {
            return Err(because(
                "20,000 files or directories are below it; name the directory that holds the migrations",
            ));
        }
        if directory.files.is_empty() {
            return Err(because("the directory is empty"));
        }
        directory.files.sort();
        Ok(directory)
    }

    fn walk(&mut self, path: &Path, prefix: &str, depth: usize) -> io::Result<()> {
        if self.seen.len() >= MOST_FILES || !self.seen.insert(fs::canonicalize(path)?) {
            return Ok(());
        }
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            // Follows links: a mounted ConfigMap is nothing else. Its hidden directories are not looked into.
            let Ok(metadata) = fs::metadata(entry.path()) else { continue };
            if name.starts_with('.') || self.files.len() >= MOST_FILES {
                continue;
            }
            let relative = format!("{prefix}{name}");
            if metadata.is_file() {
                self.files.push(relative);
            } else if metadata.is_dir() && depth < DEEPEST && !SKIPPED.contains(&name.as_str()) {
                self.walk(&entry.path(), &format!("{relative}/"), depth + 1)?;
            }
        }
        Ok(())
    }

    /// The files that lie in the directory itself, by name.
    pub(super) fn top(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str).filter(|file| !file.contains('/'))
    }

    /// The content of one of its files.
    ///
    /// # Errors
    /// With the file's name.
    pub(super) fn bytes(&self, file: &str) -> Result<Vec<u8>, MigrationFilesError> {
        let because = |what: String| MigrationFilesError(format!("{}: {what}", self.root.join(file).display()));
        let mut content = Vec::new();
        let opened = fs::File::open(self.root.join(file));
        opened
            .and_then(|opened| opened.take(LARGEST + 1).read_to_end(&mut content))
            .map_err(|error| because(reason(&error)))?;
        if content.len() as u64 > LARGEST {
            return Err(because(
                "it is larger than 32 MiB; where it is no migration, name the tool with `--migration-tool`".to_owned(),
            ));
        }
        Ok(content)
    }

    /// The same as text; what is not UTF-8 is replaced.
    ///
    /// # Errors
    /// With the file's name.
    pub(super) fn text(&self, file: &str) -> Result<String, MigrationFilesError> {
        let bytes = self.bytes(file)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The last part of a path.
pub(super) fn base_name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// Without the number that the operating system adds.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such directory".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        _ => error.to_string(),
    }
}
