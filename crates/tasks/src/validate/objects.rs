//! What has to be looked up in the database.

use dbprobe_core::{Class, Connection, Failure, Lookup};

use super::ValidateOptions;
use super::facts::unasked as not_asked;
use super::outcome::{Check, CheckOutcome, DatabaseValidation};
use super::wanted::{ExtensionWish, SettingWish};
use crate::migrations::{MigrationState, Migrations, migrations};

/// Why nothing could be looked up.
pub(super) enum Unasked {
    Failed(Failure),
    Unreachable,
}

/// Looks up tables, extensions and settings, and reads the history of migrations.
pub(super) async fn check(
    connection: &mut Connection,
    engine: &str,
    options: &ValidateOptions,
    result: &mut DatabaseValidation,
) {
    let wishes = Wish::all(options);
    if !wishes.is_empty() {
        let wanted: Vec<Lookup> = wishes.iter().map(Wish::lookup).collect();
        match connection.look_up(&wanted).await {
            Ok(found) => {
                let found = found.into_iter().chain(std::iter::repeat(None));
                result.checks.extend(wishes.iter().zip(found).map(|(wish, found)| wish.check(found.as_deref())));
            }
            Err(failure) => {
                result.checks.extend(wishes.iter().map(|wish| Check::prevented(wish.name(), plain(failure.clone()))));
            }
        }
    }
    if options.migrations {
        match migrations(connection, engine, options.migration_files.as_ref()).await {
            Ok(found) => {
                result.checks.push(judge(&found, options));
                // No history, and none that had to be: there is nothing to say.
                result.migrations =
                    Some(found).filter(|found| found.directory.is_some() || !found.histories.is_empty());
            }
            Err(failure) => result.checks.push(unread(failure, options)),
        }
    }
}

/// The same checks where nothing can be asked.
pub(super) fn unasked(options: &ValidateOptions, why: &Unasked, checks: &mut Vec<Check>) {
    let names = Wish::all(options).iter().map(Wish::name).collect::<Vec<_>>();
    let migrations = options.migrations.then(|| "migrations".to_owned());
    checks.extend(names.into_iter().chain(migrations).map(|name| match why {
        Unasked::Failed(failure) => Check::prevented(name, failure.clone()),
        Unasked::Unreachable => not_asked(name),
    }));
}

/// One thing that is looked up.
enum Wish<'a> {
    Extension(&'a ExtensionWish),
    Setting(&'a SettingWish),
    Table(&'a str),
}

impl<'a> Wish<'a> {
    fn all(options: &'a ValidateOptions) -> Vec<Self> {
        let tables = options.tables.iter().map(|table| Self::Table(table));
        let extensions = options.extensions.iter().map(Self::Extension);
        tables.chain(extensions).chain(options.settings.iter().map(Self::Setting)).collect()
    }

    fn name(&self) -> String {
        match self {
            Self::Extension(wish) => format!("extension:{}", wish.name),
            Self::Setting(wish) => format!("setting:{}", wish.name),
            Self::Table(name) => format!("table:{name}"),
        }
    }

    fn lookup(&self) -> Lookup {
        match self {
            Self::Extension(wish) => Lookup::Extension(wish.name.clone()),
            Self::Setting(wish) => Lookup::Setting(wish.name.clone()),
            Self::Table(name) => Lookup::Table((*name).to_owned()),
        }
    }

    fn check(&self, found: Option<&str>) -> Check {
        let passed = |message: String| Check::new(self.name(), CheckOutcome::Passed, message);
        let failed = |message: String| Check::new(self.name(), CheckOutcome::Failed, message);
        match (self, found) {
            (Self::Table(_), Some(full)) => passed(format!("it is there as {full}")),
            (Self::Table(_), None) => failed("it is not there, or this role may not see it".to_owned())
                .advise("apply the migrations that create it; check the schema, the search path and the privileges"),
            (Self::Extension(wish), Some(version)) => {
                match wish.version.as_ref().map(|range| range.contains(version)) {
                    None | Some(Some(true)) => passed(format!("it is there in version {version}")),
                    Some(_) => failed(format!("it is there in version {version}; {wish} is asked for"))
                        .advise("update the extension in this database"),
                }
            }
            (Self::Extension(_), None) => failed("it is not there".to_owned())
                .advise("create the extension in this database; its package has to be on the server"),
            (Self::Setting(wish), Some(value)) => match wish.holds(value) {
                Some(true) => passed(format!("it is {value}")),
                Some(false) => failed(format!("it is {value}; {wish} is asked for")).advise(
                    "change the setting; some need a restart of the server, and a role or a database may override it",
                ),
                None => failed(format!("it is {value}, which is no number; {wish} is asked for")),
            },
            (Self::Setting(_), None) => {
                failed("the server has no such setting, or does not show it to this role".to_owned())
                    .advise("check its spelling")
            }
        }
    }
}

/// An engine without tables says so in the words of the check.
fn plain(failure: Failure) -> Failure {
    match failure.class {
        Class::Unsupported if failure.advice.is_none() => failure.advise("leave this check out for this target"),
        _ => failure,
    }
}

/// A history that cannot be read fails where it was asked for.
fn unread(failure: Failure, options: &ValidateOptions) -> Check {
    let asked = options.migration_files.is_some();
    let check = Check::prevented("migrations", plain(failure));
    match check.failure.as_ref().map(|failure| failure.class) {
        Some(Class::Unsupported) if !asked => Check {
            advice: None,
            failure: None,
            ..Check::new("migrations", CheckOutcome::Skipped, "this engine keeps no tables that could hold a history")
        },
        Some(Class::Permission) if !asked => Check { outcome: CheckOutcome::Warning, ..check },
        _ => check,
    }
}

fn judge(found: &Migrations, options: &ValidateOptions) -> Check {
    let asked = options.migration_files.is_some();
    let outcome = match found.state {
        // With files it could not be compared, and nobody knows.
        MigrationState::Unknown if asked => CheckOutcome::Failed,
        MigrationState::Current | MigrationState::Unknown => CheckOutcome::Passed,
        MigrationState::NotFound if !asked => CheckOutcome::Skipped,
        MigrationState::Ahead => options.ahead,
        MigrationState::NotFound
        | MigrationState::Behind
        | MigrationState::Diverged
        | MigrationState::ChecksumMismatch
        | MigrationState::Dirty => CheckOutcome::Failed,
    };
    let message = found.message();
    let check = Check::new("migrations", outcome, message);
    match (outcome, found.advice()) {
        (CheckOutcome::Failed | CheckOutcome::Warning, Some(advice)) => check.advise(advice),
        _ => check,
    }
}
