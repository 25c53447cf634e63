//! Prisma.
//!
//! Sources: the table in <https://github.com/prisma/prisma-engines/blob/main/schema-engine/ARCHITECTURE.md>, the checksum,
//! SHA-256 of the file, in
//! <https://github.com/prisma/prisma-engines/blob/main/schema-engine/connectors/schema-connector/src/checksum.rs>.

use aws_lc_rs::digest;

use super::directory::{Directory, MigrationFilesError};
use super::records::Records;
use super::sql::Column;
use super::tool::{Applied, Keeps, Known, Tool, always, hexadecimal};

pub(super) const TOOL: Tool = Tool {
    name: "prisma",
    tables: &["_prisma_migrations"],
    // Its `logs` can be long, and say what failed in the words of others.
    columns: &[
        Column::Plain("migration_name"),
        Column::Plain("checksum"),
        Column::Plain("started_at"),
        Column::Plain("finished_at"),
        Column::Plain("rolled_back_at"),
    ],
    keeps: Keeps::Each,
    fits: always,
    applied,
    files,
    not_compared: None,
};

/// A row that is neither finished nor rolled back failed, or is being applied; one that is rolled back is as good as none.
fn applied(records: &Records<'_>) -> Vec<Applied> {
    let mut found: Vec<Applied> = records
        .iter()
        .filter(|record| record.text("rolled_back_at").is_none())
        .filter_map(|record| {
            let failed = record.text("finished_at").is_none();
            Some(Applied { failed, checksum: record.text("checksum"), ..Applied::new(record.text("migration_name")?) })
        })
        .collect();
    found.sort_by(|left, right| left.id.cmp(&right.id));
    found
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let mut found = Vec::new();
    for file in &directory.files {
        let Some(name) = file.strip_suffix("/migration.sql").filter(|name| !name.contains('/')) else { continue };
        found.push(Known { checksums: checksums(&directory.bytes(file)?), ..Known::new(name, name) });
    }
    Ok(found)
}

/// Prisma takes the checksum of a file with CRLF for that with LF and the other way round; older releases wrote each byte
/// without the zero in front of it.
fn checksums(content: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(content);
    let (unix, windows) = (text.replace("\r\n", "\n"), text.replace('\n', "\r\n"));
    let of = |content: &[u8]| {
        let sum = digest::digest(&digest::SHA256, content);
        let unpadded: String = sum.as_ref().iter().map(|byte| format!("{byte:x}")).collect();
        [hexadecimal(sum.as_ref()), unpadded]
    };
    [content, unix.as_bytes(), windows.as_bytes()].into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_of_an_older_release_has_no_zeros_in_front() {
        // `printf 'SELECT 1;\n' | sha256sum`
        let padded = "b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd";
        let known = checksums(b"SELECT 1;\r\n");
        assert!(known.iter().any(|sum| sum == padded), "{known:?}");
        let unpadded: String = padded
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                String::from_utf8_lossy(pair)
                    .strip_prefix('0')
                    .map_or_else(|| String::from_utf8_lossy(pair).into_owned(), str::to_owned)
            })
            .collect();
        assert!(unpadded.len() < 64 && known.contains(&unpadded), "{known:?}");
    }
}
