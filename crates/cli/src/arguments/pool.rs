//! The options of `dbprobe pool`.

use clap::Args;

use crate::number;

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Pool {
    /// A DSN, where it stands (@env:NAME or @file:PATH), or the name of a target of the configuration
    #[arg(required = true, value_name = "DSN|NAME")]
    pub(crate) targets: Vec<String>,
    /// Does a pool of this size fit beside the connections of others?
    #[arg(long, value_name = "N", env = "DBPROBE_POOL_SIZE", value_parser = number::parse::<0, 1_000_000>)]
    pub(crate) pool_size: Option<u32>,
    /// The connections that the pool may open beyond its size
    #[arg(long, value_name = "M", env = "DBPROBE_MAX_OVERFLOW", default_value = "0")]
    #[arg(value_parser = number::parse::<0, 1_000_000>)]
    pub(crate) max_overflow: u32,
    /// How many such pools there are: one a process
    #[arg(long, value_name = "K", env = "DBPROBE_INSTANCES", default_value = "1")]
    #[arg(value_parser = number::parse::<1, 1_000_000>)]
    pub(crate) instances: u32,
    /// Whose pools they are: the connections of this application are theirs and not those of others
    #[arg(long, value_name = "NAME", env = "DBPROBE_APPLICATION")]
    pub(crate) application: Option<String>,
    /// The utilization that is moderate, in percent
    #[arg(long, value_name = "PERCENT", env = "DBPROBE_MODERATE", default_value = "60")]
    #[arg(value_parser = number::parse::<0, 100>)]
    pub(crate) moderate: u32,
    /// The utilization that is high, in percent
    #[arg(long, value_name = "PERCENT", env = "DBPROBE_HIGH", default_value = "80")]
    #[arg(value_parser = number::parse::<0, 100>)]
    pub(crate) high: u32,
    /// How many targets are asked at once
    #[arg(long, value_name = "N", env = "DBPROBE_CONCURRENCY", default_value = "64")]
    #[arg(value_parser = number::parse::<1, 100_000>)]
    pub(crate) concurrency: u32,
}

const HELP: &str = "\
Exit codes: 0 optimal or moderate, 1 high or the wanted pools do not fit, 2 the database did not answer, 3 not known (it
has no connections to count, or does not tell them) or a usage error; the worst target decides: 2, 3, 1, 0.

The limit is what an ordinary role can have: PostgreSQL's max_connections without what it reserves for superusers.
Moderate begins at 60 %: from there on, the pools of one of three lost application servers no longer fit into what is
left if the other two open them, too. High begins at 80 %: a rolling deploy, with old and new pools side by side, may not fit.

Text on a terminal is a picture; piped, it is one line a fact, made for grep and awk:
  TARGET: HEALTH USED of LIMIT PERCENT%
  TARGET: user|application|database|address|state|age COUNT NAME
  TARGET: idle_in_transaction ID SECONDSs user=… application=… address=…
  TARGET: waiting ID SECONDSs user=… application=… address=… blocked_by=ID,ID for: WHAT
  TARGET: headroom|hidden|not known|error|advice: WORDS

Examples:
  dbprobe pool @env:ORDERS_DSN
  dbprobe pool -c dbprobe.yaml orders billing -o json | jq '.[] | select(.pool_health == \"high\")'
  dbprobe pool orders --pool-size 10 --max-overflow 5 --instances 6 --application shop
  dbprobe pool orders | grep ' idle_in_transaction '";
