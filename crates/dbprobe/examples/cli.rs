//! A small command: checks what its arguments name, prints a report a line, and exits as `dbprobe check` does.
//!
//! ```sh
//! cargo run -p dbprobe --example cli --features all,serde -- "file:demo.db?mode=rwc" @env:ORDERS_DSN
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

use std::future::IntoFuture;
use std::process::ExitCode;
use std::time::Duration;

use dbprobe::Status;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let targets: Vec<String> = std::env::args().skip(1).collect();
    if targets.is_empty() {
        eprintln!("usage: cli <DSN|@env:NAME|@file:PATH>...");
        return ExitCode::from(Status::Unknown.exit_code());
    }
    // All at once: each check has its own session and its own deadline.
    let checks: Vec<_> = targets
        .iter()
        .map(|dsn| tokio::spawn(dbprobe::check(dsn).timeout(Duration::from_secs(2)).into_future()))
        .collect();

    let mut worst = Status::Up;
    for check in checks {
        // A check does not panic: what is lost here was aborted from outside.
        let Ok(report) = check.await else { return ExitCode::from(Status::Unknown.exit_code()) };
        match serde_json::to_string(&report) {
            Ok(line) => println!("{line}"),
            Err(error) => eprintln!("{error}"),
        }
        worst = worst.max(report.status());
    }
    ExitCode::from(worst.exit_code())
}
