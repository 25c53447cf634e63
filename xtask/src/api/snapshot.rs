//! The text that is checked in for a library.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workspace;

#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) file: PathBuf,
}

impl Snapshot {
    pub(super) fn write(&self, items: &[String]) -> Result<()> {
        let text: String = items.iter().map(|item| format!("{item}\n")).collect();
        fs::write(&self.file, text).with_context(|| format!("cannot write {}", self.file.display()))
    }

    /// What the file lacks (`+`) and what it has too much (`-`), after a line with its name; nothing where it fits.
    pub(super) fn compare(&self, items: &[String]) -> Result<Vec<String>> {
        let text = if self.file.is_file() { fs::read_to_string(&self.file)? } else { String::new() };
        let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
        for item in items {
            *counts.entry(item).or_default() += 1;
        }
        for line in text.lines() {
            *counts.entry(line).or_default() -= 1;
        }
        let mut differences: Vec<String> = counts
            .into_iter()
            .filter(|(_, count)| *count != 0)
            .map(|(item, count)| format!("  {} {item}", if count > 0 { '+' } else { '-' }))
            .collect();
        if !differences.is_empty() {
            let name = self.file.strip_prefix(workspace::root()).unwrap_or(&self.file).display().to_string();
            differences.insert(0, name);
        }
        Ok(differences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| format!("pub fn x::{name}()")).collect()
    }

    #[test]
    fn what_was_added_and_what_is_gone_is_reported() {
        let directory = tempfile::tempdir().unwrap();
        let snapshot = Snapshot { file: directory.path().join("api.txt") };
        snapshot.write(&items(&["gone", "kept"])).unwrap();
        assert_eq!(snapshot.compare(&items(&["gone", "kept"])).unwrap(), Vec::<String>::new());
        let differences = snapshot.compare(&items(&["kept", "new"])).unwrap();
        assert_eq!(differences.get(1..).unwrap(), ["  - pub fn x::gone()", "  + pub fn x::new()"]);
    }

    #[test]
    fn a_library_without_a_file_has_only_new_items() {
        let directory = tempfile::tempdir().unwrap();
        let snapshot = Snapshot { file: directory.path().join("api.txt") };
        assert_eq!(snapshot.compare(&items(&["new"])).unwrap().get(1..).unwrap(), ["  + pub fn x::new()"]);
    }
}
