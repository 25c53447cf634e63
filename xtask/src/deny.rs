//! `cargo xtask deny`: licences, sources and banned crates, by the rules of `deny.toml`.

use anyhow::Result;

use crate::tool::Tool;
use crate::{process, workspace};

/// The version whose rules `deny.toml` is written for.
const DENY: Tool = Tool { command: "deny", version: "0.20.2" };

pub(crate) fn run() -> Result<()> {
    DENY.install()?;
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
