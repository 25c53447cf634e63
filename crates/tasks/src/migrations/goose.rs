//! goose.
//!
//! Sources: the table in <https://github.com/pressly/goose/blob/main/internal/dialects/postgres.go>, the files in
//! <https://pressly.github.io/goose/documentation/annotations/>.

use std::collections::BTreeMap;

use super::directory::{Directory, MigrationFilesError};
use super::marks::is_of_goose;
use super::order::{leading_digits, natural, number};
use super::records::Records;
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "goose",
    tables: &["goose_db_version"],
    columns: &[],
    keeps: Keeps::Each,
    fits: |records, _| records.have(&["version_id", "is_applied"]),
    applied,
    files,
    not_compared: Some("contents: goose keeps no checksums"),
};

/// The last row of a version counts: older releases add one when it is undone. The row of version 0 is goose's own.
fn applied(records: &Records<'_>) -> Vec<Applied> {
    let mut rows: Vec<_> = records.iter().collect();
    rows.sort_by_key(|record| record.integer("id"));
    let mut last = BTreeMap::new();
    for (at, record) in rows.iter().enumerate() {
        if let Some(version) = record.text("version_id").filter(|version| version != "0") {
            last.insert(version, (at, record.flag("is_applied") != Some(false)));
        }
    }
    let mut found: Vec<_> = last.into_iter().filter(|(_, (_, applied))| *applied).collect();
    found.sort_by_key(|(_, (at, _))| *at);
    found.into_iter().map(|(version, _)| Applied::new(version)).collect()
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let mut found = Vec::new();
    for file in directory.top() {
        let Some((version, rest)) = leading_digits(file).filter(|(_, rest)| rest.starts_with('_')) else { continue };
        let is_goose = match rest.rsplit_once('.') {
            Some((_, "sql")) => is_of_goose(&directory.bytes(file)?),
            Some((name, "go")) => !name.ends_with("_test") && directory.text(file)?.contains("goose"),
            _ => false,
        };
        if is_goose {
            found.push(Known::new(number(version), file));
        }
    }
    found.sort_by(|left, right| natural(&left.id, &right.id));
    Ok(found)
}
