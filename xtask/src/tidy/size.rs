//! Files that one can read in one go.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::fault::Fault;
use crate::workspace;

/// From here on a file is worth a look.
const LONG: usize = 300;
/// From here on it is split.
const TOO_LONG: usize = 500;

pub(super) fn check(root: &Path) -> Result<Vec<Fault>> {
    let faults = lengths(root)?.into_iter().filter(|(_, lines)| *lines > TOO_LONG);
    Ok(faults
        .map(|(file, lines)| Fault::new(&file, 0, format!("{lines} lines, more than {TOO_LONG}: split it")))
        .collect())
}

/// The files worth a look, the longest first.
pub(super) fn long_files(root: &Path) -> Result<Vec<String>> {
    let mut long: Vec<_> = lengths(root)?.into_iter().filter(|(_, lines)| *lines > LONG).collect();
    long.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
    let shown = |file: &Path, lines| format!("{} has {lines} lines", file.strip_prefix(root).unwrap_or(file).display());
    Ok(long.iter().map(|(file, lines)| shown(file, lines)).collect())
}

fn lengths(root: &Path) -> Result<Vec<(PathBuf, usize)>> {
    let mut lengths = Vec::new();
    for member in workspace::members(root)? {
        for file in workspace::files(&member, "rs")? {
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            lengths.push((file, text.lines().count()));
        }
    }
    Ok(lengths)
}

#[cfg(test)]
mod tests {
    use super::super::fault::tests::{shown, tree};
    use super::*;

    #[test]
    fn long_files_are_listed_and_too_long_ones_are_faults() {
        let lines = |count| "//\n".repeat(count);
        let tree = tree(&[
            ("crates/a/Cargo.toml", ""),
            ("crates/a/src/short.rs", &lines(LONG)),
            ("crates/a/src/long.rs", &lines(LONG + 1)),
            ("crates/a/src/huge.rs", &lines(TOO_LONG + 1)),
            ("examples/b/Cargo.toml", ""),
            ("examples/b/src/main.rs", &lines(TOO_LONG + 1)),
        ]);
        let faults = shown(&tree, &check(tree.path()).unwrap());
        let fault = |file| format!("{file}: 501 lines, more than 500: split it");
        assert_eq!(faults, [fault("crates/a/src/huge.rs"), fault("examples/b/src/main.rs")]);
        assert_eq!(long_files(tree.path()).unwrap().len(), 3);
    }
}
