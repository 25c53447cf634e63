//! Knex, also under Objection and Strapi.
//!
//! Source: the table in <https://github.com/knex/knex/blob/master/lib/migrations/migrate/table-creator.js>; its names are those
//! of the files.

use super::directory::{Directory, MigrationFilesError};
use super::records::Records;
use super::tool::{Applied, Keeps, Known, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "knex",
    tables: &["knex_migrations"],
    columns: &[],
    keeps: Keeps::Each,
    fits: |records, _| records.have(&["name", "batch"]),
    applied,
    files,
    not_compared: Some("contents: knex keeps no checksums"),
};

/// What Knex loads by default (`loadExtensions`): every such file, whatever is in it.
const ENDINGS: &[&str] = &[".js", ".ts", ".cjs", ".mjs", ".coffee", ".ls", ".eg", ".iced", ".litcoffee", ".co"];

fn applied(records: &Records<'_>) -> Vec<Applied> {
    let mut rows: Vec<_> = records.iter().collect();
    rows.sort_by_key(|record| record.integer("id"));
    let names = rows.iter().filter_map(|record| record.text("name"));
    names.map(|name| Applied::new(stem(&name).unwrap_or(&name)).shown(name.clone())).collect()
}

fn files(directory: &Directory) -> Result<Vec<Known>, MigrationFilesError> {
    let (mut found, mut is_knex) = (Vec::new(), false);
    for file in directory.top().filter(|file| !file.ends_with(".d.ts")) {
        let Some(name) = stem(file) else { continue };
        if !is_knex {
            let source = directory.text(file)?;
            is_knex = source.contains("up") && source.contains("knex");
        }
        found.push(Known::new(name, file));
    }
    Ok(if is_knex { found } else { Vec::new() })
}

/// The name without its ending: what was applied as TypeScript may lie here compiled.
fn stem(file: &str) -> Option<&str> {
    ENDINGS.iter().find_map(|ending| file.strip_suffix(ending))
}
