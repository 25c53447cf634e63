//! diesel.
//!
//! Sources: the table in <https://github.com/diesel-rs/diesel/blob/master/diesel/src/migration/setup_migration_table.sql>
//! and the version, which is the directory's name up to `_` without its hyphens, in
//! <https://github.com/diesel-rs/diesel/blob/master/diesel_migrations/migrations_internals/src/lib.rs>.

use super::directory::{Directory, MigrationFilesError};
use super::order::natural;
use super::records::Records;
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "diesel",
    tables: &["__diesel_schema_migrations"],
    columns: &[],
    keeps: Keeps::Each,
    fits: |records, _| records.have(&["version"]),
    applied,
    files,
    not_compared: Some("contents: diesel keeps no checksums"),
};

fn applied(records: &Records<'_>) -> Vec<Applied> {
    let mut versions: Vec<String> = records.iter().filter_map(|record| record.text("version")).collect();
    versions.sort_by(|left, right| natural(left, right));
    versions.into_iter().map(Applied::new).collect()
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let ups = directory.files.iter().filter_map(|file| file.strip_suffix("/up.sql"));
    Ok(ups.filter(|name| !name.contains('/')).map(|name| Known::new(version(name), name)).collect())
}

fn version(directory: &str) -> String {
    directory.split('_').next().unwrap_or(directory).replace('-', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_the_directory_s_without_hyphens() {
        assert_eq!(version("2024-01-02-030405_create_orders"), "20240102030405");
        assert_eq!(version("00000000000000_diesel_initial_setup"), "00000000000000");
    }
}
