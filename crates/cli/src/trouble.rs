//! What keeps a command from giving its answer.

use std::fmt;
use std::io;

use crate::signals::Signal;

/// What keeps a command from giving its answer; its exit code is that of a usage error, or of the signal.
#[derive(Debug)]
pub(crate) enum Trouble {
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
            Self::Encoding(why) => write!(f, "the result cannot be put into this format: {why}"),
            Self::Output(error) => write!(f, "the output cannot be written: {error}"),
            Self::Runtime(error) => write!(f, "the system does not let it run: {error}"),
            Self::Signal(signal) => write!(f, "interrupted by {}", signal.as_str()),
            Self::Usage(why) => f.write_str(why),
        }
    }
}
