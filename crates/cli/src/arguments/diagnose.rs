//! The options of `dbprobe diagnose`.

use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args};
use dbprobe::{Prober, parse_positive_duration};

use crate::choice::{LevelChoice, RoleChoice, WriteChoice};

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Diagnose {
    /// A DSN, where it stands (@env:NAME or @file:PATH), or the name of a target of the configuration
    #[arg(value_name = "DSN|NAME")]
    pub(crate) target: String,
    /// How far it climbs [default: write]
    #[arg(long, env = "DBPROBE_LEVEL")]
    pub(crate) level: Option<LevelChoice>,
    /// How a write is proven [default: auto]
    #[arg(long, value_name = "MODE", env = "DBPROBE_WRITE")]
    pub(crate) write: Option<WriteChoice>,
    /// Create the health table where it is missing
    #[arg(long, env = "DBPROBE_CREATE_HEALTH_TABLE", action = ArgAction::SetTrue)]
    #[arg(value_parser = FalseyValueParser::new())]
    pub(crate) create_health_table: bool,
    /// The role that the server must have; the level is ping or deeper [default: any]
    #[arg(long, value_name = "ROLE", env = "DBPROBE_EXPECT_ROLE")]
    pub(crate) expect_role: Option<RoleChoice>,
    /// Degraded when the ping, the write or the read takes longer
    #[arg(long, value_name = "DURATION", env = "DBPROBE_WARN_LATENCY", value_parser = parse_positive_duration)]
    pub(crate) warn_latency: Option<Duration>,
    /// Degraded when the server's certificate expires sooner
    #[arg(long, value_name = "DURATION", env = "DBPROBE_CERT_WARN", value_parser = parse_positive_duration)]
    pub(crate) cert_warn: Option<Duration>,
    /// Whose row in the health table it is [default: this host's name]
    #[arg(long, value_name = "NAME", env = "DBPROBE_PROBER", value_parser = super::prober)]
    pub(crate) prober: Option<Prober>,
}

const HELP: &str = "\
Exit codes: 0 up, 1 degraded, 2 down, 3 unknown or a usage error. What works but is close to a limit exits with 0 and
says so.

The ladder: configure, resolve, tcp, tls, auth, database, privileges, read, write, role, capacity. Text on a terminal is
a picture of it, with the evidence where something is wrong; -v shows it everywhere. Piped, it is one line a fact:
  TARGET: STATUS ENGINE TOTALms
  TARGET: RUNG passed|failed|warning|skipped [TIMEms][: WHY]
  TARGET: RUNG FACT: VALUE
  TARGET: cause: CAUSE
  TARGET: why: WHAT THE SERVER SAID, HOW SURE IT IS, WHERE IT IS DOCUMENTED
  TARGET: advice: WHAT TO DO ABOUT IT
  TARGET: next: A COMMAND TO COPY
  TARGET: mind: WHAT TO FILL IN BEFORE IT WORKS

Examples:
  dbprobe diagnose postgres://app@db.example/orders
  dbprobe diagnose @env:ORDERS_DSN --expect-role primary -v
  dbprobe diagnose -c dbprobe.yaml orders
  dbprobe diagnose file:demo.db -o json | jq -r .next_command
  dbprobe diagnose @file:/run/secrets/orders_dsn | grep -E ': (cause|next): '";
