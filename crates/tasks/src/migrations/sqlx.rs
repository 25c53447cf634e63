//! sqlx.
//!
//! Sources: the table in <https://github.com/launchbadge/sqlx/blob/main/sqlx-postgres/src/migrate.rs>, the files in
//! <https://github.com/launchbadge/sqlx/blob/main/sqlx-core/src/migrate/source.rs>, the checksum, SHA-384 of the file, in
//! <https://github.com/launchbadge/sqlx/blob/main/sqlx-core/src/migrate/migration.rs>.

use aws_lc_rs::digest;

use super::directory::{Directory, MigrationFilesError};
use super::marks::{is_of_dbmate, is_of_goose};
use super::order::{leading_digits, natural, number};
use super::records::Records;
use super::sql::Column;
use super::tool::{Applied, Keeps, Known, Tool, always, hexadecimal};

pub(super) const TOOL: Tool = Tool {
    name: "sqlx",
    tables: &["_sqlx_migrations"],
    columns: &[
        Column::Plain("version"),
        Column::Plain("description"),
        Column::Plain("success"),
        Column::Hexadecimal("checksum"),
    ],
    keeps: Keeps::Each,
    fits: always,
    applied,
    files,
    not_compared: None,
};

fn applied(records: &Records<'_>) -> Vec<Applied> {
    let mut found: Vec<Applied> = records
        .iter()
        .filter_map(|record| {
            let version = record.text("version")?;
            let label = match record.text("description") {
                Some(text) if !text.is_empty() => format!("{version} {text}"),
                _ => version.clone(),
            };
            let checksum = record.text("checksum").map(|checksum| checksum.to_ascii_lowercase());
            let failed = record.flag("success") == Some(false);
            Some(Applied { failed, checksum, ..Applied::new(version).shown(label) })
        })
        .collect();
    found.sort_by(|left, right| natural(&left.id, &right.id));
    found
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let mut found = Vec::new();
    for file in directory.top().filter(|file| file.ends_with(".sql") && !file.ends_with(".down.sql")) {
        let Some((version, _)) = leading_digits(file).filter(|(_, rest)| rest.starts_with('_')) else { continue };
        let content = directory.bytes(file)?;
        // Others name their files in the same way, and mark their parts.
        if is_of_goose(&content) || is_of_dbmate(&content) {
            continue;
        }
        let mut known = Known::new(number(version), file).checksum(checksum(&content));
        known.checksums.push(checksum(&without_white_space(&content)));
        found.push(known);
    }
    found.sort_by(|left, right| natural(&left.id, &right.id));
    Ok(found)
}

fn checksum(content: &[u8]) -> String {
    hexadecimal(digest::digest(&digest::SHA384, content).as_ref())
}

/// What sqlx makes a checksum of with `ignored-chars = [" ", "\t", "\r", "\n"]` in `sqlx.toml`: statements without white space
/// are no SQL, so such a checksum tells by itself how it was made. That of `ignored-chars = ["\r"]` does not: without that line
/// a file whose line ends have changed is another one to sqlx.
fn without_white_space(content: &[u8]) -> Vec<u8> {
    content.iter().copied().filter(|byte| !b" \t\r\n".contains(byte)).collect()
}
