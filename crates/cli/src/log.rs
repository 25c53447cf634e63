//! The log of commands that stay: on standard error.

use std::io;

use clap::ValueEnum;
use tracing::Level;
use tracing_subscriber::fmt;

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people
    Text,
    /// One JSON object a line
    Json,
}

/// From which weight on something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// Only what dbprobe itself cannot do
    Error,
    /// Targets that are in trouble, too
    Warn,
    /// Every change, too
    Info,
    /// Every probe, too
    Debug,
}

/// Writes the log of this process to standard error from now on. It is called once.
pub(crate) fn start(level: LogLevel, format: LogFormat, colour: bool) {
    let level = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    // The watch goes on when nobody reads its log any more; a complaint about that would go to the same closed pipe, and
    // end the process.
    let log = fmt().with_max_level(level).with_writer(io::stderr).with_target(false).log_internal_errors(false);
    match format {
        LogFormat::Text => log.with_ansi(colour).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
