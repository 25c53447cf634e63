//! Entity Framework Core.
//!
//! Sources: the table in
//! <https://learn.microsoft.com/en-us/ef/core/managing-schemas/migrations/history-table>, the attribute in
//! <https://learn.microsoft.com/en-us/dotnet/api/microsoft.entityframeworkcore.migrations.migrationattribute>.

use std::sync::LazyLock;

use regex::Regex;

use super::directory::{Directory, MigrationFilesError};
use super::records::Records;
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "ef-core",
    tables: &["__EFMigrationsHistory", "__ef_migrations_history"],
    columns: &[],
    keeps: Keeps::Each,
    fits: |records, _| records.have(&["MigrationId"]) || records.have(&["migration_id"]),
    applied,
    files,
    not_compared: Some("contents: entity framework keeps no checksums"),
};

fn applied(records: &Records<'_>) -> Vec<Applied> {
    // The second name is that of the conventions for snake case.
    let id = |name| records.iter().filter_map(move |record| record.text(name));
    let mut ids: Vec<String> = id("MigrationId").chain(id("migration_id")).collect();
    ids.sort();
    ids.into_iter().map(Applied::new).collect()
}

/// By the attribute of the generated file, which also a renamed class keeps.
fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    static ATTRIBUTE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"\[Migration\(\s*"([^"]+)"\s*\)\]"#).ok());
    let Some(attribute) = ATTRIBUTE.as_ref() else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    for file in directory.files.iter().filter(|file| file.ends_with(".cs")) {
        let source = directory.text(file)?;
        ids.extend(attribute.captures_iter(&source).map(|found| found[1].to_owned()));
    }
    ids.sort();
    ids.dedup();
    Ok(ids.into_iter().map(|id| Known::new(id.clone(), id)).collect())
}
