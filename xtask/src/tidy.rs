//! `cargo xtask tidy`: the house rules that no compiler knows. Each check is one file, reads a tree
//! whose top it is given, and proves in its tests that it can fail.

mod fault;
mod source;

mod manifests;
mod order;
mod paths;
mod printing;
mod shape;
mod size;
mod statements;

use std::path::Path;

use anyhow::{Result, bail};

use crate::workspace;
use fault::Fault;

type Check = fn(&Path) -> Result<Vec<Fault>>;

const CHECKS: &[(&str, Check)] = &[
    ("manifests take their keys from the workspace", manifests::check),
    ("modules use only modules above them", order::check),
    ("no path of one machine is in the tree", paths::check),
    ("only cli prints", printing::check),
    ("engine crates have the same files", shape::check),
    ("files stay small", size::check),
    ("statements are in sql.rs", statements::check),
];

pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    let mut faults = Vec::new();
    for (rule, check) in CHECKS {
        let found = check(&root)?;
        println!(
            "tidy: {rule}: {}",
            if found.is_empty() { "ok".to_owned() } else { format!("FAULTS: {}", found.len()) }
        );
        faults.extend(found);
    }
    for long in size::long_files(&root)? {
        println!("tidy: long: {long}");
    }
    for fault in &faults {
        println!("{}", fault.shown(&root));
    }
    if !faults.is_empty() {
        bail!("tidy found faults: {}", faults.len());
    }
    Ok(())
}
