//! The options of `dbprobe wait`.

use std::ffi::OsString;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args};
use dbprobe::parse_positive_duration;

use crate::choice::{LevelChoice, RoleChoice, WriteChoice};
use crate::number;

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Wait {
    /// A DSN, where it stands (@env:NAME or @file:PATH), or the name of a target of the configuration
    #[arg(required = true, value_name = "DSN|NAME")]
    pub(crate) targets: Vec<String>,
    /// The pause after a failure, which doubles up to 5s, and between successes [default: 500ms]
    #[arg(short, long, value_name = "DURATION", env = "DBPROBE_INTERVAL", value_parser = parse_positive_duration)]
    pub(crate) interval: Option<Duration>,
    /// So many successes in a row on the same incarnation of the server make it ready
    #[arg(long, value_name = "N", env = "DBPROBE_STABLE", default_value = "2", value_parser = number::parse::<1, 1000>)]
    pub(crate) stable: u32,
    /// One target that is ready is enough
    #[arg(long, env = "DBPROBE_ANY", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) any: bool,
    /// Wait on after a failure that waiting does not help against, such as a wrong password
    #[arg(long, env = "DBPROBE_KEEP_GOING", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) keep_going: bool,
    /// Wait until they are down; one that refuses us, by its password for example, is not
    #[arg(long, env = "DBPROBE_INVERT", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) invert: bool,
    /// A server that is reached over a Unix socket and has networking off is no image's temporary one
    #[arg(long, env = "DBPROBE_SOCKET_ONLY", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) socket_only: bool,
    /// How far each attempt goes [default: write]
    #[arg(long, env = "DBPROBE_LEVEL")]
    pub(crate) level: Option<LevelChoice>,
    /// How a write is proven [default: auto]
    #[arg(long, value_name = "MODE", env = "DBPROBE_WRITE")]
    pub(crate) write: Option<WriteChoice>,
    /// The role that the server must have; the level is ping or deeper [default: any]
    #[arg(long, value_name = "ROLE", env = "DBPROBE_EXPECT_ROLE")]
    pub(crate) expect_role: Option<RoleChoice>,
    /// What takes the place of dbprobe once all is ready
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

const HELP: &str = "\
The time-out (-t) is for the whole wait here, and 60s by default. One attempt has at most 5s of it, or the time-out that the
configuration gives its target.

Usable means up as in check: every step that the level asks for passed. Limits such as --warn-latency are not waited for.
The incarnation of a server is told by the time when it started, which levels below read do not learn: they count
successes only. A target that was ready is not asked again.

Failures that waiting does not help against (auth, certificate, config, not_found, permission, unsupported) end it at once.
Over a Unix socket they have to last for 10s, since an image's temporary server may be the one who answers; such a server,
which has networking off, is waited out; but `--level tcp` only sees that somebody listens, and cannot tell it from the
last one (nor a proxy that listens for a server, as for a container's published port). A DSN's file (@file:PATH) that is not there yet is waited for; a variable is not.

With a command, results are written to standard error, and the command is started in dbprobe's place: same process,
same environment, its own signals and its own exit code.

Exit codes: 0 ready, 2 a failure that waiting does not help against, 3 a usage error, 124 timed out, 130 SIGINT,
143 SIGTERM; with a command its own, or 126 where it cannot be executed and 127 where it is not found.

Examples:
  dbprobe wait @env:DATABASE_URL -- ./server --port 8080
  dbprobe wait postgres://app@db/orders redis://cache -t 2m
  dbprobe wait @file:/run/secrets/orders_dsn --expect-role primary --stable 3
  dbprobe wait orders-eu orders-us --any -c dbprobe.yaml
  dbprobe wait tcp://old-db:5432 --level tcp --invert";
