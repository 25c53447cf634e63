//! What keeps a command from giving its answer.

use std::fmt;
use std::io;

use dbprobe_config::ConfigError;

use crate::printable::printable;
use crate::signals::Signal;

/// What keeps a command from giving its answer; its exit code is that of a usage error, or of the signal.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The configuration is wrong.
    Config(Vec<ConfigError>),
    /// A result could not be put into the format.
    Encoding(String),
    /// The result could not be written.
    Output(io::Error),
    /// The system refused what the program needs to run.
    Runtime(io::Error),
    /// Somebody asked for the end.
    Signal(Signal),
    /// The options do not go together with the command.
    Usage(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(errors) => errors.iter().try_for_each(|error| describe(error, f)),
            Self::Encoding(why) => write!(f, "the result cannot be put into this format: {why}"),
            Self::Output(error) => write!(f, "the output cannot be written: {error}"),
            Self::Runtime(error) => write!(f, "the system does not let it run: {error}"),
            Self::Signal(signal) => write!(f, "interrupted by {}", signal.as_str()),
            Self::Usage(why) => f.write_str(why),
        }
    }
}

/// `file:line:column: message`, the offending text with carets below it, and the advice; each begins a line.
fn describe(error: &ConfigError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{}", printable(&error.to_string()))?;
    if let Some(excerpt) = &error.excerpt {
        let excerpt = printable(excerpt);
        writeln!(f, "  {excerpt}\n  {}", "^".repeat(excerpt.chars().count()))?;
    }
    match &error.advice {
        Some(advice) => writeln!(f, "  advice: {}", printable(advice)),
        None => Ok(()),
    }
}
