//! A path that exists on one machine only breaks the build on the next.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::fault::Fault;
use crate::process;

/// Beginnings of such paths besides the tree's own place, written so that this file does not hold them.
/// Home directories in general are not meant: an example may have one.
const BEGINNINGS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/.")];

pub(super) fn check(root: &Path) -> Result<Vec<Fault>> {
    let own = format!("{}/", root.display());
    let mut faults = Vec::new();
    for file in kept_files(root)? {
        // What is not text holds no path that a person wrote.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(beginning) = BEGINNINGS.iter().chain([&own.as_str()]).find(|beginning| holds(line, beginning)) {
                faults.push(Fault::new(&file, number + 1, format!("a path of one machine: {beginning}…")));
            }
        }
    }
    Ok(faults)
}

/// Whether a line holds a path with this beginning. A path that merely goes on with it, such as
/// one inside a container's home or behind a host name, is not meant.
fn holds(line: &str, beginning: &str) -> bool {
    line.match_indices(beginning).any(|(start, _)| {
        !line
            .get(..start)
            .and_then(|before| before.chars().last())
            .is_some_and(|before| before.is_alphanumeric() || matches!(before, '.' | '_' | '-' | '/' | '}' | '*'))
    })
}

/// The files that git keeps or would keep.
fn kept_files(root: &Path) -> Result<Vec<PathBuf>> {
    let listed = process::output(Command::new("git").current_dir(root).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    Ok(listed.lines().map(|name| root.join(name)).filter(|file| file.is_file()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::fault::tests::{shown, tree};
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_a_fault() {
        let path = format!("see {}user/x\nhttp://host{0}x", concat!("/wo", "rk/"));
        let tree = tree(&[("README.md", &path)]);
        process::output(Command::new("git").current_dir(tree.path()).args(["init", "--quiet"])).unwrap();
        let faults = shown(&tree, &check(tree.path()).unwrap());
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults.iter().all(|fault| fault.starts_with("README.md:1: ")), "{faults:?}");
    }
}
