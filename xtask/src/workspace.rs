//! Where things are in this repository.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The repository's top directory.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

/// The directory cargo builds into, for our own logs and results.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The directories of all members: `crates/*`, `examples/*`, xtask, tests and benches.
pub(crate) fn members(root: &Path) -> Result<Vec<PathBuf>> {
    let mut members = subdirectories(&root.join("crates"))?;
    let examples = root.join("examples");
    if examples.is_dir() {
        members.extend(subdirectories(&examples)?);
    }
    members.extend(["xtask", "tests", "benches"].map(|name| root.join(name)));
    members.retain(|member| member.join("Cargo.toml").is_file());
    Ok(members)
}

/// The engines, by name: the crates whose `lib.rs` has the constant `ENGINE`.
pub(crate) fn engines(root: &Path) -> Result<Vec<String>> {
    let mut engines = Vec::new();
    for member in subdirectories(&root.join("crates"))? {
        let library = fs::read_to_string(member.join("src/lib.rs")).unwrap_or_default();
        if library.lines().any(|line| line.starts_with("pub const ENGINE:")) {
            engines.extend(member.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    Ok(engines)
}

/// All files of one extension below a directory, sorted, without `target`.
pub(crate) fn files(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    waiting.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn subdirectories(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cargo counts as a member and a check of ours does not see would be free of the house rules.
    #[test]
    fn every_member_that_cargo_knows_is_looked_at() {
        let metadata = crate::metadata::Metadata::of_members().unwrap();
        let mut known: Vec<PathBuf> =
            metadata.packages.iter().filter_map(|package| package.manifest_path.parent().map(PathBuf::from)).collect();
        let mut seen = members(&root()).unwrap();
        known.sort();
        seen.sort();
        assert_eq!(seen, known);
    }
}
