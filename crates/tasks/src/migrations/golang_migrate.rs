//! golang-migrate.
//!
//! Its table has one row: the last version, and whether it is dirty. Sources: `ensureVersionTable` in
//! <https://github.com/golang-migrate/migrate/blob/master/database/postgres/postgres.go>, the files in
//! <https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md>.

use super::directory::{Directory, MigrationFilesError};
use super::order::{leading_digits, natural, number};
use super::records::Records;
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "golang-migrate",
    tables: &["schema_migrations"],
    columns: &[],
    keeps: Keeps::Last,
    fits: |records, _| records.have(&["version", "dirty"]) && records.width() == 2,
    applied,
    files,
    not_compared: Some("contents: golang-migrate keeps the last version only"),
};

fn applied(records: &Records<'_>) -> Vec<Applied> {
    let row = |record: super::records::Record<'_>| {
        let version = record.text("version")?;
        Some(Applied { failed: record.flag("dirty") == Some(true), ..Applied::new(version) })
    };
    // -1 is "nothing yet" where a first migration was undone.
    records.iter().filter_map(row).filter(|applied| applied.id != "-1" || applied.failed).collect()
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let known = |file: &str| {
        let (version, rest) = leading_digits(file)?;
        let is_up = rest.starts_with('_') && file.split('.').rev().nth(1) == Some("up");
        is_up.then(|| Known::new(number(version), file))
    };
    let mut found: Vec<Known> = directory.top().filter_map(known).collect();
    found.sort_by(|left, right| natural(&left.id, &right.id));
    Ok(found)
}
