//! Versions, licence and lints are set once, in the root manifest.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::fault::Fault;
use crate::workspace;

const KEYS: &[&str] = &["edition", "license", "rust-version", "version"];

pub(super) fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for member in workspace::members(root)? {
        let file = member.join("Cargo.toml");
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for key in KEYS {
            let inherited = format!("{key}.workspace = true");
            if !lines.contains(&inherited.as_str()) {
                faults.push(Fault::new(&file, 0, format!("`{inherited}` is missing")));
            }
        }
        if !lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"]) {
            faults.push(Fault::new(&file, 0, "`[lints]` does not take the lints of the workspace"));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::super::fault::tests::{shown, tree};
    use super::*;

    #[test]
    fn a_manifest_of_its_own_mind_is_a_fault() {
        let good = "version.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n\
                    license.workspace = true\n[lints]\nworkspace = true\n";
        let tree = tree(&[
            ("crates/good/Cargo.toml", good),
            ("crates/edition/Cargo.toml", &good.replace("edition.workspace = true", "edition = \"2021\"")),
            ("crates/lints/Cargo.toml", &good.replace("[lints]", "[features]")),
        ]);
        let faults = shown(&tree, &check(tree.path()).unwrap());
        assert_eq!(
            faults,
            [
                "crates/edition/Cargo.toml: `edition.workspace = true` is missing",
                "crates/lints/Cargo.toml: `[lints]` does not take the lints of the workspace",
            ]
        );
    }
}
