//! `cargo xtask package`: every published crate can be packaged, in the order of publishing, and holds what it needs:
//! the texts of its licences, and each file that its sources include.

mod contents;

use anyhow::{Context, Result, bail};

use crate::metadata::{Metadata, Package};
use crate::{process, workspace};
use contents::Contents;

pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::of_members()?;
    let mut faults = Vec::new();
    let mut count = 0;
    for package in metadata.published() {
        let contents = list(package)?;
        let found = contents.faults(package.description.as_deref())?;
        faults.extend(found.into_iter().map(|fault| format!("package: {}: {fault}", package.name)));
        count += 1;
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    // All at once: cargo finds those that others need among them, as if they were published already.
    let mut command = cargo_package();
    command.args(metadata.published().flat_map(|package| ["--package", package.name.as_str()]));
    process::run(command.args(["--no-verify", "--quiet"]))?;
    println!("package: {count} crates hold what they need");
    Ok(())
}

/// What belongs into a package, by cargo's rules.
fn list(package: &Package) -> Result<Contents> {
    let listed = process::output(cargo_package().args(["--list", "--package", &package.name]))?;
    let directory = package.manifest_path.parent().with_context(|| format!("{} has no directory", package.name))?;
    Ok(Contents::new(directory, &listed))
}

fn cargo_package() -> std::process::Command {
    let mut command = process::cargo();
    // What is not committed yet is packaged, too: the check is for the working tree.
    command.current_dir(workspace::root()).args(["package", "--allow-dirty"]);
    command
}
