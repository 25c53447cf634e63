//! `cargo xtask tree`: a build of the façade with one engine holds that engine's driver and no other, and one of the
//! instrumentation with one pool that pool.

mod pools;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{process, workspace};

/// What each engine brings along, by its name: `drivers` below `[package.metadata.dbprobe]` in its
/// manifest. A crate that two engines share is listed in both.
type Drivers = BTreeMap<String, Vec<String>>;

pub(crate) fn run() -> Result<()> {
    let drivers = declared()?;
    let mut faults = Vec::new();
    for engine in workspace::engines(&workspace::root())? {
        if !drivers.contains_key(&engine) {
            bail!("crates/{engine}/Cargo.toml does not say what only its build may hold: drivers = [\"…\"]");
        }
        let tree = dependencies("dbprobe", &engine)?;
        faults.extend(compare(&engine, &drivers, &tree));
        println!("tree: {engine} alone holds {} crates", tree.len());
    }
    faults.extend(pools::check()?);
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(())
}

fn declared() -> Result<Drivers> {
    let metadata = process::output(process::cargo().current_dir(workspace::root()).args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]))?;
    read(&metadata)
}

/// The drivers of all packages that declare some, from what `cargo metadata` wrote.
fn read(metadata: &str) -> Result<Drivers> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        metadata: Option<Tables>,
    }
    #[derive(Deserialize)]
    struct Tables {
        dbprobe: Option<Own>,
    }
    #[derive(Deserialize)]
    struct Own {
        drivers: Vec<String>,
    }
    let metadata: Metadata = serde_json::from_str(metadata).context("cannot read what `cargo metadata` wrote")?;
    let engine = |package: Package| {
        let own = package.metadata?.dbprobe?;
        Some((package.name.strip_prefix("dbprobe-")?.to_owned(), own.drivers))
    };
    Ok(metadata.packages.into_iter().filter_map(engine).collect())
}

/// The names of the crates in a build of a package with one feature.
fn dependencies(package: &str, feature: &str) -> Result<Vec<String>> {
    let listed = process::output(process::cargo().current_dir(workspace::root()).args([
        "tree",
        "--locked",
        "--package",
        package,
        "--no-default-features",
        "--features",
        feature,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]))?;
    let mut names: Vec<String> = listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn compare(engine: &str, drivers: &Drivers, tree: &[String]) -> Vec<String> {
    let holds = |name: &str| tree.iter().any(|found| found == name);
    let own = drivers.get(engine).map_or(&[][..], Vec::as_slice);
    let missing = own
        .iter()
        .filter(|name| !holds(name))
        .map(|name| format!("tree: a build with {engine} alone should hold {name}, but does not"));
    let all: BTreeSet<&String> = drivers.values().flatten().collect();
    let foreign = all
        .into_iter()
        .filter(|name| !own.contains(name) && holds(name))
        .map(|name| format!("tree: a build with {engine} alone holds {name}"));
    missing.chain(foreign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{"packages": [
        {"name": "dbprobe-postgres", "metadata": {"dbprobe": {"drivers": ["tokio-postgres", "rustls"]}}},
        {"name": "dbprobe-redis", "metadata": {"dbprobe": {"drivers": ["redis", "rustls"]}}},
        {"name": "dbprobe-sqlite", "metadata": {"dbprobe": {"drivers": ["rusqlite"]}, "docs": {}}},
        {"name": "dbprobe-net", "metadata": {"docs": {}}},
        {"name": "dbprobe-core", "metadata": null}
    ]}"#;

    #[test]
    fn drivers_are_declared_by_the_engines_themselves() {
        let drivers = read(METADATA).unwrap();
        assert_eq!(drivers.keys().collect::<Vec<_>>(), ["postgres", "redis", "sqlite"]);
        assert_eq!(drivers.get("sqlite"), Some(&vec!["rusqlite".to_owned()]));
    }

    #[test]
    fn a_foreign_driver_and_a_missing_one_are_reported() {
        let drivers = read(METADATA).unwrap();
        let tree = ["rusqlite".to_owned(), "rustls".to_owned()];
        assert_eq!(compare("sqlite", &drivers, &tree), ["tree: a build with sqlite alone holds rustls"]);
        assert_eq!(
            compare("sqlite", &drivers, &[]),
            ["tree: a build with sqlite alone should hold rusqlite, but does not"]
        );
        assert!(compare("sqlite", &drivers, &["rusqlite".to_owned()]).is_empty());
    }
}
