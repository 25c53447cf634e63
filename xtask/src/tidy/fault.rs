//! What a check found.

use std::path::{Path, PathBuf};

/// A place that breaks a rule.
#[derive(Debug)]
pub(super) struct Fault {
    file: PathBuf,
    line: usize,
    text: String,
}

impl Fault {
    /// A fault at a line, counted from 1; line 0 means the whole file.
    pub(super) fn new(file: &Path, line: usize, text: impl Into<String>) -> Self {
        Self { file: file.to_path_buf(), line, text: text.into() }
    }

    pub(super) fn shown(&self, root: &Path) -> String {
        let file = self.file.strip_prefix(root).unwrap_or(&self.file).display();
        if self.line == 0 { format!("{file}: {}", self.text) } else { format!("{file}:{}: {}", self.line, self.text) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A tree of files in a temporary directory, for the tests of the checks.
    pub(in crate::tidy) fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let file = directory.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, content).unwrap();
        }
        directory
    }

    /// The faults as a reader sees them.
    pub(in crate::tidy) fn shown(directory: &tempfile::TempDir, faults: &[Fault]) -> Vec<String> {
        faults.iter().map(|fault| fault.shown(directory.path())).collect()
    }

    #[test]
    fn a_fault_names_its_place() {
        let fault = Fault::new(Path::new("/top/a.rs"), 3, "wrong");
        assert_eq!(fault.shown(Path::new("/top")), "a.rs:3: wrong");
    }
}
