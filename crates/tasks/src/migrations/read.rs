//! From a session to histories.

use std::collections::{BTreeMap, BTreeSet};

use dbprobe_core::{Access, Class, Connection, Failure, Lookup, Query, Rows};

use super::catalog::TOOLS;
use super::locks::{self, LOCKS};
use super::records::Records;
use super::sql::{self, Column};
use super::tool::{Applied, Beside, Tool};

/// A history of more is none: it is cut, and said to be.
const MOST_ROWS: usize = 100_000;
const MOST_BYTES: usize = 64 << 20;
/// What only Rails makes; see [`Beside::rails`].
const RAILS: &str = "ar_internal_metadata";

/// A history as its table has it.
pub(super) struct History {
    pub(super) tool: &'static Tool,
    /// The table's full name.
    pub(super) table: String,
    pub(super) applied: Vec<Applied>,
    pub(super) truncated: bool,
    /// What there is to say of its lock.
    pub(super) lock: Option<String>,
}

/// What is in a database.
#[derive(Default)]
pub(super) struct Found {
    pub(super) histories: Vec<History>,
    /// Tables with a history's name and other columns.
    pub(super) strange: Vec<String>,
}

/// Every history in the database, of `only` one tool where it is named: one round trip that looks for the tables, and one
/// for each that is there.
///
/// # Errors
/// The look-up's failure or a query's; class `unsupported` where the engine has no tables. A history that this role may not
/// read is left out where `matters` says that nobody asked for it.
pub(super) async fn histories(
    connection: &mut Connection,
    engine: &str,
    only: Option<&str>,
    matters: impl Fn(&str) -> bool,
) -> Result<Found, Failure> {
    let tools: Vec<&Tool> = TOOLS.iter().filter(|tool| only.is_none_or(|only| only == tool.name)).copied().collect();
    let there = Tables::look_up(connection, &tools).await?;
    let beside = Beside { rails: there.full_name(RAILS).is_some() };
    let mut found = Found::default();
    for (name, full) in &there.histories {
        let mut is_known = false;
        for tool in tools.iter().filter(|tool| tool.tables.contains(name)) {
            let rows = match rows(connection, engine, tool.columns, name, full).await {
                Ok(rows) => rows,
                // It has not the columns that are asked for.
                Err(failure) if failure.class == Class::Query => continue,
                Err(failure) if failure.class == Class::Permission && !matters(tool.name) => {
                    is_known = true;
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            let records = Records(&rows);
            if (tool.fits)(&records, &beside) {
                is_known = true;
                let (applied, truncated) = ((tool.applied)(&records), rows.truncated);
                let lock = lock(connection, engine, tool, &there).await;
                found.histories.push(History { tool, table: full.clone(), applied, truncated, lock });
            }
        }
        if !is_known {
            found.strange.push(full.clone());
        }
    }
    found.histories.sort_by_key(|history| history.tool.name);
    Ok(found)
}

/// The tables that are there, of those that matter.
struct Tables {
    /// The name that was looked for, and the full one.
    histories: Vec<(&'static str, String)>,
    others: BTreeMap<&'static str, String>,
}

impl Tables {
    async fn look_up(connection: &mut Connection, tools: &[&Tool]) -> Result<Self, Failure> {
        let histories: BTreeSet<&'static str> = tools.iter().flat_map(|tool| tool.tables).copied().collect();
        let locks = LOCKS.iter().flat_map(|lock| lock.tables).copied();
        let names: Vec<&'static str> = histories.iter().copied().chain(locks).chain([RAILS]).collect();
        let wanted: Vec<Lookup> = names.iter().map(|name| Lookup::Table((*name).to_owned())).collect();
        let found = connection.look_up(&wanted).await?;
        let mut tables = Self { histories: Vec::new(), others: BTreeMap::new() };
        let mut seen = BTreeSet::new();
        for (name, full) in names.into_iter().zip(found) {
            // Where case does not count, two spellings are one table.
            let Some(full) = full.filter(|full| seen.insert(full.to_lowercase())) else { continue };
            if histories.contains(name) {
                tables.histories.push((name, full));
            } else {
                tables.others.insert(name, full);
            }
        }
        Ok(tables)
    }

    fn full_name(&self, name: &str) -> Option<&String> {
        self.others.get(name)
    }
}

/// What there is to say of a tool's lock; nothing where the table is not to be read.
async fn lock(connection: &mut Connection, engine: &str, tool: &Tool, there: &Tables) -> Option<String> {
    let lock = locks::of(tool.name)?;
    let (name, full) = lock.tables.iter().find_map(|name| Some((*name, there.full_name(name)?)))?;
    let rows = rows(connection, engine, &[], name, full).await.ok()?;
    lock.note(&Records(&rows))
}

async fn rows(
    connection: &mut Connection,
    engine: &str,
    columns: &[Column],
    name: &str,
    full: &str,
) -> Result<Rows, Failure> {
    let (schema, table) = split(full, name);
    let query = Query {
        sql: sql::history(engine, schema, table, columns),
        access: Access::ReadOnly,
        max_rows: MOST_ROWS,
        max_bytes: MOST_BYTES,
    };
    connection.query(&query).await.map_err(|failure| explain(failure, full))
}

/// `schema.table` at the name that was looked for; the engine may have another spelling of it, and quotes round it.
fn split<'a>(full: &'a str, name: &'a str) -> (Option<&'a str>, &'a str) {
    let bare = full.trim_end_matches(['"', '`', ']']);
    let at = bare.len().checked_sub(name.len()).filter(|at| bare.is_char_boundary(*at));
    let (before, table) = match at.map(|at| bare.split_at(at)) {
        Some((before, table)) if table.eq_ignore_ascii_case(name) => (before, table),
        _ => return (None, name),
    };
    let quotes = ['"', '`', '[', ']'];
    let schema = before.trim_end_matches(quotes).strip_suffix('.').map(|schema| schema.trim_matches(quotes));
    (schema.filter(|schema| !schema.is_empty()), table)
}

fn explain(failure: Failure, table: &str) -> Failure {
    match failure.class {
        Class::Permission => failure.advise(format!("let this role read the history: GRANT SELECT ON {table}")),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_is_taken_apart_at_the_name_that_was_looked_for() {
        assert_eq!(split("public.alembic_version", "alembic_version"), (Some("public"), "alembic_version"));
        assert_eq!(split("a.b.x_y", "x_y"), (Some("a.b"), "x_y"));
        assert_eq!(split("DATABASECHANGELOG", "databasechangelog"), (None, "DATABASECHANGELOG"));
        assert_eq!(
            split("public.\"__EFMigrationsHistory\"", "__EFMigrationsHistory"),
            (Some("public"), "__EFMigrationsHistory")
        );
        assert_eq!(split("other", "x"), (None, "x"));
    }
}
