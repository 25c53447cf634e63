//! Flyway.
//!
//! Sources: the table in <https://documentation.red-gate.com/fd/flyway-schema-history-table-273973417.html>, names and kinds
//! of files in <https://documentation.red-gate.com/fd/versioned-migrations-273973333.html>, the checksum in
//! <https://github.com/flyway/flyway/blob/main/flyway-core/src/main/java/org/flywaydb/core/internal/resolver/ChecksumCalculator.java>:
//! the CRC-32 of all lines without their ends, as a signed number.

use std::collections::BTreeMap;

use super::directory::{Directory, MigrationFilesError, base_name};
use super::order::natural;
use super::records::{Record, Records};
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "flyway",
    // The second name was the first one up to Flyway 4.
    tables: &["flyway_schema_history", "schema_version"],
    columns: &[],
    keeps: Keeps::Each,
    fits: |records, _| records.have(&["installed_rank", "script", "checksum", "success"]),
    applied,
    files,
    not_compared: Some("contents of java migrations, and of repeatable ones with placeholders"),
};

fn applied(records: &Records<'_>) -> Vec<Applied> {
    let mut rows: Vec<_> = records.iter().collect();
    rows.sort_by_key(|record| record.integer("installed_rank"));
    // An undone version has a later row that says so, and a repeatable one has a row for each time it was applied.
    let mut order = 0_usize;
    let mut last: BTreeMap<String, (usize, Option<Applied>)> = BTreeMap::new();
    for record in &rows {
        if let Some((id, applied)) = read(record) {
            order += 1;
            last.insert(id, (order, applied));
        }
    }
    let mut found: Vec<_> = last.into_values().filter_map(|(order, applied)| Some((order, applied?))).collect();
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, applied)| applied).collect()
}

/// What a row says of a migration: `None` that it is undone.
fn read(record: &Record<'_>) -> Option<(String, Option<Applied>)> {
    let kind = record.text("type").unwrap_or_default().to_ascii_uppercase();
    let description = record.text("description").unwrap_or_default();
    let script = record.text("script").unwrap_or_default();
    let (id, label) = match record.text("version") {
        Some(version) => (normal(&version), if script.is_empty() { version } else { script }),
        None if kind == "SCHEMA" => return None,
        None => (format!("R {description}"), script),
    };
    let failed = record.flag("success") == Some(false);
    if kind == "DELETE" || (kind.starts_with("UNDO") && !failed) {
        return Some((id, None));
    }
    let baseline = kind.ends_with("BASELINE");
    let checksum = record.text("checksum").filter(|_| !baseline);
    Some((id.clone(), Some(Applied { failed, checksum, baseline, ..Applied::new(id).shown(label) })))
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let mut found = Vec::new();
    for file in &directory.files {
        let Some((name, sql)) = script(base_name(file)) else { continue };
        let Some((head, description)) = name.split_once("__") else { continue };
        let mut known = match (head.split_at_checked(1), head) {
            (_, "R") => Known { repeatable: true, ..Known::new(format!("R {}", description.replace('_', " ")), name) },
            // A baseline migration is for new databases only, and an undo migration is not applied by itself.
            (Some(("V", version)), _) if is_version(version) => Known::new(normal(version), name),
            _ => continue,
        };
        base_name(file).clone_into(&mut known.label);
        if sql {
            let content = directory.bytes(file)?;
            let replaced = known.repeatable && content.windows(2).any(|pair| pair == b"${");
            known.checksums = if replaced { Vec::new() } else { vec![checksum(&content).to_string()] };
        }
        found.push(known);
    }
    found.sort_by(|left, right| (left.repeatable, ()).cmp(&(right.repeatable, ())).then(natural(&left.id, &right.id)));
    Ok(found)
}

/// The name without its ending, and whether it is SQL.
fn script(file: &str) -> Option<(&str, bool)> {
    let sql = file.strip_suffix(".sql").map(|name| (name, true));
    let code = || [".java", ".class", ".kt"].iter().find_map(|ending| Some((file.strip_suffix(ending)?, false)));
    sql.or_else(code)
}

fn is_version(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_digit())
        && text.chars().all(|char| char.is_ascii_digit() || char == '.' || char == '_')
}

/// `1_02.0` is `1.2` to Flyway (`MigrationVersion`): parts are numbers, and zeros at the end count for nothing.
fn normal(version: &str) -> String {
    let mut parts: Vec<&str> = version
        .split(['.', '_'])
        .map(|part| part.trim_start_matches('0'))
        .map(|part| if part.is_empty() { "0" } else { part })
        .collect();
    while parts.len() > 1 && parts.last() == Some(&"0") {
        parts.pop();
    }
    parts.join(".")
}

/// Lines end as Java's `BufferedReader.readLine` has it: by LF, CR, or both.
fn checksum(content: &[u8]) -> i32 {
    let text = String::from_utf8_lossy(content);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut crc = crc32fast::Hasher::new();
    for line in text.split(['\n', '\r']) {
        crc.update(line.as_bytes());
    }
    crc.finalize().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_equal_as_flyway_has_it() {
        for (left, right) in [("1", "01"), ("1.0", "1"), ("1_2", "1.2"), ("0", "0.0")] {
            assert_eq!(normal(left), normal(right));
        }
        assert_ne!(normal("10"), normal("1"));
    }

    #[test]
    fn the_checksum_does_not_depend_on_the_ends_of_lines() {
        // CRC-32 of "123456789", the check value of its catalogue: 0xcbf43926.
        let expected = 0xcbf4_3926_u32.cast_signed();
        for content in ["123456789", "123\n456\r\n789\n", "\u{feff}123456789"] {
            assert_eq!(checksum(content.as_bytes()), expected, "{content:?}");
        }
    }
}
