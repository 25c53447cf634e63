//! Inside a crate, `lib.rs` (or `main.rs`) lists the modules in dependency order, and a module uses
//! only those above it. So a reader can go through a crate from top to bottom, and no two modules
//! need each other.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::fault::Fault;
use super::source::{self, Token};
use crate::workspace;

pub(super) fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for member in workspace::members(root)? {
        for top in ["src/lib.rs", "src/main.rs"].map(|name| member.join(name)) {
            if top.is_file() {
                faults.extend(check_crate(&member.join("src"), &top)?);
            }
        }
    }
    Ok(faults)
}

/// The modules of a crate, and which of them each name at its top comes from.
#[derive(Debug, Default)]
struct Modules {
    order: Vec<String>,
    exported: HashMap<String, String>,
}

fn check_crate(directory: &Path, top: &Path) -> Result<Vec<Fault>> {
    let modules = Modules::read(&source::tokens(top)?);
    let mut faults = Vec::new();
    for (place, module) in modules.order.iter().enumerate() {
        for file in files(directory, module)? {
            let depth = depth(directory, &file);
            for (line, name) in names_used(&source::tokens(&file)?, depth) {
                let used = modules.exported.get(&name).unwrap_or(&name);
                if modules.order.iter().position(|other| other == used).is_some_and(|other| other > place) {
                    faults.push(Fault::new(
                        &file,
                        line,
                        format!("module {module} uses {used}, which is listed below it"),
                    ));
                }
            }
        }
    }
    Ok(faults)
}

impl Modules {
    fn read(tokens: &[Token]) -> Self {
        let mut modules = Self::default();
        for (place, token) in tokens.iter().enumerate() {
            let rest = tokens.get(place + 1..).unwrap_or_default();
            match token.name() {
                Some("mod") => modules.order.extend(rest.first().and_then(Token::name).map(str::to_owned)),
                Some("use") => modules.read_export(rest),
                _ => {}
            }
        }
        modules
    }

    /// `use probe::{Plan, probe};` makes `Plan` and `probe` names of the module `probe`.
    fn read_export(&mut self, statement: &[Token]) {
        let mut names = statement.iter().take_while(|token| !token.is(';')).filter_map(Token::name);
        let Some(module) = names.find(|name| !matches!(*name, "crate" | "self")) else { return };
        for name in names {
            self.exported.insert(name.to_owned(), module.to_owned());
        }
    }
}

/// The files of a module: `x.rs` and everything below `x/`.
fn files(directory: &Path, module: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let own = directory.join(format!("{module}.rs"));
    if own.is_file() {
        files.push(own);
    }
    let below = directory.join(module);
    if below.is_dir() {
        files.extend(workspace::files(&below, "rs")?);
    }
    Ok(files)
}

/// How many times `super` leads from a file to the top of its crate.
fn depth(directory: &Path, file: &Path) -> usize {
    let parts = file.strip_prefix(directory).map_or(1, |path| path.components().count());
    if file.ends_with("mod.rs") { parts - 1 } else { parts }
}

/// The names behind `crate::`, or behind as many `super::` as lead to the top, with their lines.
fn names_used(tokens: &[Token], depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut supers = 0;
    for (place, token) in tokens.iter().enumerate() {
        let rest = tokens.get(place + 1..).unwrap_or_default();
        if !(rest.first().is_some_and(|next| next.is(':')) && rest.get(1).is_some_and(|next| next.is(':'))) {
            if token.name().is_some() {
                supers = 0;
            }
            continue;
        }
        match token.name() {
            Some("crate") => found.extend(first_names(rest.get(2..).unwrap_or_default())),
            Some("super") => {
                supers += 1;
                if supers == depth {
                    found.extend(first_names(rest.get(2..).unwrap_or_default()));
                }
            }
            Some(_) => supers = 0,
            None => {}
        }
    }
    found
}

/// The name that follows, or the first names inside the braces that follow.
fn first_names(tokens: &[Token]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut level = 0_usize;
    let mut at_start = true;
    for token in tokens {
        match token.name() {
            Some(name) if at_start && level <= 1 => found.push((token.line, name.to_owned())),
            _ => {}
        }
        if token.is('{') {
            level += 1;
        } else if token.is('}') {
            level = level.saturating_sub(1);
        }
        at_start = token.is(',') || token.is('{');
        if level == 0 {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::fault::tests::{shown, tree};
    use super::*;

    const MANIFEST: (&str, &str) = ("crates/core/Cargo.toml", "");

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let tree = tree(&[&[MANIFEST], files].concat());
        shown(&tree, &check(tree.path()).unwrap())
    }

    #[test]
    fn a_module_that_uses_one_below_it_is_a_fault() {
        let top = ("crates/core/src/lib.rs", "mod a;\nmod b;\n");
        let expected = ["crates/core/src/a.rs:1: module a uses b, which is listed below it"];
        assert_eq!(faults(&[top, ("crates/core/src/a.rs", "use crate::b::B;")]), expected);
        assert_eq!(faults(&[top, ("crates/core/src/a.rs", "fn f() { crate::b::g() }")]), expected);
        assert_eq!(faults(&[top, ("crates/core/src/a.rs", "use super::b;")]), expected);
        assert_eq!(faults(&[top, ("crates/core/src/a.rs", "use crate::{a::C, b::{x, y}};")]), expected);
        assert_eq!(faults(&[top, ("crates/core/src/b.rs", "use crate::a::A;")]), Vec::<String>::new());
    }

    #[test]
    fn a_name_exported_at_the_top_counts_for_its_module() {
        let top = ("crates/core/src/lib.rs", "mod a;\nmod b;\npub use b::{B, Other as Shown};\n");
        let expected = ["crates/core/src/a.rs:1: module a uses b, which is listed below it"];
        assert_eq!(faults(&[top, ("crates/core/src/a.rs", "use crate::B;")]), expected);
        assert_eq!(faults(&[top, ("crates/core/src/a.rs", "use crate::Shown;")]), expected);
    }

    #[test]
    fn submodules_follow_the_rule_of_their_parent() {
        let top = ("crates/core/src/lib.rs", "mod a;\nmod b;\nmod c;\n");
        let inner = ("crates/core/src/b/inner.rs", "use super::X;\nuse super::super::c::C;\nuse crate::a::A;");
        assert_eq!(faults(&[top, inner]), ["crates/core/src/b/inner.rs:2: module b uses c, which is listed below it"]);
    }

    #[test]
    fn tests_may_use_everything() {
        let top = ("crates/core/src/lib.rs", "mod a;\nmod b;\n");
        let file = ("crates/core/src/a.rs", "// crate::b\n#[cfg(test)]\nmod tests { use crate::b::B; }");
        assert_eq!(faults(&[top, file]), Vec::<String>::new());
    }
}
