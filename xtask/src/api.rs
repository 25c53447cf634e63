//! `cargo xtask api`: the public API of the libraries that others embed, as a text that is checked in.
//!
//! Whoever changes it by accident sees it in the check, and whoever changes it on purpose shows it to the reviewer as
//! a difference of `crates/*/api.txt`. Whether a difference breaks users is for `cargo semver-checks` to say.

mod document;
mod snapshot;

use anyhow::{Result, bail};

use crate::workspace;
use document::Document;
use snapshot::Snapshot;

/// The libraries to embed, with the directories that they are in.
const LIBRARIES: &[(&str, &str)] = &[
    ("dbprobe", "dbprobe"),
    ("dbprobe-core", "core"),
    ("dbprobe-instrument", "instrument"),
    ("dbprobe-tasks", "tasks"),
];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail where a file is not what the sources say.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let packages: Vec<&str> = LIBRARIES.iter().map(|(package, _)| *package).collect();
    let documents = document::write(&packages)?;
    if let Some(reason) = unreadable(&documents)? {
        if !arguments.check {
            bail!("{reason}");
        }
        // Another compiler is no fault of the commit; the job `api` of the workflow has the one that fits.
        println!("api: SKIPPED, NOTHING WAS COMPARED: {reason}");
        return Ok(());
    }
    let mut faults = Vec::new();
    for ((package, directory), document) in LIBRARIES.iter().zip(&documents) {
        let snapshot = Snapshot { file: workspace::root().join("crates").join(directory).join("api.txt") };
        let items = document.items()?;
        if arguments.check {
            faults.extend(snapshot.compare(&items)?);
        } else {
            snapshot.write(&items)?;
        }
        println!("api: {package} has {} public items", items.len());
    }
    if !faults.is_empty() {
        bail!("the public API changed; if it was meant to, run `cargo xtask api`\n{}", faults.join("\n"));
    }
    Ok(())
}

/// Why the documents cannot be read, when they cannot.
fn unreadable(documents: &[Document]) -> Result<Option<String>> {
    for document in documents {
        let format = document.format()?;
        if format != document::FORMAT {
            return Ok(Some(document::mismatch(format, &document::compiler()?)));
        }
    }
    Ok(None)
}
