//! `cargo xtask features`: every published crate compiles with each of its features alone, with each pair of them and
//! with none.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::metadata::{Metadata, Package};
use crate::tool::Tool;
use crate::{process, workspace};

const HACK: Tool = Tool { command: "hack", version: "0.6.46" };

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only this package.
    #[arg(long)]
    package: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let metadata = Metadata::of_members()?;
    let packages = chosen(&metadata, arguments.package.as_deref())?;
    HACK.install()?;
    let mut faults = Vec::new();
    for package in packages {
        let started = Instant::now();
        match process::run(&mut check(package)) {
            Ok(()) => println!("features: {} passes, {} s", package.name, started.elapsed().as_secs()),
            Err(error) => faults.push(format!("{error:#}")),
        }
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(())
}

/// The published packages that have a choice of features.
fn chosen<'all>(metadata: &'all Metadata, only: Option<&str>) -> Result<Vec<&'all Package>> {
    let has_choice = |package: &&Package| package.features.keys().any(|name| name != "default");
    let is_asked_for = |package: &&Package| only.is_none_or(|only| only == package.name);
    let chosen: Vec<&Package> = metadata.published().filter(has_choice).filter(is_asked_for).collect();
    if let (Some(only), true) = (only, chosen.is_empty()) {
        bail!("there is no published package with features named {only}");
    }
    Ok(chosen)
}

/// Clippy is `check` with its lints on top. Unlike `RUSTFLAGS`, its `-D warnings` is for our own crates only, so that
/// it takes the dependencies as the lints of the whole workspace have left them.
fn check(package: &Package) -> Command {
    let mut command = process::cargo();
    command.current_dir(workspace::root());
    // An engine of the façade is a feature by being an optional dependency.
    command.args(["hack", "--feature-powerset", "--depth", "2", "--optional-deps", "--keep-going"]);
    // A default of nothing would only double the combinations.
    if package.features.get("default").is_some_and(Vec::is_empty) {
        command.args(["--exclude-features", "default"]);
    }
    command.args(["--package", &package.name, "clippy", "--locked", "--quiet", "--", "-D", "warnings"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::EXAMPLE;

    fn names<'all>(metadata: &'all Metadata, only: Option<&str>) -> Result<Vec<&'all str>> {
        Ok(chosen(metadata, only)?.into_iter().map(|package| package.name.as_str()).collect())
    }

    #[test]
    fn published_packages_with_features_are_checked() {
        let metadata = Metadata::read(EXAMPLE).unwrap();
        assert_eq!(names(&metadata, None).unwrap(), ["own"]);
        assert_eq!(names(&metadata, Some("own")).unwrap(), ["own"]);
        let error = names(&metadata, Some("used")).unwrap_err();
        assert_eq!(error.to_string(), "there is no published package with features named used");
    }

    #[test]
    fn a_default_of_nothing_is_no_combination_and_another_one_is() {
        let excludes = |default: &str| {
            let text = EXAMPLE.replacen(r#""a": []"#, &format!(r#""a": [], "default": {default}"#), 1);
            let metadata = Metadata::read(&text).unwrap();
            let package = chosen(&metadata, None).unwrap().remove(0);
            check(package).get_args().any(|argument| argument == "--exclude-features")
        };
        assert!(excludes("[]"));
        assert!(!excludes(r#"["a"]"#));
    }
}
