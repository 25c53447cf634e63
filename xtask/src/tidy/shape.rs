//! Every engine crate has the same files, so that knowing one is knowing all.

use std::path::Path;

use anyhow::Result;

use super::fault::Fault;
use crate::workspace;

const FILES: &[&str] = &[
    "README.md",
    "src/classify.rs",
    "src/config.rs",
    "src/driver.rs",
    "src/lib.rs",
    "src/session.rs",
    "src/sql.rs",
    "tests/conformance.rs",
];

pub(super) fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for engine in workspace::engines(root)? {
        let directory = root.join("crates").join(&engine);
        for file in FILES.iter().map(|name| directory.join(name)).filter(|file| !file.is_file()) {
            faults.push(Fault::new(&file, 0, "every engine crate has this file"));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::super::fault::tests::{shown, tree};
    use super::*;

    #[test]
    fn an_engine_without_a_file_is_a_fault_and_another_crate_is_not() {
        let mut files: Vec<(String, &str)> =
            FILES.iter().map(|name| (format!("crates/sqlite/{name}"), "pub const ENGINE: u8 = 0;")).collect();
        files.retain(|(name, _)| !name.ends_with("sql.rs"));
        files.push(("crates/core/src/lib.rs".to_owned(), ""));
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let tree = tree(&files);
        let faults = shown(&tree, &check(tree.path()).unwrap());
        assert_eq!(faults, ["crates/sqlite/src/sql.rs: every engine crate has this file"]);
    }
}
