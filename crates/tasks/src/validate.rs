//! Are the prerequisites met?

mod range;
mod wanted;

mod outcome;

mod facts;
mod objects;

use std::time::Duration;

use dbprobe_core::{Connection, ExpectedRole, Level, Monitor, Phase, Thresholds, milliseconds, now};
use futures_util::StreamExt;

use crate::database::Database;
use crate::migrations::MigrationFiles;

use self::objects::Unasked;

pub use outcome::{Check, CheckOutcome, DatabaseValidation, Issue, Validation, ValidationStatus, ValidationSummary};
pub use range::{InvalidRange, VersionRange};
pub use wanted::{ExtensionWish, InvalidWish, SettingWish};

/// How many databases are asked at once.
const AT_ONCE: usize = 64;

/// What a database has to be like.
#[derive(Clone, Debug)]
pub struct ValidateOptions {
    /// How long the ping and the read may take, each: one round trip on an open session. Beyond it is a warning.
    pub max_latency: Duration,
    /// The versions that the server may have.
    pub server_version: Option<VersionRange>,
    /// The role that the server must have.
    pub expect_role: ExpectedRole,
    /// Tables or views that must be there and visible, as `name` or `schema.name`.
    pub tables: Vec<String>,
    /// Extensions that must be in force.
    pub extensions: Vec<ExtensionWish>,
    /// Settings and their values.
    pub settings: Vec<SettingWish>,
    /// How many connections must be left to an ordinary role.
    pub free_connections: Option<u64>,
    /// Whether the history of migrations is looked at; without files the check is left out where there is none.
    pub migrations: bool,
    /// What the history has to be.
    pub migration_files: Option<MigrationFiles>,
    /// What a history is that is ahead of its files.
    pub ahead: CheckOutcome,
}

impl Default for ValidateOptions {
    /// Reachable, each answer within a second, and no half-applied migration.
    fn default() -> Self {
        Self {
            max_latency: Duration::from_secs(1),
            server_version: None,
            expect_role: ExpectedRole::Any,
            tables: Vec::new(),
            extensions: Vec::new(),
            settings: Vec::new(),
            free_connections: None,
            migrations: true,
            migration_files: None,
            ahead: CheckOutcome::Warning,
        }
    }
}

/// Checks the prerequisites of every database, all at once, and never more than 64 at a time.
///
/// Each is probed as deep as a read, with the repetitions of its policy; nothing is written. What cannot be learned from that
/// is asked on a second session with a time-out of its own. A database that hangs costs the others nothing. The plan's
/// interrupt ends everything early, and what was not asked then has failed. The expected role and the thresholds of the plan
/// do not count: the options do.
///
/// ```
/// use dbprobe_core::{Dsn, Registry};
/// use dbprobe_tasks::{Database, ValidateOptions, ValidationStatus, validate};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let driver = Registry::new(&[&dbprobe_sqlite::ENGINE]).open(&Dsn::parse("file::memory:")?)?;
/// let options = ValidateOptions { server_version: Some(">=3.8,<4".parse()?), ..ValidateOptions::default() };
/// let result = validate(&[Database::new(driver)], &options).await;
/// assert_eq!(result.overall_status, ValidationStatus::Passed, "{:?}", result.issues);
/// # Ok(()) }
/// ```
pub async fn validate(databases: &[Database], options: &ValidateOptions) -> Validation {
    let timestamp = now();
    let asked = databases.iter().map(|database| validate_one(database, options));
    let found: Vec<DatabaseValidation> = futures_util::stream::iter(asked).buffered(AT_ONCE).collect().await;
    Validation::of(found, timestamp)
}

async fn validate_one(database: &Database, options: &ValidateOptions) -> DatabaseValidation {
    let mut plan = database.plan.clone();
    plan.level = Level::Read;
    plan.expect_role = ExpectedRole::Any;
    plan.thresholds = Thresholds::default();
    plan.concerns = Vec::new();
    let mut monitor = Monitor::new(database.driver.clone(), plan, database.policy.clone()).named(database.name.clone());
    let report = monitor.probe().await;
    monitor.close().await;
    let mut result = DatabaseValidation::new(database);
    let asked = report.steps.iter().any(|step| step.phase != Phase::Configure);
    result.response_time_ms = asked.then(|| milliseconds(report.duration));
    facts::check(&report, options, &mut result.checks);
    if report.status().answers() {
        match Connection::open(database.driver.as_ref(), database.plan.timeout, &database.plan.interrupt).await {
            Ok(mut connection) => {
                objects::check(&mut connection, database.engine(), options, &mut result).await;
                connection.close().await;
            }
            Err(failure) => objects::unasked(options, &Unasked::Failed(failure), &mut result.checks),
        }
    } else {
        objects::unasked(options, &Unasked::Unreachable, &mut result.checks);
    }
    result.conclude();
    result
}
