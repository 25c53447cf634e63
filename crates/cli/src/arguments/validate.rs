//! The options of `dbprobe validate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use dbprobe::parse_positive_duration;
use dbprobe::tasks::{CheckOutcome, ExtensionWish, MigrationFiles, SettingWish, VersionRange};

use crate::choice::RoleChoice;
use crate::number;

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Validate {
    /// A DSN, where it stands (@env:NAME or @file:PATH), or the name of a target of the configuration
    #[arg(required = true, value_name = "DSN|NAME")]
    pub(crate) targets: Vec<String>,
    /// A warning when the ping or the read takes longer
    #[arg(long, value_name = "DURATION", env = "DBPROBE_MAX_LATENCY", default_value = "1000ms", value_parser = parse_positive_duration)]
    pub(crate) max_latency: Duration,
    /// The versions that the server may have, such as '>=14,<18'
    #[arg(long, value_name = "RANGE", env = "DBPROBE_SERVER_VERSION")]
    pub(crate) server_version: Option<VersionRange>,
    /// The role that the server must have [default: any]
    #[arg(long, value_name = "ROLE", env = "DBPROBE_EXPECT_ROLE")]
    pub(crate) expect_role: Option<RoleChoice>,
    /// Tables or views that must be there, with or without their schema
    #[arg(long = "table", value_name = "NAME", env = "DBPROBE_TABLE", value_delimiter = ',')]
    pub(crate) tables: Vec<String>,
    /// An extension that must be there, such as postgis or 'vector>=0.7'; may be repeated
    #[arg(long = "extension", value_name = "NAME[>=VERSION]", env = "DBPROBE_EXTENSION", value_delimiter = ' ')]
    pub(crate) extensions: Vec<ExtensionWish>,
    /// A setting that must be so, such as wal_level=logical or 'max_connections>=200'; may be repeated
    #[arg(long = "setting", value_name = "NAME=VALUE", env = "DBPROBE_SETTING")]
    pub(crate) settings: Vec<SettingWish>,
    /// How many connections must be left
    #[arg(long, value_name = "N", env = "DBPROBE_FREE_CONNECTIONS", value_parser = number::parse::<1, 1_000_000>)]
    pub(crate) free_connections: Option<u32>,
    /// Compare the history of migrations with the files in this directory
    #[arg(long, value_name = "DIR", env = "DBPROBE_MIGRATIONS")]
    pub(crate) migrations: Option<PathBuf>,
    /// Whose migrations they are, where it must not be guessed
    #[arg(long, value_name = "NAME", env = "DBPROBE_MIGRATION_TOOL", requires = "migrations")]
    #[arg(value_parser = PossibleValuesParser::new(MigrationFiles::tools()))]
    pub(crate) migration_tool: Option<String>,
    /// What it is when something was applied that the files do not have
    #[arg(long, value_name = "OUTCOME", env = "DBPROBE_MIGRATIONS_AHEAD", default_value = "warning")]
    pub(crate) migrations_ahead: AheadChoice,
    /// From which outcome on the exit code is not 0
    #[arg(long, value_name = "OUTCOME", env = "DBPROBE_FAIL_ON", default_value = "failed")]
    pub(crate) fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum AheadChoice {
    /// Usual while a deployment rolls on or back
    Warning,
    /// Nothing to speak of
    Passed,
    /// A reason to stop
    Failed,
}

impl From<AheadChoice> for CheckOutcome {
    fn from(choice: AheadChoice) -> Self {
        match choice {
            AheadChoice::Warning => Self::Warning,
            AheadChoice::Passed => Self::Passed,
            AheadChoice::Failed => Self::Failed,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A warning is 0
    Failed,
    /// A warning is 1
    Warning,
}

const HELP: &str = "\
Exit codes: 0 passed, 1 a warning with --fail-on warning, 2 failed, 3 a usage error or a target that cannot be asked;
a failed target decides over all others.

Nothing is written to the database. A version is compared as far as the range writes it: 17.5 is within '<=17'.
Settings with units are compared by size: 'shared_buffers>=1GB'.

Migrations: the history tables of alembic, dbmate, diesel, django, ef-core, flyway, golang-migrate, goose, knex,
liquibase, prisma, rails, refinery and sqlx are recognised under their usual names. A half-applied migration is a failure
even without --migrations. With it the history is compared with the files:
  current            everything was applied
  behind             failed: some are pending
  ahead              a warning, see --migrations-ahead: the database has more than the files
  diverged           failed: behind and ahead at once
  dirty              failed: a migration failed or was left half-applied
  checksum_mismatch  failed: an applied file has changed (flyway, prisma, refinery, sqlx)
They are looked for where the role finds a name without a schema: with '?options=-csearch_path=app' in a DSN of
PostgreSQL, also in the schema app. A lock of knex or liquibase that is held is told beside the state.

Text is one line a fact:
  TARGET: STATUS COUNTS
  TARGET: CHECK OUTCOME: MESSAGE
  TARGET: CHECK advice: WHAT TO DO NEXT

Examples:
  dbprobe validate @env:ORDERS_DSN --migrations db/migrations
  dbprobe validate @env:ORDERS_DSN --server-version '>=14,<18' --expect-role primary --free-connections 20
  dbprobe validate @env:ORDERS_DSN --table orders,customers --extension 'vector>=0.7' --setting wal_level=logical
  dbprobe validate file:demo.db --migrations migrations --migration-tool sqlx --fail-on warning
  dbprobe validate -c dbprobe.yaml orders stock -o json | jq -r '.issues[] | \"\\(.database): \\(.message)\"'";
