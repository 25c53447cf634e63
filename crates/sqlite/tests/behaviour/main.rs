//! What the SQLite engine does on real files, and what it says about broken ones.

#![allow(clippy::expect_used, clippy::print_stderr, reason = "tests stop at once, and say what they skip")]

mod scratch;

mod crowd;
mod faults;
mod locks;
mod queries;
mod reports;
#[cfg(unix)]
mod unprivileged;
mod writes;
