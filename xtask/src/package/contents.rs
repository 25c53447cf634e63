//! The files of one package.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

/// Both licences ask for their text to come along.
const LICENCES: &[&str] = &["LICENSE-APACHE", "LICENSE-MIT"];
const INCLUDES: &[&str] = &["include!(\"", "include_bytes!(\"", "include_str!(\""];

#[derive(Debug)]
pub(super) struct Contents {
    directory: PathBuf,
    /// Relative to the directory.
    files: BTreeSet<PathBuf>,
}

impl Contents {
    /// From the lines of `cargo package --list`.
    pub(super) fn new(directory: &Path, listed: &str) -> Self {
        Self { directory: directory.to_path_buf(), files: listed.lines().map(PathBuf::from).collect() }
    }

    /// What a registry would refuse, and what would not compile from the package.
    pub(super) fn faults(&self, description: Option<&str>) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        if description.is_none_or(str::is_empty) {
            faults.push("the manifest has no description, and registries ask for one".to_owned());
        }
        for licence in LICENCES.iter().filter(|name| !self.files.contains(Path::new(name))) {
            faults.push(format!("{licence} is missing: link it to the one at the top of the repository"));
        }
        let is_source = |file: &&PathBuf| file.starts_with("src") && file.extension().is_some_and(|ext| ext == "rs");
        for file in self.files.iter().filter(is_source) {
            let path = self.directory.join(file);
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            for (line, included) in includes(&text) {
                let needed = joined(file.parent().unwrap_or(Path::new("")), &included);
                if !needed.is_some_and(|needed| self.files.contains(&needed)) {
                    faults.push(format!("{}:{line} includes {included}, which is not inside", file.display()));
                }
            }
        }
        Ok(faults)
    }
}

/// The files that a source includes, with their lines. Those that only tests read are not meant: nobody tests a
/// package in which most of the suite is missing.
fn includes(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut only_tests = false;
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
        if line.starts_with("#[cfg(") {
            only_tests = line.contains("doctest") || line.contains("(test");
        } else if !line.starts_with("#[") {
            only_tests = false;
        }
        for begin in INCLUDES {
            let file = line.split_once(begin).and_then(|(_, rest)| rest.split_once('"'));
            if let (Some((file, _)), false) = (file, only_tests) {
                found.push((number, file.to_owned()));
            }
        }
    }
    found
}

/// The path without its `..`; `None` where it leaves the package.
fn joined(directory: &Path, relative: &str) -> Option<PathBuf> {
    let mut joined = directory.to_path_buf();
    for part in Path::new(relative).components() {
        match part {
            Component::ParentDir if joined.pop() => {}
            Component::CurDir => {}
            Component::Normal(name) => joined.push(name),
            _ => return None,
        }
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(source: &str, listed: &str) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("src")).unwrap();
        fs::write(directory.path().join("src/lib.rs"), source).unwrap();
        Contents::new(directory.path(), listed).faults(Some("It does.")).unwrap()
    }

    const LISTED: &str = "LICENSE-APACHE\nLICENSE-MIT\nREADME.md\nsrc/lib.rs";

    #[test]
    fn a_file_from_outside_is_a_fault() {
        assert_eq!(
            faults("//! x\n#[doc = include_str!(\"../../docs/x.md\")]\nstruct X;", LISTED),
            ["src/lib.rs:2 includes ../../docs/x.md, which is not inside"]
        );
        assert_eq!(
            faults("const X: &str = include_str!(\"x.txt\");", LISTED),
            ["src/lib.rs:1 includes x.txt, which is not inside"]
        );
        assert!(faults("#![doc = include_str!(\"../README.md\")]", LISTED).is_empty());
    }

    #[test]
    fn what_only_tests_read_may_be_outside() {
        let page = "#[cfg(all(doctest, feature = \"all\"))]\n#[doc = include_str!(\"../../x.md\")]\nstruct X;";
        assert!(faults(page, LISTED).is_empty());
        let next = format!("{page}\n#[doc = include_str!(\"../../y.md\")]\nstruct Y;");
        assert_eq!(faults(&next, LISTED), ["src/lib.rs:4 includes ../../y.md, which is not inside"]);
    }

    #[test]
    fn a_package_without_licences_or_description_is_a_fault() {
        assert_eq!(
            faults("", "LICENSE-MIT\nsrc/lib.rs"),
            ["LICENSE-APACHE is missing: link it to the one at the top of the repository"]
        );
        let contents = Contents::new(Path::new("."), "LICENSE-APACHE\nLICENSE-MIT");
        assert_eq!(contents.faults(None).unwrap(), ["the manifest has no description, and registries ask for one"]);
    }
}
