//! A library that prints cannot be embedded: only cli does, and what never runs beside an application.

use std::path::Path;

use anyhow::Result;

use super::fault::Fault;
use super::source;
use crate::workspace;

const MACROS: &[&str] = &["dbg", "eprint", "eprintln", "print", "println"];
/// Parts of paths below which printing is the purpose.
const FREE: &[&str] = &["crates/cli/", "examples/", "xtask/", "tests/", "benches/"];

pub(super) fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for member in workspace::members(root)? {
        for file in workspace::files(&member, "rs")? {
            let shown = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            if FREE.iter().any(|free| shown.contains(free)) {
                continue;
            }
            for pair in source::tokens(&file)?.windows(2) {
                let [macro_name, sign] = pair else { continue };
                if let Some(name) = macro_name.name().filter(|name| sign.is('!') && MACROS.contains(name)) {
                    faults.push(Fault::new(&file, macro_name.line, format!("{name}! outside cli")));
                }
            }
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::super::fault::tests::{shown, tree};
    use super::*;

    #[test]
    fn a_library_that_prints_is_a_fault() {
        let printing = "fn f() {\n    println!(\"x\");\n}\n";
        let tree = tree(&[
            ("crates/core/Cargo.toml", ""),
            ("crates/core/src/lib.rs", printing),
            ("crates/core/tests/t.rs", printing),
            ("crates/cli/Cargo.toml", ""),
            ("crates/cli/src/main.rs", printing),
            ("examples/service/Cargo.toml", ""),
            ("examples/service/src/main.rs", printing),
        ]);
        assert_eq!(shown(&tree, &check(tree.path()).unwrap()), ["crates/core/src/lib.rs:2: println! outside cli"]);
    }
}
