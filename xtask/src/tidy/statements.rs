//! Every statement that an engine can send is in its `sql.rs`, with the privilege that it needs:
//! whoever has to allow dbprobe into a database reads one file.

use std::path::Path;

use anyhow::Result;

use super::fault::Fault;
use super::source::{self, Kind};
use crate::workspace;

/// How a statement begins. Words of a message are not in capitals, so that prose is not meant.
const BEGINNINGS: &[&str] = &[
    "ALTER ",
    "BEGIN",
    "CALL ",
    "COMMIT",
    "CREATE ",
    "DELETE FROM ",
    "DROP ",
    "EXEC ",
    "EXECUTE ",
    "EXPLAIN ",
    "GRANT ",
    "INSERT INTO ",
    "KILL ",
    "LOCK TABLE",
    "MERGE ",
    "PRAGMA ",
    "RELEASE ",
    "RESET ",
    "REVOKE ",
    "ROLLBACK",
    "SAVEPOINT ",
    "SELECT ",
    "SET ",
    "SHOW ",
    "START TRANSACTION",
    "TRUNCATE ",
    "UPDATE ",
    "VACUUM",
    "WITH ",
];

pub(super) fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for engine in workspace::engines(root)? {
        for file in workspace::files(&root.join("crates").join(engine).join("src"), "rs")? {
            if file.file_name().is_some_and(|name| name == "sql.rs") {
                continue;
            }
            for token in source::tokens(&file)? {
                if let Kind::Text(text) = &token.kind
                    && is_statement(text)
                {
                    faults.push(Fault::new(&file, token.line, format!("a statement outside sql.rs: {text}")));
                }
            }
        }
    }
    Ok(faults)
}

fn is_statement(text: &str) -> bool {
    let text = text.trim_start();
    BEGINNINGS.iter().any(|beginning| {
        text.strip_prefix(beginning).is_some_and(|rest| {
            beginning.ends_with(' ') || !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::fault::tests::{shown, tree};
    use super::*;

    #[test]
    fn a_statement_outside_sql_rs_is_a_fault() {
        let tree = tree(&[
            ("crates/sqlite/src/lib.rs", "pub const ENGINE: u8 = 0;\n"),
            ("crates/sqlite/src/sql.rs", "const PING: &str = \"SELECT 1\";"),
            ("crates/sqlite/src/session.rs", "const PING: &str =\n    \"SELECT 1\";"),
            ("crates/core/src/lib.rs", "const TEXT: &str = \"SELECT 1\";"),
        ]);
        let faults = shown(&tree, &check(tree.path()).unwrap());
        assert_eq!(faults, ["crates/sqlite/src/session.rs:2: a statement outside sql.rs: SELECT 1"]);
    }

    #[test]
    fn advice_in_prose_is_no_statement() {
        assert!(is_statement("  BEGIN; SELECT 1") && is_statement("PRAGMA journal_mode"));
        assert!(!is_statement("grant INSERT and UPDATE on `_health_check`"));
        assert!(!is_statement("BEGINNING") && !is_statement("the server refused SELECT 1"));
    }
}
