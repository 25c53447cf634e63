//! Liquibase.
//!
//! A change set is known by its author, its id and its changelog. Changelogs of formatted SQL, XML, YAML and JSON are read; of a
//! path the file's name is compared, since what stands before it depends on where Liquibase was started. Sources: the table in
//! <https://github.com/liquibase/liquibase/blob/master/liquibase-standard/src/main/java/liquibase/sqlgenerator/core/CreateDatabaseChangeLogTableGenerator.java>,
//! the changelogs in <https://docs.liquibase.com/concepts/changelogs/home.html>.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::directory::{Directory, MigrationFilesError, base_name};
use super::records::Records;
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "liquibase",
    // Liquibase leaves the case to the engine: PostgreSQL makes it lower, MySQL and SQLite keep it.
    tables: &["databasechangelog", "DATABASECHANGELOG"],
    columns: &[],
    keeps: Keeps::Each,
    fits: |records, _| records.have(&["id", "author", "filename"]),
    applied,
    files,
    not_compared: Some("contents: liquibase's checksum is one of the changes that it parsed, not of the file"),
};

fn applied(records: &Records<'_>) -> Vec<Applied> {
    let mut rows: Vec<_> = records.iter().collect();
    rows.sort_by_key(|record| record.integer("ORDEREXECUTED"));
    let read = |record: &super::records::Record<'_>| {
        let (id, author) = (record.text("ID")?, record.text("AUTHOR")?);
        let file = record.text("FILENAME").unwrap_or_default();
        let failed = record.text("EXECTYPE").is_some_and(|kind| kind.eq_ignore_ascii_case("FAILED"));
        Some(Applied { failed, ..Applied::new(key(&file, &author, &id)).shown(shown(&file, &author, &id)) })
    };
    rows.iter().filter_map(read).collect()
}

fn key(file: &str, author: &str, id: &str) -> String {
    format!("{}\u{0}{author}\u{0}{id}", base_name(file))
}

/// As Liquibase itself writes it.
fn shown(file: &str, author: &str, id: &str) -> String {
    format!("{file}::{id}::{author}")
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let mut found = Vec::new();
    for file in &directory.files {
        let sets = match file.rsplit_once('.').map(|(_, ending)| ending) {
            Some("sql") => formatted(&directory.text(file)?),
            Some("xml") => xml(&directory.text(file)?),
            Some("yaml" | "yml") => yaml(&directory.text(file)?),
            Some("json") => {
                serde_json::from_str(&directory.text(file)?).map(|value| listed(&value)).unwrap_or_default()
            }
            _ => continue,
        };
        for ChangeSet { author, id, logical_file } in sets {
            let place = logical_file.as_deref().unwrap_or(file);
            found.push(Known::new(key(place, &author, &id), shown(place, &author, &id)));
        }
    }
    Ok(found)
}

/// One change set of a changelog.
#[derive(Debug, Default, PartialEq, Eq)]
struct ChangeSet {
    author: String,
    id: String,
    /// The name that stands in the table in the place of the file's.
    logical_file: Option<String>,
}

/// `--liquibase formatted sql`, then `--changeset author:id` for each.
fn formatted(source: &str) -> Vec<ChangeSet> {
    let comment = |line: &str| {
        let text = line.trim_start_matches('\u{feff}').trim().strip_prefix("--")?.trim();
        Some(text.to_owned())
    };
    let mut comments = source.lines().filter_map(comment);
    let head = comments.find(|text| text.to_ascii_lowercase().starts_with("liquibase formatted sql"));
    let Some(head) = head else { return Vec::new() };
    let logical = |text: &str| Some(text.split_once("logicalFilePath:")?.1.split_whitespace().next()?.to_owned());
    let of_file = logical(&head);
    let set = |text: String| {
        let rest = text.get(..10).filter(|word| word.eq_ignore_ascii_case("changeset ")).map(|_| &text[10..])?;
        let (author, after) = rest.trim().split_once(':')?;
        let quoted = |text: &str, mark: char| Some(text.trim().strip_prefix(mark)?.split_once(mark)?.0.to_owned());
        let id = quoted(after, '"').or_else(|| after.split_whitespace().next().map(str::to_owned))?;
        let author = author.trim().trim_matches('"').to_owned();
        Some(ChangeSet { author, id, logical_file: logical(&text).or_else(|| of_file.clone()) })
    };
    comments.filter_map(set).collect()
}

/// `<databaseChangeLog><changeSet id="…" author="…">`. What is not well-formed ends there; Liquibase refuses it anyway.
fn xml(source: &str) -> Vec<ChangeSet> {
    let mut reader = Reader::from_str(source);
    let (mut found, mut of_file, mut inside) = (Vec::new(), None, false);
    while let Ok(event) = reader.read_event() {
        let (Event::Start(tag) | Event::Empty(tag)) = event else {
            if matches!(event, Event::Eof) {
                break;
            }
            continue;
        };
        let attribute = |name: &str| {
            let value = tag.try_get_attribute(name).ok().flatten()?;
            let text = String::from_utf8_lossy(&value.value).into_owned();
            Some(quick_xml::escape::unescape(&text).map_or_else(|_| text.clone(), std::borrow::Cow::into_owned))
        };
        match tag.local_name().as_ref() {
            b"databaseChangeLog" => (inside, of_file) = (true, attribute("logicalFilePath")),
            b"changeSet" if inside => found.push(ChangeSet {
                author: attribute("author").unwrap_or_default(),
                id: attribute("id").unwrap_or_default(),
                logical_file: attribute("logicalFilePath").or_else(|| of_file.clone()),
            }),
            _ => {}
        }
    }
    found
}

fn yaml(source: &str) -> Vec<ChangeSet> {
    if !source.contains("databaseChangeLog") {
        return Vec::new();
    }
    serde_saphyr::from_str::<Value>(source).map(|value| listed(&value)).unwrap_or_default()
}

/// The same lists in YAML and in JSON.
fn listed(document: &Value) -> Vec<ChangeSet> {
    let Some(entries) = document.get("databaseChangeLog").and_then(Value::as_array) else { return Vec::new() };
    let text = |value: &Value, name: &str| match value.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let of_file = entries.iter().find_map(|entry| text(entry, "logicalFilePath"));
    let sets = entries.iter().filter_map(|entry| entry.get("changeSet"));
    let read = |set: &Value| {
        let logical_file = text(set, "logicalFilePath").or_else(|| of_file.clone());
        Some(ChangeSet { author: text(set, "author")?, id: text(set, "id")?, logical_file })
    };
    sets.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(author: &str, id: &str) -> ChangeSet {
        ChangeSet { author: author.to_owned(), id: id.to_owned(), logical_file: None }
    }

    #[test]
    fn all_kinds_of_changelogs_are_read() {
        let sql = "--liquibase formatted sql\n\n--changeset ann:1 runOnChange:true\nCREATE TABLE a (id int);\n\
                   -- changeset bob:add-x context:test\n--rollback DROP\n";
        assert_eq!(formatted(sql), [set("ann", "1"), set("bob", "add-x")]);
        assert_eq!(formatted("--changeset ann:1\n"), [], "without its first line it is plain SQL");
        let document = "<?xml version=\"1.0\"?><databaseChangeLog xmlns=\"x\"><changeSet id=\"1\" author=\"a&amp;b\">\
                        <createTable tableName=\"t\"/></changeSet><changeSet author=\"c\" id=\"2\"/></databaseChangeLog>";
        assert_eq!(xml(document), [set("a&b", "1"), set("c", "2")]);
        let lists =
            "databaseChangeLog:\n- changeSet:\n    id: 1\n    author: ann\n    changes: []\n- include: {file: x.sql}\n";
        assert_eq!(yaml(lists), [set("ann", "1")]);
        assert_eq!(yaml("services: {}"), []);
    }
}
