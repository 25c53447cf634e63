//! Django.
//!
//! Only the apps that the directory holds are compared: those of Django itself and of packages lie elsewhere. An app's label
//! is taken to be its directory's name. Sources: `MigrationRecorder` in
//! <https://github.com/django/django/blob/main/django/db/migrations/recorder.py>, squashed migrations in
//! <https://docs.djangoproject.com/en/stable/topics/migrations/#squashing-migrations>.

use std::sync::LazyLock;

use regex::Regex;

use super::directory::{Directory, MigrationFilesError};
use super::records::Records;
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "django",
    tables: &["django_migrations"],
    columns: &[],
    keeps: Keeps::Each,
    fits: |records, _| records.have(&["app", "name"]),
    applied,
    files,
    not_compared: Some("contents: django keeps no checksums; apps without files in the directory"),
};

fn applied(records: &Records<'_>) -> Vec<Applied> {
    let mut found: Vec<_> = records
        .iter()
        .filter_map(|record| {
            let (app, name) = (record.text("app")?, record.text("name")?);
            Some((record.integer("id"), Applied::new(format!("{app}.{name}"))))
        })
        .collect();
    found.sort_by_key(|(id, _)| *id);
    found.into_iter().map(|(_, applied)| applied).collect()
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let mut found = Vec::new();
    for file in &directory.files {
        let Some(name) = file.rsplit('/').next().and_then(|name| name.strip_suffix(".py")) else { continue };
        // Django leaves these out itself (`MigrationLoader.load_disk`).
        if name.starts_with(['_', '~']) {
            continue;
        }
        let Some(app) = app(directory, file) else { continue };
        let source = directory.text(file)?;
        if source.lines().any(|line| line.starts_with("class Migration(")) {
            let id = format!("{app}.{name}");
            found.push(Known { replaces: replaced(&source), ..Known::new(id.clone(), id) });
        }
    }
    Ok(found)
}

/// The app of `…/app/migrations/0001_x.py`, also where the directory named is `migrations` itself.
fn app(directory: &Directory, file: &str) -> Option<String> {
    let root = directory.root.canonicalize().ok()?;
    let path = root.join(file);
    let migrations = path.parent()?;
    let app = if migrations.file_name()? == "migrations" { migrations.parent()? } else { return None };
    Some(app.file_name()?.to_str()?.to_owned())
}

/// `replaces = [("app", "0001_x"), …]`.
fn replaced(source: &str) -> Vec<String> {
    static LIST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)\breplaces\s*=\s*\[(.*?)\]").ok());
    static PAIR: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"\(\s*['"]([^'"]+)['"]\s*,\s*['"]([^'"]+)['"]\s*,?\s*\)"#).ok());
    let list = LIST.as_ref().and_then(|list| list.captures(source)).and_then(|found| found.get(1));
    let (Some(list), Some(pair)) = (list, PAIR.as_ref()) else { return Vec::new() };
    pair.captures_iter(list.as_str()).map(|found| format!("{}.{}", &found[1], &found[2])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_squashed_migration_names_those_that_it_replaces() {
        let source = "class Migration(migrations.Migration):\n    replaces = [('shop', '0001_initial'),\n  (\"shop\", \"0002_x\",)]\n";
        assert_eq!(replaced(source), ["shop.0001_initial", "shop.0002_x"]);
        assert!(replaced("dependencies = [('shop', '0001_initial')]").is_empty());
    }
}
