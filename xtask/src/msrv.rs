//! `cargo xtask msrv`: nothing that a user compiles asks for a newer Rust than the workspace promises.
//!
//! That our own code keeps to it is clippy's part (`incompatible_msrv`), and that all of it compiles is shown by the
//! job `oldest-rust`, with that very compiler.

use anyhow::{Context, Result, bail};

use crate::metadata::{Metadata, Package};

pub(crate) fn run() -> Result<()> {
    let metadata = Metadata::of_lock_file()?;
    let survey = survey(&metadata)?;
    println!(
        "msrv: {} of {} packages state a Rust up to {}, the others state none",
        survey.stated,
        survey.stated + survey.silent.len(),
        survey.promised
    );
    println!("msrv: they are judged by the job oldest-rust: {}", survey.silent.join(" "));
    if !survey.faults.is_empty() {
        bail!("{}", survey.faults.join("\n"));
    }
    Ok(())
}

#[derive(Debug)]
struct Survey {
    promised: String,
    /// How many state a version that the promise covers.
    stated: usize,
    /// The names of those that state none.
    silent: Vec<String>,
    faults: Vec<String>,
}

fn survey(metadata: &Metadata) -> Result<Survey> {
    let promised = promised(metadata)?;
    let limit = parts(&promised)?;
    let mut survey = Survey { promised, stated: 0, silent: Vec::new(), faults: Vec::new() };
    for Package { name, version, rust_version, .. } in metadata.compiled() {
        match rust_version {
            None => survey.silent.push(name.clone()),
            Some(needed) if parts(needed)? <= limit => survey.stated += 1,
            Some(needed) => survey
                .faults
                .push(format!("msrv: {name} {version} needs Rust {needed}, and {} is promised", survey.promised)),
        }
    }
    Ok(survey)
}

/// What the published members state. They all take it from the root manifest, as `cargo xtask tidy` makes sure.
fn promised(metadata: &Metadata) -> Result<String> {
    let mut stated: Vec<Option<&String>> = metadata.published().map(|package| package.rust_version.as_ref()).collect();
    stated.sort();
    stated.dedup();
    match stated.as_slice() {
        [Some(version)] => Ok((*version).clone()),
        other => bail!("the published packages do not state one rust-version: {other:?}"),
    }
}

/// `1.89` and `1.89.0` are the same version.
fn parts(version: &str) -> Result<[u32; 3]> {
    let mut parts = [0; 3];
    let mut numbers = version.split('.');
    for part in &mut parts {
        if let Some(number) = numbers.next() {
            *part = number.parse().with_context(|| format!("not a version of Rust: {version}"))?;
        }
    }
    if numbers.next().is_some() {
        bail!("not a version of Rust: {version}");
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::tests::EXAMPLE;

    #[test]
    fn a_package_that_needs_a_newer_rust_is_a_fault() {
        let survey = survey(&Metadata::read(EXAMPLE).unwrap()).unwrap();
        assert_eq!(survey.faults, ["msrv: deep 4.0.0 needs Rust 1.90, and 1.89 is promised"]);
        assert_eq!(survey.stated, 2);
        assert_eq!(survey.silent, ["build"]);
    }

    #[test]
    fn a_member_that_states_nothing_is_an_error() {
        let silent = EXAMPLE.replacen("\"rust_version\": \"1.89\"", "\"rust_version\": null", 1);
        let error = survey(&Metadata::read(&silent).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "the published packages do not state one rust-version: [None]");
    }

    #[test]
    fn versions_compare_by_their_numbers() {
        assert_eq!(parts("1.89").unwrap(), parts("1.89.0").unwrap());
        assert!(parts("1.9").unwrap() < parts("1.89").unwrap());
        assert_eq!(parts("1.89.0.1").unwrap_err().to_string(), "not a version of Rust: 1.89.0.1");
        assert_eq!(parts("new").unwrap_err().to_string(), "not a version of Rust: new");
    }
}
