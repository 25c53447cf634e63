#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod database;
mod knowledge;
mod word;

mod migrations;

mod diagnose;
mod health;
mod perf;
mod pool;
mod summary;
mod validate;
mod wait;

#[cfg(feature = "schema")]
pub mod schema;

pub use database::Database;
pub use word::Word;

pub use diagnose::{
    Address, Cause, Confidence, Configuration, Connectivity, DiagnoseOptions, Diagnosis, Door, Evidence, Performance,
    Recommendation, Rung, RungOutcome, RungResult, diagnose,
};
pub use health::{
    ConnectionTest, Health, HealthConnection, HealthMigrations, HealthOptions, HealthQueries, MigrationStatus,
    QueryTest, health,
};
pub use migrations::{
    MigrationFiles, MigrationFilesError, MigrationHistory, MigrationState, Migrations, migration_status, migrations,
};
pub use perf::{
    Bin, ConnectionMetrics, Distribution, Measurement, Perf, PerfAssessment, PerfBaseline, PerfChange, PerfComparison,
    PerfOptions, PerfProgress, PerfQuery, PerfSettings, PoolEfficiency, Rating, RatingLimits, perf, perf_watched,
};
pub use pool::{
    OverflowAnalysis, Pool, PoolConnection, PoolGiven, PoolGroup, PoolGroups, PoolHealth, PoolOptions, PoolOverflow,
    PoolThresholds, PoolUsage, PoolWanted, pool,
};
pub use summary::{
    Alert, AlertKind, CauseKind, DatabaseSummary, FailureGroup, PoolUse, Severity, StatusBreakdown, Summary,
    SummaryOptions, SummaryThresholds, summary,
};
pub use validate::{
    Check, CheckOutcome, DatabaseValidation, ExtensionWish, InvalidRange, InvalidWish, Issue, SettingWish,
    ValidateOptions, Validation, ValidationStatus, ValidationSummary, VersionRange, validate,
};
pub use wait::{Wait, WaitFor, WaitOptions, WaitOutcome, WaitProgress, WaitServer, WaitState, WaitUntil, Waited, wait};
