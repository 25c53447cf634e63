//! The command line.

mod diagnose;
mod health;
mod perf;
mod pool;
mod summary;
mod validate;
mod wait;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::parser::ValueSource;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use dbprobe::{Prober, parse_duration, parse_positive_duration};

use crate::choice::{Detail, Format, LevelChoice, RoleChoice, WriteChoice};
use crate::log::{LogFormat, LogLevel};
use crate::number;
use crate::trouble::Trouble;

pub(crate) use diagnose::Diagnose;
pub(crate) use health::Health;
pub(crate) use perf::Perf;
pub(crate) use pool::Pool;
pub(crate) use summary::Summary;
pub(crate) use validate::{FailOn, Validate};
pub(crate) use wait::Wait;

/// Says whether a database is really usable, and if not, why.
#[derive(Debug, Parser)]
#[command(name = "dbprobe", version, args_override_self = true)]
#[command(after_help = "Every option can be set as an environment variable: --warn-latency as DBPROBE_WARN_LATENCY.\n\
Exit codes of check: 0 up, 1 degraded, 2 down, 3 unknown or a usage error; the worst target decides.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// The configuration [default: ./dbprobe.yaml, where it is there]
    #[arg(short, long, global = true, value_name = "FILE", env = "DBPROBE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The time for the whole probe of one target [default: 5s]
    #[arg(short, long, global = true, value_name = "DURATION", env = "DBPROBE_TIMEOUT", value_parser = parse_positive_duration)]
    pub(crate) timeout: Option<Duration>,
    /// How often a probe is repeated after a failure that may pass [default: 0]
    #[arg(long, global = true, value_name = "N", env = "DBPROBE_RETRIES", value_parser = number::parse::<0, 1000>)]
    pub(crate) retries: Option<u32>,
    /// The pause before each repetition [default: 1s]
    #[arg(long, global = true, value_name = "DURATION", env = "DBPROBE_RETRY_INTERVAL", value_parser = parse_duration)]
    pub(crate) retry_interval: Option<Duration>,
    /// How the result is printed
    #[arg(short, long, global = true, value_name = "FORMAT", env = "DBPROBE_OUTPUT", default_value = "text")]
    pub(crate) output: Format,
    /// No colours; NO_COLOR in the environment does the same
    #[arg(long, global = true, env = "DBPROBE_NO_COLOR", action = ArgAction::SetTrue)]
    #[arg(value_parser = FalseyValueParser::new())]
    pub(crate) no_color: bool,
    /// Text output only of targets that are not up, one line each
    #[arg(short, long, global = true, env = "DBPROBE_QUIET", action = ArgAction::SetTrue)]
    #[arg(value_parser = FalseyValueParser::new())]
    pub(crate) quiet: bool,
    /// Text output with address, TLS, server facts, attempts and causes
    #[arg(short, long, global = true, env = "DBPROBE_VERBOSE", action = ArgAction::SetTrue)]
    #[arg(value_parser = FalseyValueParser::new())]
    pub(crate) verbose: bool,
    /// Whether the format was written on the command line, and not only set for every command by the environment.
    #[arg(skip)]
    explicit_output: bool,
}

impl Common {
    /// How much text there is for people. Both `-q` and `-v` ask for less and more of the same: the more wins.
    pub(crate) fn detail(&self) -> Detail {
        match (self.verbose, self.quiet) {
            (true, _) => Detail::Verbose,
            (false, true) => Detail::Quiet,
            (false, false) => Detail::Usual,
        }
    }

    /// The format of a command that knows only text and JSON.
    ///
    /// # Errors
    /// When another one was asked for; one that the environment sets for `check` falls back to text.
    pub(crate) fn format_of(&self, command: &str) -> Result<Format, Trouble> {
        match self.output {
            Format::Json | Format::Ndjson => Ok(Format::Json),
            Format::Text => Ok(Format::Text),
            other if self.explicit_output => {
                Err(Trouble::Usage(format!("`dbprobe {command}` prints text or json, not {}", other.as_str())))
            }
            _ => Ok(Format::Text),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Is it usable? Connects, pings, writes, reads back and inspects
    Check(Check),
    /// Blocks until every target is usable, then runs a command in its place
    Wait(Wait),
    /// Why not? Climbs from the configuration to the capacity, and names the cause and the next step
    Diagnose(Diagnose),
    /// Is it healthy? Connection, query and migrations, in a word each
    Health(Health),
    /// Who holds the connections, against the server's limit
    Pool(Pool),
    /// Are the prerequisites met? Latency, version, role, objects, settings, migrations
    Validate(Validate),
    /// How fast is it? The distribution of connecting, pings, writes, reads and queries
    Perf(Perf),
    /// How are they all? Worst status, counts, alerts and advice over many targets
    Summary(Summary),
    /// Checks the configuration, or prints what is in force
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Explains how a DSN is read, without connecting
    Dsn(Explain),
    /// Creates, or prints, the health table and a role with the least privileges
    Init(Init),
    /// Watches the configured targets and serves metrics, health routes and a status page
    Serve(Serve),
    /// Lists the engines of this build, their schemes and abilities
    Engines,
    /// Prints the script that completes commands and options in a shell
    Completions(Completions),
    /// Prints the manual page of dbprobe, or of one command, for man -l -
    Man(Man),
}

#[derive(Debug, Args)]
#[command(after_long_help = CHECK_HELP)]
pub(crate) struct Check {
    /// A DSN, where it stands (@env:NAME or @file:PATH), or the name of a target of the configuration
    #[arg(required = true, value_name = "DSN|NAME")]
    pub(crate) targets: Vec<String>,
    /// How far the probe goes [default: write]
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
    /// How many targets are probed at once
    #[arg(long, value_name = "N", env = "DBPROBE_CONCURRENCY", default_value = "64")]
    #[arg(value_parser = number::parse::<1, 100_000>)]
    pub(crate) concurrency: u32,
    /// Whose row in the health table it is [default: this host's name]
    #[arg(long, value_name = "NAME", env = "DBPROBE_PROBER", value_parser = prober)]
    pub(crate) prober: Option<Prober>,
}

const CHECK_HELP: &str = "\
Exit codes: 0 up, 1 degraded, 2 down, 3 unknown or a usage error; the worst target decides.

Text on a terminal is a picture; piped, it is one line a fact, made for grep and awk:
  TARGET: STATUS ENGINE VERSION ROLE TOTALms
  TARGET: PHASE passed TIMEms [PROOF]
  TARGET: PHASE failed TIMEms CLASS [CODE]: MESSAGE
  TARGET: PHASE skipped: REASON
  TARGET: advice: WHAT TO DO NEXT

Examples:
  dbprobe check 'file:demo.db?mode=rwc' --create-health-table
  dbprobe check @env:ORDERS_DSN --expect-role primary --warn-latency 100ms
  dbprobe check @file:/run/secrets/orders_dsn -o nagios
  dbprobe check -c dbprobe.yaml orders
  dbprobe check $(cat dsns.txt) -o ndjson | jq -r 'select(.status != \"up\") | .target'";

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Says every mistake with its line and column; exit code 3 if there is one
    Check,
    /// Prints what is in force: defaults filled in, secrets masked
    Print,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A DSN, or where it stands: @env:NAME or @file:PATH
    #[arg(value_name = "DSN")]
    pub(crate) dsn: String,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// A DSN, or where it stands: @env:NAME or @file:PATH
    #[arg(value_name = "DSN")]
    pub(crate) dsn: String,
    /// Print the statements and send nothing
    #[arg(long, env = "DBPROBE_PRINT", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) print: bool,
    /// The role that dbprobe is to log in as
    #[arg(long, value_name = "NAME", env = "DBPROBE_ROLE", default_value = "dbprobe", value_parser = role)]
    pub(crate) role: String,
    /// Prepare the health table only
    #[arg(long, env = "DBPROBE_NO_ROLE", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    #[arg(overrides_with = "role")]
    pub(crate) no_role: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen, in the place of the configuration's `listen`: IP:PORT, :PORT or localhost:PORT
    #[arg(long, value_name = "ADDRESS", env = "DBPROBE_LISTEN", value_delimiter = ',', value_parser = listen)]
    pub(crate) listen: Vec<SocketAddr>,
    /// Which share of the targets is this process's, counted from 0
    #[arg(long, value_name = "N", env = "DBPROBE_SHARD", default_value = "0")]
    #[arg(value_parser = number::parse::<0, 65_535>)]
    pub(crate) shard: u32,
    /// How many processes share the targets
    #[arg(long, value_name = "M", env = "DBPROBE_TOTAL_SHARDS", default_value = "1")]
    #[arg(value_parser = number::parse::<1, 65_536>)]
    pub(crate) total_shards: u32,
    /// From which weight on something is logged
    #[arg(long, value_name = "LEVEL", env = "DBPROBE_LOG_LEVEL", default_value = "info")]
    pub(crate) log_level: LogLevel,
    /// How a line of the log is written
    #[arg(long, value_name = "FORMAT", env = "DBPROBE_LOG_FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The command
    #[arg(value_name = "COMMAND", value_parser = command_name)]
    pub(crate) command: Option<String>,
}

fn command_name(text: &str) -> Result<String, &'static str> {
    command().find_subcommand(text).map(|found| found.get_name().to_owned()).ok_or("this is not a command")
}

fn listen(text: &str) -> Result<SocketAddr, &'static str> {
    dbprobe_config::parse_address(text).ok_or("write for example 0.0.0.0:9091, :9091 or localhost:9091")
}

fn prober(text: &str) -> Result<Prober, dbprobe::DsnError> {
    text.parse()
}

/// A role's name goes into statements and onto terminals.
fn role(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || text.chars().any(crate::printable::is_hostile) {
        return Err("a role's name is not empty and has no control characters");
    }
    Ok(text.to_owned())
}

impl Arguments {
    /// Reads the command line and the environment.
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let matches = command().try_get_matches_from(arguments)?;
        let mut arguments = Self::from_arg_matches(&matches)?;
        let source = matches.subcommand().and_then(|(_, matches)| matches.value_source("output"));
        arguments.common.explicit_output = source == Some(ValueSource::CommandLine);
        Ok(arguments)
    }
}

/// The command with the two rules that hold for every option: the value of an environment variable is not shown in
/// the help, since it may be a secret, and an empty variable is as good as none, as compose files produce them.
pub(crate) fn command() -> clap::Command {
    let mut command = careful(Arguments::command());
    for subcommand in command.get_subcommands_mut() {
        *subcommand = careful(std::mem::take(subcommand));
    }
    command
}

fn careful(command: clap::Command) -> clap::Command {
    command.mut_args(|argument| {
        let empty = argument.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
        let argument = if empty { argument.env(None::<&'static str>) } else { argument };
        argument.hide_env_values(true).hide_env(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_option_has_its_twin_in_the_environment() {
        for command in std::iter::once(&command()).chain(command().get_subcommands()) {
            for argument in command.get_arguments().filter(|argument| !argument.is_positional()) {
                let Some(long) = argument.get_long().filter(|long| !["help", "version"].contains(long)) else {
                    continue;
                };
                let twin = format!("DBPROBE_{}", long.replace('-', "_").to_uppercase());
                assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(twin.as_str()), "--{long}");
                assert!(argument.is_hide_env_values_set(), "--{long}");
            }
        }
    }
}
