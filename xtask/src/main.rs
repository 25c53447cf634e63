//! Automation of the dbprobe workspace: `cargo xtask <command>`, one file a command.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal and for CI logs")]

mod process;
mod workspace;

mod metadata;
mod tool;

mod docker;

mod images;

mod api;
mod deny;
mod features;
mod msrv;
mod package;
mod schema;
mod test;
mod tidy;
mod tree;

mod stand;

mod load;
mod peers;
mod soak;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Automation of the dbprobe workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the public API of the libraries as text, or check that it is up to date.
    Api(api::Arguments),
    /// Check licences, sources and banned crates with cargo-deny.
    Deny,
    /// Check every published crate with each feature, with each pair of them and with none.
    Features(features::Arguments),
    /// Get the images of the test servers: official ones, or stand-ins from Debian packages.
    Images(images::Arguments),
    /// Measure `dbprobe serve` with thousands of targets.
    Load(load::Arguments),
    /// Check that nothing a user compiles asks for a newer Rust than the workspace promises.
    Msrv,
    /// Check that every published crate can be packaged and holds what it needs.
    Package,
    /// Put other exporters beside `dbprobe serve`, with databases that are frozen and blackholed.
    Peers(peers::Arguments),
    /// Write the JSON Schema of the outputs, or check that it is up to date.
    Schema(schema::Arguments),
    /// Run `dbprobe serve` for long while its targets break and heal.
    Soak(soak::Arguments),
    /// Run every test suite against real servers and print what ran.
    Test(test::Arguments),
    /// Check the house rules: import order, file lists, sizes, manifests, statements.
    Tidy,
    /// Prove that a build with one engine or pool holds no other's driver.
    Tree,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Api(arguments) => api::run(&arguments),
        Command::Deny => deny::run(),
        Command::Features(arguments) => features::run(&arguments),
        Command::Images(arguments) => images::run(&arguments),
        Command::Load(arguments) => load::run(&arguments),
        Command::Msrv => msrv::run(),
        Command::Package => package::run(),
        Command::Peers(arguments) => peers::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Soak(arguments) => soak::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Tidy => tidy::run(),
        Command::Tree => tree::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
