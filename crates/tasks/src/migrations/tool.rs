//! What has to be known about a migration tool.

use super::directory::{Directory, MigrationFilesError};
use super::records::Records;
use super::sql::Column;

/// A migration tool: one constant of this type in each file.
#[derive(Debug)]
pub(super) struct Tool {
    /// As users write it.
    pub(super) name: &'static str,
    /// The names that its history table has by default, in every spelling that matters to an engine.
    pub(super) tables: &'static [&'static str],
    /// What is read of it; everything where none are named.
    pub(super) columns: &'static [Column],
    /// How the table keeps what was applied.
    pub(super) keeps: Keeps,
    /// Whether a table of this name is this tool's: others may use the same name, and an application may have one of its own.
    pub(super) fits: fn(&Records<'_>, &Beside) -> bool,
    /// What the table says, in the order in which it was applied.
    pub(super) applied: fn(&Records<'_>) -> Vec<Applied>,
    /// The migrations in a directory, in the order in which they are to be applied; none where it is another tool's.
    pub(super) files: fn(&Directory) -> Result<Vec<Known>, MigrationFilesError>,
    /// What a comparison does not cover, and why.
    pub(super) not_compared: Option<&'static str>,
}

/// How a history table keeps what was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    /// A row for each migration.
    Each,
    /// Only where the chain of migrations has arrived: everything that leads there was applied.
    Heads,
    /// Only the last version: everything up to it was applied.
    Last,
}

/// What else was found in the database.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside {
    /// The table `ar_internal_metadata`, which only Rails makes.
    pub(super) rails: bool,
}

/// One migration as the table has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// By what it is compared.
    pub(super) id: String,
    /// As it is shown.
    pub(super) label: String,
    /// Whether it failed, or was left half-applied.
    pub(super) failed: bool,
    /// What the table has as its checksum, in lower case.
    pub(super) checksum: Option<String>,
    /// Whether everything before it counts as applied, too.
    pub(super) baseline: bool,
}

/// One migration as the files have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// By what it is compared.
    pub(super) id: String,
    /// As it is shown.
    pub(super) label: String,
    /// Every checksum that the tool may have written for this content, in lower case; none where it keeps none, or where
    /// it cannot be computed.
    pub(super) checksums: Vec<String>,
    /// What comes immediately before it, where the tool keeps a graph.
    pub(super) parents: Vec<String>,
    /// The migrations that it stands for.
    pub(super) replaces: Vec<String>,
    /// Whether it is applied again when it has changed.
    pub(super) repeatable: bool,
}

impl Applied {
    pub(super) fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        Self { label: id.clone(), id, ..Self::default() }
    }

    pub(super) fn shown(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }
}

impl Known {
    pub(super) fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), ..Self::default() }
    }

    pub(super) fn checksum(self, checksum: String) -> Self {
        Self { checksums: vec![checksum], ..self }
    }
}

/// For tables whose columns are named: the statement fails where they are others.
pub(super) fn always(_: &Records<'_>, _: &Beside) -> bool {
    true
}

/// Bytes as the tables have them.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
