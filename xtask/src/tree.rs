//! `cargo xtask tree`: a build of the façade with one engine holds that engine's driver and no other.

use anyhow::{Result, bail};

use crate::{process, workspace};

/// What each engine brings along. A crate that two engines share is listed for both.
const DRIVERS: &[(&str, &[&str])] = &[("postgres", &["tokio-postgres", "rustls"]), ("sqlite", &["rusqlite"])];

pub(crate) fn run() -> Result<()> {
    let mut faults = Vec::new();
    for engine in workspace::engines(&workspace::root())? {
        let Some((_, own)) = DRIVERS.iter().find(|(name, _)| *name == engine) else {
            bail!("{engine} has no line in DRIVERS: say there what only its build may hold");
        };
        let tree = dependencies(&engine)?;
        faults.extend(compare(&engine, own, &tree));
        println!("tree: {engine} alone holds {} crates", tree.len());
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(())
}

/// The names of the crates in a build of the façade with one engine.
fn dependencies(engine: &str) -> Result<Vec<String>> {
    let listed = process::output(process::cargo().current_dir(workspace::root()).args([
        "tree",
        "--locked",
        "--package",
        "dbprobe",
        "--no-default-features",
        "--features",
        engine,
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

fn compare(engine: &str, own: &[&str], tree: &[String]) -> Vec<String> {
    let holds = |name: &str| tree.iter().any(|found| found == name);
    let missing = own
        .iter()
        .filter(|name| !holds(name))
        .map(|name| format!("tree: a build with {engine} alone should hold {name}, but does not"));
    let foreign = DRIVERS
        .iter()
        .flat_map(|(_, drivers)| *drivers)
        .filter(|name| !own.contains(name) && holds(name))
        .map(|name| format!("tree: a build with {engine} alone holds {name}"));
    missing.chain(foreign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_driver_and_a_missing_one_are_reported() {
        let tree = ["rusqlite".to_owned(), "rustls".to_owned()];
        assert_eq!(compare("sqlite", &["rusqlite"], &tree), ["tree: a build with sqlite alone holds rustls"]);
        assert_eq!(compare("sqlite", &["rusqlite"], &[]).len(), 1);
        assert!(compare("sqlite", &["rusqlite"], &["rusqlite".to_owned()]).is_empty());
    }
}
