//! A build of `dbprobe-instrument` with one feature holds no pool, driver or metrics library but that feature's.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use crate::metadata::Metadata;

const PACKAGE: &str = "dbprobe-instrument";
/// What an application should only find in its build if it asked for it. The small crates behind the features, such
/// as `http`, come with much else.
const WATCHED: &[&str] =
    &["bb8", "deadpool-postgres", "mysql_async", "opentelemetry", "prometheus", "r2d2", "sqlx", "tokio-postgres"];

/// The features of a manifest, by name, with what each switches on.
type Features = BTreeMap<String, Vec<String>>;

pub(super) fn check() -> Result<Vec<String>> {
    let metadata = Metadata::of_members()?;
    let package = metadata.published().find(|package| package.name == PACKAGE);
    let features = &package.with_context(|| format!("there is no package {PACKAGE}"))?.features;
    let mut faults = Vec::new();
    for feature in features.keys() {
        let tree = super::dependencies(PACKAGE, feature)?;
        faults.extend(compare(feature, features, &tree));
        println!("tree: {PACKAGE} with {feature} alone holds {} crates", tree.len());
    }
    Ok(faults)
}

fn compare(feature: &str, features: &Features, tree: &[String]) -> Vec<String> {
    let own = brought(feature, features);
    let mut faults = Vec::new();
    for watched in WATCHED {
        match (own.contains(watched), tree.iter().any(|found| found == watched)) {
            (true, false) => faults.push(format!("tree: {PACKAGE} with {feature} should hold {watched}, but does not")),
            (false, true) => faults.push(format!("tree: {PACKAGE} with {feature} alone holds {watched}")),
            _ => {}
        }
    }
    faults
}

/// The dependencies that a feature switches on, itself or by other features.
fn brought<'all>(feature: &'all str, features: &'all Features) -> BTreeSet<&'all str> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![feature];
    while let Some(name) = waiting.pop() {
        if seen.insert(name) {
            waiting.extend(features.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    // `x/y` switches x on, and `x?/y` does not.
    let dependency = |name: &'all str| {
        let switched_on = || name.split_once('/').map(|(dependency, _)| dependency).filter(|name| !name.ends_with('?'));
        name.strip_prefix("dep:").or_else(switched_on)
    };
    seen.into_iter().filter_map(dependency).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features() -> Features {
        let feature = |(name, on): (&str, &[&str])| (String::from(name), on.iter().map(ToString::to_string).collect());
        let table: [(&str, &[&str]); 4] = [
            ("bb8", &["dep:bb8", "tokio-postgres?/runtime"]),
            ("deadpool-postgres", &["dep:deadpool-postgres", "tokio-postgres"]),
            ("sqlx", &["sqlx/any"]),
            ("tokio-postgres", &["dep:tokio-postgres"]),
        ];
        table.map(feature).into_iter().collect()
    }

    #[test]
    fn a_feature_brings_what_its_features_bring() {
        let features = features();
        assert_eq!(brought("bb8", &features).into_iter().collect::<Vec<_>>(), ["bb8"]);
        assert_eq!(brought("sqlx", &features).into_iter().collect::<Vec<_>>(), ["sqlx"]);
        let both = ["deadpool-postgres", "tokio-postgres"];
        assert_eq!(brought("deadpool-postgres", &features).into_iter().collect::<Vec<_>>(), both);
    }

    #[test]
    fn a_foreign_pool_and_a_missing_one_are_reported() {
        let tree = ["r2d2".to_owned(), "http".to_owned()];
        assert_eq!(
            compare("bb8", &features(), &tree),
            [
                "tree: dbprobe-instrument with bb8 should hold bb8, but does not",
                "tree: dbprobe-instrument with bb8 alone holds r2d2",
            ]
        );
        assert!(compare("bb8", &features(), &["bb8".to_owned()]).is_empty());
    }
}
