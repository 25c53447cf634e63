//! `cargo xtask schema`: the JSON Schema of every output, generated from the types and checked in.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail where a file is not what the types say.
    #[arg(long)]
    check: bool,
}

/// One file: its name and what belongs into it.
type Document = (String, String);

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let crates = workspace::root().join("crates");
    let outputs = [
        ("core", dbprobe_core::schema::all()),
        ("cli", dbprobe_cli::schema::all()),
        ("tasks", dbprobe_tasks::schema::all()),
    ];
    for (name, schemas) in outputs {
        let directory = crates.join(name).join("schema");
        let documents = documents(schemas)?;
        if arguments.check { check(&directory, &documents)? } else { write(&directory, documents)? }
    }
    Ok(())
}

fn check(directory: &Path, documents: &[Document]) -> Result<()> {
    let stale = stale(directory, documents)?;
    if !stale.is_empty() {
        bail!("out of date in {}: {}; run `cargo xtask schema`", directory.display(), stale.join(", "));
    }
    println!("schema: {} files are up to date in {}", documents.len(), directory.display());
    Ok(())
}

fn write(directory: &Path, documents: Vec<Document>) -> Result<()> {
    fs::create_dir_all(directory)?;
    for (name, text) in documents {
        let file = directory.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        println!("schema: wrote {}", file.display());
    }
    Ok(())
}

fn documents<S: serde::Serialize>(schemas: Vec<(&'static str, S)>) -> Result<Vec<Document>> {
    let pretty = |(name, schema)| Ok((String::from(name), serde_json::to_string_pretty(&schema)? + "\n"));
    schemas.into_iter().map(pretty).collect()
}

/// The names of the files that are missing, differ, or belong to no output.
fn stale(directory: &Path, documents: &[Document]) -> Result<Vec<String>> {
    let mut stale: Vec<String> = documents
        .iter()
        .filter(|(name, text)| fs::read_to_string(directory.join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| name.clone())
        .collect();
    if directory.is_dir() {
        for file in workspace::files(directory, "json")? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !documents.iter().any(|(known, _)| *known == name) {
                stale.push(name);
            }
        }
    }
    Ok(stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_a_changed_and_a_foreign_file_are_stale() {
        let directory = tempfile::tempdir().unwrap();
        let document = |name: &str| (name.to_owned(), "{}\n".to_owned());
        let documents = [document("good.json"), document("changed.json"), document("missing.json")];
        for (name, text) in [("good.json", "{}\n"), ("changed.json", "[]\n"), ("foreign.json", "{}\n")] {
            fs::write(directory.path().join(name), text).unwrap();
        }
        assert_eq!(stale(directory.path(), &documents).unwrap(), ["changed.json", "missing.json", "foreign.json"]);
    }
}
