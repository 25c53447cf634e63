//! What is said of a database's migrations.

use serde::Serialize;

/// Where a database stands with its migrations.
// Exhaustive on purpose: it is the list that users read. `Ord` goes from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MigrationState {
    /// Everything that the files have was applied, and nothing else.
    Current,
    /// A history is there, and nothing is wrong with it; there are no files to compare it with.
    Unknown,
    /// No history of a tool that is known is there.
    NotFound,
    /// Something was applied that the files do not have, as while a deployment is rolled back or not yet everywhere.
    Ahead,
    /// Something that the files have was not applied yet.
    Behind,
    /// Both behind and ahead: the files and the database come from different branches.
    Diverged,
    /// A file is not any more what was applied.
    ChecksumMismatch,
    /// A migration failed, or was left half-applied.
    Dirty,
}

impl MigrationState {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Unknown => "unknown",
            Self::NotFound => "not_found",
            Self::Ahead => "ahead",
            Self::Behind => "behind",
            Self::Diverged => "diverged",
            Self::ChecksumMismatch => "checksum_mismatch",
            Self::Dirty => "dirty",
        }
    }
}

/// The migrations of a database: the histories of all tools that were found in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Migrations {
    /// The worst of its histories; with files, of those that were compared.
    pub state: MigrationState,
    /// The directory that the histories were compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// A history for each tool.
    pub histories: Vec<MigrationHistory>,
    /// Why the state is what it is, where no history can say it: a fact in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The history of one migration tool in a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MigrationHistory {
    /// The tool: `alembic`, `dbmate`, `diesel`, `django`, `ef-core`, `flyway`, `golang-migrate`, `goose`, `knex`, `liquibase`,
    /// `prisma`, `rails`, `refinery` or `sqlx`.
    pub tool: String,
    /// Its table, as the server names it; absent where the tool never ran here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Where it stands.
    pub state: MigrationState,
    /// Whether it was compared with files.
    pub compared: bool,
    /// How many migrations were applied; absent where the table keeps only the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<usize>,
    /// The last one that was applied; several of a history with branches, with commas between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<String>,
    /// What the files have and the database does not, in the order in which it is to be applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub pending: Vec<String>,
    /// What the database has and the files do not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub ahead: Vec<String>,
    /// What failed, or was left half-applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub dirty: Vec<String>,
    /// Applied ones whose file has changed since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub checksum_mismatch: Vec<String>,
    /// What else there is to know, such as several heads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(default))]
    pub notes: Vec<String>,
    /// What the comparison does not cover, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_compared: Option<String>,
}
