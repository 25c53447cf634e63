//! The options of `dbprobe health`.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args};

use crate::choice::WriteChoice;
use crate::number;

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Health {
    /// A DSN, where it stands (@env:NAME or @file:PATH), or the name of a target of the configuration
    #[arg(required = true, value_name = "DSN|NAME")]
    pub(crate) targets: Vec<String>,
    /// How a write is proven [default: auto]
    #[arg(long, value_name = "MODE", env = "DBPROBE_WRITE")]
    pub(crate) write: Option<WriteChoice>,
    /// Compare the history of migrations with the files in this directory
    #[arg(long, value_name = "DIR", env = "DBPROBE_MIGRATIONS", conflicts_with = "no_migrations")]
    pub(crate) migrations: Option<PathBuf>,
    /// Do not look at the migrations
    #[arg(long, env = "DBPROBE_NO_MIGRATIONS", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) no_migrations: bool,
    /// How many targets are checked at once
    #[arg(long, value_name = "N", env = "DBPROBE_CONCURRENCY", default_value = "64")]
    #[arg(value_parser = number::parse::<1, 100_000>)]
    pub(crate) concurrency: u32,
}

const HELP: &str = "\
Exit codes: 0 healthy, 1 degraded, 2 unhealthy, 3 never asked or a usage error; the worst target decides.

Migrations are read where a tool that `dbprobe validate` knows has left a history; one that failed is degraded, and with
--migrations also one that is pending or changed, or a history that cannot be read.

A failure that may pass is tried again as often as --retries says; every attempt has the whole --timeout.

Text piped is one line a fact:
  TARGET: STATUS ENGINE VERSION ROLE TOTALms
  TARGET: connection ok|failed TIMEms ADDRESS
  TARGET: query_test ok|failed|not_run ping TIMEms write TIMEms MODE read TIMEms
  TARGET: migration_status WORD
  TARGET: error: PHASE: MESSAGE (CODE)
  TARGET: advice: WHAT TO DO NEXT

Examples:
  dbprobe health @env:ORDERS_DSN
  dbprobe health @env:ORDERS_DSN --retries 3 --retry-interval 2s
  dbprobe health -c dbprobe.yaml orders billing -o json | jq -r '.[] | .database_name + \" \" + .status'
  dbprobe health 'file:demo.db' --write none -q";
