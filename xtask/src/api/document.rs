//! What rustdoc writes about a library for programs to read.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::{process, workspace};

/// The format that our version of the crate `public-api` reads. rustdoc changes it every few releases, and says so in
/// each document.
pub(super) const FORMAT: u32 = 57;
/// A Rust that writes it.
const TOOLCHAIN: &str = "1.95";

/// One library's document.
#[derive(Debug)]
pub(super) struct Document {
    file: PathBuf,
}

/// Has rustdoc write the documents of libraries, with all features.
///
/// The format is not yet stable, so a stable compiler has to be told that we know. That word reaches the build scripts
/// of dependencies, some of which decide by it: so the builds have a directory of their own.
pub(super) fn write(packages: &[&str]) -> Result<Vec<Document>> {
    let directory = workspace::target().join("api");
    let mut command = process::cargo();
    command.current_dir(workspace::root());
    command.args(["doc", "--no-deps", "--lib", "--all-features", "--locked", "--quiet"]);
    command.args(packages.iter().flat_map(|package| ["--package", package]));
    command.arg("--target-dir").arg(&directory);
    command.env("RUSTC_BOOTSTRAP", "1");
    command.env("RUSTDOCFLAGS", "-Z unstable-options --output-format json --cap-lints allow");
    process::run(&mut command)?;
    let file = |package: &&str| directory.join("doc").join(package.replace('-', "_")).with_extension("json");
    Ok(packages.iter().map(|package| Document { file: file(package) }).collect())
}

impl Document {
    /// The format that the document says it is in.
    pub(super) fn format(&self) -> Result<u32> {
        #[derive(Deserialize)]
        struct Head {
            format_version: u32,
        }
        let text = fs::read_to_string(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let head: Head = serde_json::from_str(&text)
            .with_context(|| format!("{} does not say which format it is in", self.file.display()))?;
        Ok(head.format_version)
    }

    /// The public items, one a line, sorted.
    ///
    /// Left out is what differs between compilers and says little: the implementations that every type has.
    pub(super) fn items(&self) -> Result<Vec<String>> {
        let api = public_api::Builder::from_rustdoc_json(&self.file)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true)
            .build()
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        Ok(api.items().map(ToString::to_string).collect())
    }
}

/// The name and version of the compiler that cargo uses here.
pub(super) fn compiler() -> Result<String> {
    process::output(Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("--version"))
}

pub(super) fn mismatch(format: u32, compiler: &str) -> String {
    format!(
        "{compiler} describes libraries in rustdoc's format {format}, and the snapshots are compared in format \
         {FORMAT}; that of Rust {TOOLCHAIN} fits: `cargo +{TOOLCHAIN} xtask api`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_which_format_it_is_in() {
        let directory = tempfile::tempdir().unwrap();
        let document = Document { file: directory.path().join("x.json") };
        fs::write(&document.file, r#"{"root": 1, "index": {}, "format_version": 61}"#).unwrap();
        assert_eq!(document.format().unwrap(), 61);
        fs::write(&document.file, "{}").unwrap();
        let error = format!("{:#}", document.format().unwrap_err());
        assert!(error.contains("does not say which format it is in"), "{error}");
    }

    #[test]
    fn the_message_names_the_compiler_that_fits() {
        let message = mismatch(61, "rustc 1.99.0");
        assert!(message.starts_with("rustc 1.99.0 describes libraries in rustdoc's format 61"), "{message}");
        assert!(message.ends_with("in format 57; that of Rust 1.95 fits: `cargo +1.95 xtask api`"), "{message}");
    }
}
