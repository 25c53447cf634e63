//! Every engine crate has the same files, so that knowing one is knowing all.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::fault::Fault;
use crate::workspace;

const FILES: &[&str] = &[
    "README.md",
    "src/classify.rs",
    "src/config.rs",
    "src/driver.rs",
    "src/knowledge.rs",
    "src/lib.rs",
    "src/session.rs",
    "tests/conformance/main.rs",
];
/// What an engine has besides, when it sends statements: then it keeps a table.
const STATEMENTS: &str = "src/sql.rs";
/// How an engine that keeps a table says so in its `lib.rs`.
const KEEPS_A_TABLE: &str = "Capability::HealthTable";

pub(super) fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for engine in workspace::engines(root)? {
        let directory = root.join("crates").join(&engine);
        for file in FILES.iter().map(|name| directory.join(name)).filter(|file| !file.is_file()) {
            faults.push(Fault::new(&file, 0, "every engine crate has this file"));
        }
        let library = fs::read_to_string(directory.join("src/lib.rs")).unwrap_or_default();
        let statements = directory.join(STATEMENTS);
        if library.contains(KEEPS_A_TABLE) && !statements.is_file() {
            faults.push(Fault::new(&statements, 0, "every engine crate with statements has this file"));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::super::fault::tests::{shown, tree};
    use super::*;

    /// The faults of an engine whose `lib.rs` is given, without one of its files.
    fn faults(library: &str, missing: &str) -> Vec<String> {
        let mut files: Vec<(String, &str)> =
            FILES.iter().chain(&[STATEMENTS]).map(|name| (format!("crates/any/{name}"), library)).collect();
        files.retain(|(name, _)| !name.ends_with(missing));
        files.push(("crates/core/src/lib.rs".to_owned(), "pub enum Capability { HealthTable }"));
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let tree = tree(&files);
        shown(&tree, &check(tree.path()).unwrap())
    }

    #[test]
    fn an_engine_without_a_file_is_a_fault_and_another_crate_is_not() {
        let library = "pub const ENGINE: Engine = Engine { capabilities: &[] };";
        assert_eq!(faults(library, "session.rs"), ["crates/any/src/session.rs: every engine crate has this file"]);
        assert!(faults(library, "nothing").is_empty());
    }

    #[test]
    fn only_an_engine_that_keeps_a_table_needs_its_statements() {
        let with_table = "pub const ENGINE: Engine = Engine { capabilities: &[Capability::HealthTable] };";
        assert_eq!(
            faults(with_table, "sql.rs"),
            ["crates/any/src/sql.rs: every engine crate with statements has this file"]
        );
        let without = "pub const ENGINE: Engine = Engine { capabilities: &[Capability::Cancel] };";
        assert!(faults(without, "sql.rs").is_empty());
    }
}
