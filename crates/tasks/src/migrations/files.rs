//! What a directory of migrations holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::catalog::TOOLS;
use super::directory::{Directory, MigrationFilesError};
use super::tool::{Known, Tool};

/// The migrations in a directory, read once for any number of databases.
#[derive(Clone, Debug)]
pub struct MigrationFiles {
    pub(super) root: PathBuf,
    /// What each tool makes of the directory; those that find nothing of theirs are left out.
    pub(super) readings: Arc<Vec<Reading>>,
    /// The one tool that was asked for.
    pub(super) wanted: Option<&'static str>,
}

/// What one tool makes of a directory.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) tool: &'static Tool,
    pub(super) known: Vec<Known>,
}

impl MigrationFiles {
    /// Reads `directory`, for `tool` alone where one is named; see [`MigrationFiles::tools`]. It reads files, and blocks
    /// while it does.
    ///
    /// # Errors
    /// When the directory is missing, empty, or none of the tools has files like these.
    pub fn read(directory: &Path, tool: Option<&str>) -> Result<Self, MigrationFilesError> {
        let wanted = tool.map(named).transpose()?;
        let files = Directory::read(directory)?;
        let mut readings = Vec::new();
        for tool in TOOLS.iter().filter(|tool| wanted.is_none_or(|wanted| wanted.name == tool.name)) {
            let known = (tool.files)(&files)?;
            if !known.is_empty() {
                readings.push(Reading { tool, known });
            }
        }
        if readings.is_empty() {
            let whose = match wanted {
                Some(tool) => format!("are no migrations of {}", tool.name),
                None => "are migrations of no tool that is known".to_owned(),
            };
            let what = format!("{}: its {} {whose}", directory.display(), count(files.files.len(), "file"));
            return Err(MigrationFilesError(what));
        }
        Ok(Self { root: directory.to_owned(), readings: Arc::new(readings), wanted: wanted.map(|tool| tool.name) })
    }

    /// The tools that are known, as [`MigrationFiles::read`] takes their names.
    pub fn tools() -> impl Iterator<Item = &'static str> {
        TOOLS.iter().map(|tool| tool.name)
    }

    /// The tools whose files these may be. Some name their files alike.
    pub fn fits(&self) -> impl Iterator<Item = &'static str> {
        self.readings.iter().map(|reading| reading.tool.name)
    }

    pub(super) fn of(&self, tool: &Tool) -> Option<&[Known]> {
        self.readings.iter().find(|reading| reading.tool.name == tool.name).map(|reading| reading.known.as_slice())
    }
}

fn named(name: &str) -> Result<&'static Tool, MigrationFilesError> {
    let found = TOOLS.iter().find(|tool| tool.name.eq_ignore_ascii_case(name));
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = MigrationFiles::tools().collect();
        MigrationFilesError(format!("no migration tool of this name is known: it is one of {}", known.join(", ")))
    })
}

/// `1 file`, `2 files`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(files: &[(&str, &str)], tool: Option<&str>) -> Result<Vec<(String, Vec<String>)>, String> {
        let directory = tempfile::tempdir().expect("a directory");
        for (file, content) in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs::write(path, content).expect("a file");
        }
        let found = MigrationFiles::read(directory.path(), tool);
        let place = directory.path().display().to_string();
        let ids = |reading: &Reading| reading.known.iter().map(|known| known.id.clone()).collect();
        found
            .map(|found| found.readings.iter().map(|one| (one.tool.name.to_owned(), ids(one))).collect())
            .map_err(|error| error.to_string().replace(&place, "DIR"))
    }

    fn one(tool: &str, ids: &[&str]) -> (String, Vec<String>) {
        (tool.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect())
    }

    #[test]
    fn each_tool_knows_its_own_files() {
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a [(String, Vec<String>)]);
        let cases: &[Case<'_>] = &[
            (
                &[("001_a.sql", "-- +goose Up\nSELECT 1;"), ("002_b.go", "package x // goose")],
                &[one("goose", &["1", "2"])],
            ),
            (&[("20240101000000_a.sql", "-- migrate:up\n")], &[one("dbmate", &["20240101000000"])]),
            (
                &[("1_a.up.sql", ""), ("1_a.down.sql", ""), ("10_b.up.sql", ""), ("2_c.up.sql", "")],
                &[one("golang-migrate", &["1", "2", "10"]), one("sqlx", &["1", "2", "10"])],
            ),
            (
                &[("2024-01-01-000000_a/up.sql", ""), ("2024-01-01-000000_a/down.sql", "")],
                &[one("diesel", &["20240101000000"])],
            ),
            (&[("20240101_a/migration.sql", ""), ("migration_lock.toml", "")], &[one("prisma", &["20240101_a"])]),
            (&[("20240101000000_create_a.rb", "class CreateA")], &[one("rails", &["20240101000000"])]),
            (&[("20240101_a.js", "exports.up = knex => 1"), ("README.md", "")], &[one("knex", &["20240101_a"])]),
            (
                &[
                    ("20240101000000_Init.cs", "partial class Init"),
                    ("20240101000000_Init.Designer.cs", "[Migration(\"20240101000000_Init\")]"),
                    ("ShopModelSnapshot.cs", "class X"),
                ],
                &[one("ef-core", &["20240101000000_Init"])],
            ),
            (
                &[("V1__a.sql", "x"), ("V1_1__b.sql", "y"), ("R__views.sql", "z"), ("U1__a.sql", "")],
                &[one("flyway", &["1", "1.1", "R views"]), one("refinery", &["1", "1"])],
            ),
        ];
        for (files, expected) in cases {
            assert_eq!(read(files, None).as_deref(), Ok(*expected), "{files:?}");
        }
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        assert_eq!(read(&[], None), Err("DIR: the directory is empty".to_owned()));
        assert_eq!(
            read(&[("a.txt", "")], None),
            Err("DIR: its 1 file are migrations of no tool that is known".to_owned())
        );
        let other = read(&[("V1__a.sql", "")], Some("alembic"));
        assert_eq!(other, Err("DIR: its 1 file are no migrations of alembic".to_owned()));
        let missing = MigrationFiles::read(Path::new("no/such/place"), None).map(|_| ());
        assert_eq!(
            missing.map_err(|error| error.to_string()),
            Err("no/such/place: there is no such directory".to_owned())
        );
        assert!(read(&[("V1__a.sql", "")], Some("flywy")).is_err_and(|error| error.contains("golang-migrate")));
    }
}
