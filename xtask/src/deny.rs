//! `cargo xtask deny`: licences, sources and banned crates, by the rules of `deny.toml`.

use anyhow::Result;

use crate::{process, workspace};

/// The version whose rules `deny.toml` is written for.
const VERSION: &str = "0.20.2";

pub(crate) fn run() -> Result<()> {
    if !process::succeeds(process::cargo().args(["deny", "--version"])) {
        // It runs for a second: an unoptimised build is there a good deal sooner.
        let package = format!("cargo-deny@{VERSION}");
        process::run(process::cargo().args(["install", "--locked", "--debug", "--quiet", &package]))?;
    }
    process::run(process::cargo().current_dir(workspace::root()).args([
        "deny",
        "--workspace",
        "--all-features",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))
}
