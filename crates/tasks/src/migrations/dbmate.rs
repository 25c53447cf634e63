//! dbmate.
//!
//! Sources: `CREATE TABLE … schema_migrations (version varchar(128) primary key)` in
//! <https://github.com/amacneil/dbmate/blob/main/pkg/driver/postgres/postgres.go>, the files in
//! <https://github.com/amacneil/dbmate#creating-migrations>.

use super::directory::{Directory, MigrationFilesError};
use super::marks::is_of_dbmate;
use super::order::{leading_digits, natural, number};
use super::records::Records;
use super::tool::{Applied, Beside, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "dbmate",
    tables: &["schema_migrations"],
    columns: &[],
    keeps: Keeps::Each,
    fits: |records, beside| is_only_a_version(records) && !beside.rails,
    applied: versions,
    files,
    not_compared: Some("contents: dbmate keeps no checksums"),
};

/// The versions of a table that has nothing else, as Rails and dbmate have it.
pub(super) fn versions(records: &Records<'_>) -> Vec<Applied> {
    let mut versions: Vec<String> = records.iter().filter_map(|record| record.text("version")).collect();
    versions.sort_by(|left, right| natural(left, right));
    versions.into_iter().map(|version| Applied::new(number(&version)).shown(version)).collect()
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let mut found = Vec::new();
    for file in directory.top().filter(|file| file.ends_with(".sql")) {
        let Some((version, _)) = leading_digits(file) else { continue };
        if is_of_dbmate(&directory.bytes(file)?) {
            found.push(Known::new(number(version), file));
        }
    }
    Ok(found)
}

/// For the table's other users.
pub(super) fn is_rails(records: &Records<'_>, beside: &Beside) -> bool {
    is_only_a_version(records) && beside.rails
}

/// Ecto, and applications of their own, have further columns in a table of this name.
fn is_only_a_version(records: &Records<'_>) -> bool {
    records.have(&["version"]) && records.width() == 1
}
