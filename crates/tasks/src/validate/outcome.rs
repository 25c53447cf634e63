//! What validating found.

use dbprobe_core::Failure;
use jiff::Timestamp;
use serde::Serialize;

use crate::database::Database;
use crate::migrations::Migrations;

/// The one word for a database, or for all of them.
// Exhaustive on purpose: it is the list that users read. `Ord` goes from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ValidationStatus {
    /// Every check passed, or had nothing to look at.
    Passed,
    /// A check ended with a warning, and none failed.
    Warning,
    /// A check failed.
    Failed,
}

impl ValidationStatus {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// How one check ended.
// Exhaustive on purpose, as the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// It is as it has to be.
    Passed,
    /// It is not as it should be.
    Warning,
    /// It is not as it has to be, or nobody can tell.
    Failed,
    /// There was nothing to look at, or no way to look.
    Skipped,
}

impl CheckOutcome {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One check of one database.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What was looked at: `reachability`, `latency`, `server_version`, `role`, `free_connections`, `table:NAME`,
    /// `extension:NAME`, `setting:NAME` or `migrations`.
    pub check: String,
    /// How it ended.
    pub outcome: CheckOutcome,
    /// The fact: a fragment in lower case.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// What went wrong, where it was not the expectation alone, as in a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(default, schema_with = "dbprobe_core::schema::failure"))]
    pub failure: Option<Failure>,
}

impl Check {
    pub(super) fn new(check: impl Into<String>, outcome: CheckOutcome, message: impl Into<String>) -> Self {
        Self { check: check.into(), outcome, message: message.into(), advice: None, failure: None }
    }

    pub(super) fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// A check that could not be made because of `failure`.
    pub(super) fn prevented(check: impl Into<String>, failure: Failure) -> Self {
        let advice = failure.advice.clone();
        let message = failure.to_string();
        Self { advice, failure: Some(failure), ..Self::new(check, CheckOutcome::Failed, message) }
    }
}

/// The checks of one database.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DatabaseValidation {
    /// Its name.
    pub database_name: String,
    /// The engine's name; absent where the DSN chose none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<&'static str>,
    /// The worst of its checks.
    pub status: ValidationStatus,
    /// Every check, in a fixed order.
    pub checks: Vec<Check>,
    /// How long the probe took, from connecting to the last answer, in milliseconds; absent where it was never asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_ms: Option<f64>,
    /// The histories of its migrations, where there are any, or had to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrations: Option<Migrations>,
}

impl DatabaseValidation {
    pub(super) fn new(database: &Database) -> Self {
        Self {
            database_name: database.name.clone(),
            engine: database.known_engine(),
            status: ValidationStatus::Passed,
            checks: Vec::new(),
            response_time_ms: None,
            migrations: None,
        }
    }

    /// Derives the status from the checks.
    pub(super) fn conclude(&mut self) {
        let severity = |check: &Check| match check.outcome {
            CheckOutcome::Passed | CheckOutcome::Skipped => ValidationStatus::Passed,
            CheckOutcome::Warning => ValidationStatus::Warning,
            CheckOutcome::Failed => ValidationStatus::Failed,
        };
        self.status = self.checks.iter().map(severity).max().unwrap_or(ValidationStatus::Passed);
    }
}

/// How many databases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValidationSummary {
    /// All of them.
    pub total: usize,
    /// Those whose checks all passed.
    pub passed: usize,
    /// Those with a warning at worst.
    pub warning: usize,
    /// Those with a failed check.
    pub failed: usize,
}

/// One check that did not pass, for whoever looks for what to do and not at each database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Issue {
    /// The database's name.
    pub database: String,
    /// The check, as in the database's list.
    pub check: String,
    /// `warning` or `failed`.
    pub severity: ValidationStatus,
    /// The fact.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// The result of [`validate`](crate::validate): `dbprobe.validate/v1`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Validation {
    /// Always `dbprobe.validate/v1`.
    schema: &'static str,
    /// The worst of the databases.
    pub overall_status: ValidationStatus,
    /// Each database, in the order in which they were given.
    pub databases: Vec<DatabaseValidation>,
    /// How many ended how.
    pub summary: ValidationSummary,
    /// Everything that did not pass.
    pub issues: Vec<Issue>,
    /// When it began (RFC 3339, UTC).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub timestamp: Timestamp,
}

impl Validation {
    pub(super) fn of(databases: Vec<DatabaseValidation>, timestamp: Timestamp) -> Self {
        let of = |status| databases.iter().filter(|database| database.status == status).count();
        let summary = ValidationSummary {
            total: databases.len(),
            passed: of(ValidationStatus::Passed),
            warning: of(ValidationStatus::Warning),
            failed: of(ValidationStatus::Failed),
        };
        let issues = databases.iter().flat_map(|database| database.checks.iter().filter_map(|it| issue(database, it)));
        let issues = issues.collect();
        let overall_status = databases.iter().map(|database| database.status).max().unwrap_or(ValidationStatus::Passed);
        Self { schema: "dbprobe.validate/v1", overall_status, databases, summary, issues, timestamp }
    }
}

fn issue(database: &DatabaseValidation, check: &Check) -> Option<Issue> {
    let severity = match check.outcome {
        CheckOutcome::Warning => ValidationStatus::Warning,
        CheckOutcome::Failed => ValidationStatus::Failed,
        CheckOutcome::Passed | CheckOutcome::Skipped => return None,
    };
    Some(Issue {
        database: database.database_name.clone(),
        check: check.check.clone(),
        severity,
        message: check.message.clone(),
        advice: check.advice.clone(),
    })
}
