//! Where a database stands with its migrations: the histories of fourteen tools, alone or against the files of a project.

mod marks;
mod order;
mod sql;

mod directory;
mod records;

mod tool;

mod alembic;
mod dbmate;
mod diesel;
mod django;
mod ef_core;
mod flyway;
mod golang_migrate;
mod goose;
mod knex;
mod liquibase;
mod prisma;
mod refinery;
mod sqlx;

mod rails;

mod catalog;

mod files;
mod state;

mod words;

mod compare;
mod locks;
mod read;

use dbprobe_core::{Connection, Failure};

use self::compare::compare;
use self::files::count;
use self::read::{Found, History, histories};
use self::tool::Tool;

pub use directory::MigrationFilesError;
pub use files::MigrationFiles;
pub use state::{MigrationHistory, MigrationState, Migrations};

/// Reads the histories of all migration tools that are known from an open session, and compares them with `files`.
///
/// `engine` is the [engine's name](dbprobe_core::Target::engine), which decides how names are quoted. It only reads: one round
/// trip looks for the tables, and one for each that is there. Needs SELECT on them.
///
/// # Errors
/// The failure of the look-up or of a query; class `unsupported` where the engine has no tables, such as Redis.
pub async fn migrations(
    connection: &mut Connection,
    engine: &str,
    files: Option<&MigrationFiles>,
) -> Result<Migrations, Failure> {
    let matters = |tool: &str| files.is_none_or(|files| files.fits().any(|fits| fits == tool));
    let found = histories(connection, engine, files.and_then(|files| files.wanted), matters).await?;
    Ok(conclude(found, files))
}

/// The state of the migrations in one word, from the histories alone.
///
/// # Errors
/// As with [`migrations`].
pub async fn migration_status(connection: &mut Connection, engine: &str) -> Result<MigrationState, Failure> {
    Ok(migrations(connection, engine, None).await?.state)
}

fn conclude(found: Found, files: Option<&MigrationFiles>) -> Migrations {
    let Found { histories: found, strange } = found;
    let mut histories: Vec<MigrationHistory> = found.iter().map(|history| judge(history, files)).collect();
    let Some(files) = files else {
        let none = "no history table of a migration tool that is known is there";
        let reason = histories.is_empty().then(|| format!("{none}{}", others(&strange)));
        return Migrations { state: worst(&histories, false), directory: None, histories, reason };
    };
    let mut reason = None;
    let mut state = None;
    if let Some(cut) = found.iter().find(|history| history.truncated && files.of(history.tool).is_some()) {
        let (tool, most) = (cut.tool.name, count(cut.applied.len(), "migration"));
        reason = Some(format!("the history of {tool} is too long to be compared: only its first {most} were read"));
        state = Some(MigrationState::Unknown);
    } else if !histories.iter().any(|history| history.compared) {
        match (files.readings.as_slice(), histories.is_empty()) {
            // Whose files they are is not in doubt.
            ([reading], true) => {
                let mut fresh = compare(reading.tool, None, &[], Some(&reading.known));
                fresh.notes.push(missing(reading.tool, &strange));
                histories.push(fresh);
            }
            (_, true) => {
                let others = others(&strange);
                reason =
                    Some(format!("no history table is there, and the files may be those of {}{others}", names(files)));
            }
            (_, false) => {
                let there: Vec<&str> = histories.iter().map(|history| history.tool.as_str()).collect();
                let (files, there) = (names(files), there.join(" and "));
                reason = Some(format!("the files are those of {files}, and the history is that of {there}"));
            }
        }
    }
    let state = state.unwrap_or_else(|| worst(&histories, true));
    Migrations { state, directory: Some(files.root.display().to_string()), histories, reason }
}

/// A table that is not seen may be another schema's: "nothing was applied" is a guess, and is said to be one.
fn missing(tool: &Tool, strange: &[String]) -> String {
    let table = tool.tables.first().copied().unwrap_or_default();
    format!(
        "no table {table} is seen by this role in its search path: nothing was ever applied, or it lies in another schema, or this role has no privilege on it{}",
        others(strange)
    )
}

/// Tables that only have the name of a history.
fn others(strange: &[String]) -> String {
    match strange {
        [] => String::new(),
        strange => format!(" ({}: the name of a history, and the columns of something else)", strange.join(", ")),
    }
}

fn names(files: &MigrationFiles) -> String {
    files.fits().collect::<Vec<_>>().join(" or ")
}

fn judge(history: &History, files: Option<&MigrationFiles>) -> MigrationHistory {
    let known = files.and_then(|files| files.of(history.tool)).filter(|_| !history.truncated);
    let mut judged = compare(history.tool, Some(history.table.clone()), &history.applied, known);
    judged.notes.extend(history.lock.clone());
    if history.truncated {
        judged.notes.push(format!("only its first {} were read", count(history.applied.len(), "migration")));
    }
    judged
}

/// A half-applied migration counts also where nothing was compared.
fn worst(histories: &[MigrationHistory], compared: bool) -> MigrationState {
    let counts = |history: &&MigrationHistory| !compared || history.compared || history.state == MigrationState::Dirty;
    histories.iter().filter(counts).map(|history| history.state).max().unwrap_or(MigrationState::NotFound)
}
