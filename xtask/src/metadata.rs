//! What `cargo metadata` knows of the workspace and of everything in its lock file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::{process, workspace};

#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    resolve: Option<Resolve>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: Option<String>,
    pub(crate) rust_version: Option<String>,
    pub(crate) manifest_path: PathBuf,
    #[serde(default)]
    pub(crate) features: BTreeMap<String, Vec<String>>,
    id: String,
    /// The registries that it may be published to: absent means any, an empty list none.
    publish: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

/// A package and what it depends on, with all features of the workspace's members.
#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

/// `None` is an ordinary dependency, else "build" or "dev".
#[derive(Debug, Deserialize)]
struct Kind {
    kind: Option<String>,
}

impl Metadata {
    /// The members only; needs neither a network nor a lock file that is up to date.
    pub(crate) fn of_members() -> Result<Self> {
        Self::ask(&["--no-deps", "--offline"])
    }

    /// Everything in the lock file, for every platform and with all features.
    pub(crate) fn of_lock_file() -> Result<Self> {
        Self::ask(&["--locked", "--all-features"])
    }

    fn ask(options: &[&str]) -> Result<Self> {
        let mut command = process::cargo();
        command.current_dir(workspace::root()).args(["metadata", "--format-version", "1"]).args(options);
        Self::read(&process::output(&mut command)?)
    }

    pub(crate) fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("cannot read what `cargo metadata` wrote")
    }

    /// The members that users get from a registry.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        let is_published =
            |package: &&Package| package.publish.as_ref().is_none_or(|registries| !registries.is_empty());
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id)).filter(is_published)
    }

    /// All that a build of the published members may compile, on any platform: they themselves and what they depend
    /// on, but not what only their tests do.
    pub(crate) fn compiled(&self) -> Vec<&Package> {
        let edges: BTreeMap<&str, &Vec<Edge>> =
            self.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (node.id.as_str(), &node.deps)).collect();
        let mut waiting: Vec<&str> = self.published().map(|package| package.id.as_str()).collect();
        let mut reached = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if reached.insert(id) {
                let next = edges.get(id).into_iter().flat_map(|deps| deps.iter());
                waiting.extend(next.filter(|edge| edge.is_compiled()).map(|edge| edge.pkg.as_str()));
            }
        }
        self.packages.iter().filter(|package| reached.contains(package.id.as_str())).collect()
    }
}

impl Edge {
    fn is_compiled(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A published member `own` with a dependency, a build dependency and one of its tests; a member that is not
    /// published; versions of Rust for each.
    pub(crate) const EXAMPLE: &str = r#"{
        "workspace_members": ["own", "private"],
        "packages": [
            {"id": "own", "name": "own", "version": "1.0.0", "rust_version": "1.89", "manifest_path": "/own/Cargo.toml",
             "publish": null, "features": {"a": [], "b": ["a"]}},
            {"id": "private", "name": "private", "version": "1.0.0", "rust_version": "1.89",
             "manifest_path": "/private/Cargo.toml", "publish": []},
            {"id": "used", "name": "used", "version": "2.0.0", "rust_version": "1.89.0",
             "manifest_path": "/used/Cargo.toml", "publish": null},
            {"id": "build", "name": "build", "version": "3.0.0", "rust_version": null,
             "manifest_path": "/build/Cargo.toml", "publish": null},
            {"id": "deep", "name": "deep", "version": "4.0.0", "rust_version": "1.90",
             "manifest_path": "/deep/Cargo.toml", "publish": null},
            {"id": "test", "name": "test", "version": "5.0.0", "rust_version": "1.95",
             "manifest_path": "/test/Cargo.toml", "publish": null}
        ],
        "resolve": {"nodes": [
            {"id": "own", "deps": [
                {"pkg": "used", "dep_kinds": [{"kind": "dev"}, {"kind": null}]},
                {"pkg": "build", "dep_kinds": [{"kind": "build"}]},
                {"pkg": "test", "dep_kinds": [{"kind": "dev"}]}
            ]},
            {"id": "private", "deps": [{"pkg": "test", "dep_kinds": [{"kind": null}]}]},
            {"id": "build", "deps": [{"pkg": "deep", "dep_kinds": [{"kind": null}]}]}
        ]}
    }"#;

    fn names<'package>(packages: impl IntoIterator<Item = &'package Package>) -> Vec<&'package str> {
        packages.into_iter().map(|package| package.name.as_str()).collect()
    }

    #[test]
    fn a_package_that_may_go_to_no_registry_is_not_published() {
        let metadata = Metadata::read(EXAMPLE).unwrap();
        assert_eq!(names(metadata.published()), ["own"]);
    }

    #[test]
    fn a_dependency_of_tests_alone_is_not_compiled_by_users() {
        let metadata = Metadata::read(EXAMPLE).unwrap();
        assert_eq!(names(metadata.compiled()), ["own", "used", "build", "deep"]);
    }
}
