//! What went wrong on a socket, as a failure.

use std::io;

use dbprobe_core::{Class, Failure};

/// Turns what a socket answered while `doing` something into a failure.
pub fn io_failure(error: &io::Error, doing: &str) -> Failure {
    Failure::new(Class::Reset, format!("{doing}: {error}"))
}
