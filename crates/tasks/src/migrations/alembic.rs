//! Alembic, also under Flask-Migrate.
//!
//! Its table holds the heads only: everything that leads to them was applied. Sources: the table in
//! <https://alembic.sqlalchemy.org/en/latest/tutorial.html>, several heads in
//! <https://alembic.sqlalchemy.org/en/latest/branches.html>.

use std::sync::LazyLock;

use regex::Regex;

use super::directory::{Directory, MigrationFilesError};
use super::records::Records;
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "alembic",
    tables: &["alembic_version"],
    columns: &[],
    keeps: Keeps::Heads,
    fits: |records, _| records.have(&["version_num"]),
    applied,
    files,
    not_compared: Some("contents: alembic keeps no checksums"),
};

fn applied(records: &Records<'_>) -> Vec<Applied> {
    records.iter().filter_map(|record| record.text("version_num")).map(Applied::new).collect()
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let mut found = Vec::new();
    for file in directory.files.iter().filter(|file| file.ends_with(".py")) {
        found.extend(revision(&directory.text(file)?));
    }
    Ok(found)
}

/// What one file of revisions says about itself; `None` where it is none. A module that only mentions the word has no
/// such assignment at the beginning of a line.
fn revision(source: &str) -> Option<Known> {
    static BELOW: LazyLock<Option<Regex>> = LazyLock::new(|| assignment("down_revision"));
    static ID: LazyLock<Option<Regex>> = LazyLock::new(|| assignment("revision"));
    static NEEDED: LazyLock<Option<Regex>> = LazyLock::new(|| assignment("depends_on"));
    let values = |pattern: &LazyLock<Option<Regex>>| -> Option<Vec<String>> {
        let value = pattern.as_ref()?.captures(source)?.get(1)?.as_str();
        Some(strings(value))
    };
    let id = values(&ID)?.into_iter().next()?;
    let mut parents = values(&BELOW)?;
    parents.extend(values(&NEEDED).unwrap_or_default());
    Some(Known { parents, ..Known::new(id.clone(), id) })
}

/// `name = value` or `name: type = value`, where the value is on one line or in parentheses.
fn assignment(name: &str) -> Option<Regex> {
    Regex::new(&format!(r"(?m)^{name}[ \t]*(?::[^=\n]+)?=[ \t]*(\([^)]*\)|[^\n]*)")).ok()
}

/// The Python strings in a value; a comment behind it is none.
fn strings(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find(['"', '\'', '#']) {
        let (quote, inside) = rest[at..].split_at(1);
        if quote == "#" {
            rest = inside.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let Some((text, after)) = inside.split_once(quote) else { break };
        found.push(text.to_owned());
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_read_from_their_assignments() {
        let new = "\"\"\"add email\n\nRevision ID: b2\n\"\"\"\nrevision: str = 'b2'\n\
                   down_revision: Union[str, Sequence[str], None] = 'a1'\ndepends_on = None  # not 'x'\n";
        let known = revision(new).map(|known| (known.id, known.parents));
        assert_eq!(known, Some(("b2".to_owned(), vec!["a1".to_owned()])));
        let merge = "revision = \"c3\"\ndown_revision = (\n    \"a1\",  # 'one'\n    'b2',\n)\n";
        assert_eq!(revision(merge).map(|known| known.parents), Some(vec!["a1".to_owned(), "b2".to_owned()]));
        let first = "revision = 'a1'\ndown_revision = None\n";
        assert_eq!(revision(first).map(|known| known.parents), Some(vec![]));
        assert_eq!(revision("# revision = 'x'\nprint(revision)\n"), None);
    }
}
