//! The command `dbprobe`, as a function of its arguments and its two streams.
//!
//! The modules stand in dependency order: each uses only those above it.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod choice;
mod console;
mod descriptors;
mod log;
mod number;
mod panics;
mod pointer;
mod printable;
mod signals;

mod runtime;

mod trouble;
mod wishes;

mod answer;
mod arguments;
mod progress;

mod fleet;
mod render;
mod usage;

mod config;
mod databases;

mod check;
mod diagnose;
mod dsn;
mod engines;
mod health;
mod manual;
mod perf;
mod pool;
mod summary;
mod validate;
mod wait;

mod init;
mod serve;

#[cfg(feature = "schema")]
pub mod schema;

use std::ffi::OsString;

use clap::error::ErrorKind;
use dbprobe::{Absent, Registry, Status};

use crate::arguments::{Arguments, Command};
use crate::trouble::Trouble;

pub use console::{Console, Screen};
pub use panics::contain;

/// The exit code of a usage error, and of `unknown`: a monitoring system must not take it for an outage.
const USAGE: u8 = 3;

/// Runs one command with the engines of `registry`, and returns its exit code; `absent` are listed beside them.
pub fn run(
    registry: &Registry,
    absent: &[Absent],
    arguments: impl IntoIterator<Item = OsString>,
    mut console: Console<'_>,
) -> u8 {
    let words: Vec<OsString> = arguments.into_iter().collect();
    let arguments = match Arguments::read(words.clone()) {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error, &words, &mut console),
    };
    let common = &arguments.common;
    if common.no_color {
        console.screen.colour = false;
        console.err_screen.colour = false;
    }
    let console = &mut console;
    let result = match &arguments.command {
        Command::Config { command } => config::run(registry, command, common, console).map(Status::exit_code),
        Command::Check(options) => check::run(registry, options, common, console).map(Status::exit_code),
        Command::Diagnose(options) => diagnose::run(registry, options, common, console),
        Command::Dsn(options) => dsn::run(registry, options, common, console).map(Status::exit_code),
        Command::Engines => engines::run(registry, absent, common, console).map(Status::exit_code),
        Command::Completions(options) => manual::completions(options.shell, console).map(Status::exit_code),
        Command::Health(options) => health::run(registry, options, common, console),
        Command::Man(options) => manual::page(options.command.as_deref(), console).map(Status::exit_code),
        Command::Init(options) => init::run(registry, options, common, console).map(Status::exit_code),
        Command::Perf(options) => perf::run(registry, options, common, console),
        Command::Pool(options) => pool::run(registry, options, common, console),
        Command::Serve(options) => {
            serve::run(registry, options, common, console.err_screen.colour).map(Status::exit_code)
        }
        Command::Summary(options) => summary::run(registry, options, common, console),
        Command::Validate(options) => validate::run(registry, options, common, console),
        Command::Wait(options) => wait::run(registry, options, common, console),
    };
    result.unwrap_or_else(|trouble| complain(&trouble, console))
}

fn complain(trouble: &Trouble, console: &mut Console<'_>) -> u8 {
    match trouble {
        Trouble::Config(_) => console.remark(&trouble.to_string()),
        _ => console.remark(&format!("dbprobe: {trouble}\n")),
    }
    match trouble {
        Trouble::Signal(signal) => signal.exit_code(),
        _ => USAGE,
    }
}

/// Prints help or version where they were asked for, and otherwise what is wrong.
fn refuse(error: &clap::Error, words: &[OsString], console: &mut Console<'_>) -> u8 {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let text = error.render();
            let text = if console.screen.colour { text.ansi().to_string() } else { text.to_string() };
            console.print(&text).map_or_else(|error| complain(&Trouble::Output(error), console), |_| 0)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let text = error.render();
            let text = if console.err_screen.colour { text.ansi().to_string() } else { text.to_string() };
            console.remark(&text);
            USAGE
        }
        _ => {
            let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            console.remark(&usage::explain(error, &words));
            USAGE
        }
    }
}
