//! refinery.
//!
//! Sources: the table in <https://github.com/rust-db/refinery/blob/main/refinery_core/src/traits/mod.rs>, files and checksum in
//! <https://github.com/rust-db/refinery/blob/main/refinery_core/src/runner.rs>: SipHash-1-3 with empty keys over name, version
//! and statements, each as Rust's `Hash` writes it on a machine of 64 bits with the least byte first.

use std::hash::{Hash, Hasher};

use siphasher::sip::SipHasher13;

use super::directory::{Directory, MigrationFilesError, base_name};
use super::order::{natural, number};
use super::records::Records;
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "refinery",
    tables: &["refinery_schema_history"],
    columns: &[],
    keeps: Keeps::Each,
    fits: |records, _| records.have(&["version", "checksum"]),
    applied,
    files,
    not_compared: Some("contents of migrations written in rust"),
};

fn applied(records: &Records<'_>) -> Vec<Applied> {
    let mut found: Vec<Applied> = records
        .iter()
        .filter_map(|record| {
            let version = record.text("version")?;
            let label = record.text("name").map_or_else(|| version.clone(), |name| format!("V{version}__{name}"));
            Some(Applied { checksum: record.text("checksum"), ..Applied::new(version).shown(label) })
        })
        .collect();
    found.sort_by(|left, right| natural(&left.id, &right.id));
    found
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let mut found = Vec::new();
    for file in &directory.files {
        let base = base_name(file);
        let Some((stem, ending)) = base.rsplit_once('.').filter(|(_, ending)| ["sql", "rs"].contains(ending)) else {
            continue;
        };
        let Some((version, name)) = stem.strip_prefix(['V', 'U']).and_then(|rest| rest.split_once("__")) else {
            continue;
        };
        if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let mut known = Known::new(number(version), stem);
        if ending == "sql" {
            known.checksums = checksums(name, version, &directory.text(file)?);
        }
        found.push(known);
    }
    found.sort_by(|left, right| natural(&left.id, &right.id));
    Ok(found)
}

/// A version is an `i32`, or an `i64` with the feature `int8-versions`: the checksums differ.
fn checksums(name: &str, version: &str, sql: &str) -> Vec<String> {
    let narrow = version.parse::<i32>().ok().map(|version| checksum(name, version, sql));
    let wide = version.parse::<i64>().ok().map(|version| checksum(name, version, sql));
    [narrow, wide].into_iter().flatten().map(|checksum| checksum.to_string()).collect()
}

fn checksum(name: &str, version: impl Hash, sql: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    name.hash(&mut hasher);
    version.hash(&mut hasher);
    sql.hash(&mut hasher);
    hasher.finish()
}
