//! `cargo xtask load`: `dbprobe serve` with many targets over a few real servers, and what that costs.

mod fleet;
mod measure;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use dbprobe_testkit::serve::Serve;

use crate::stand::{self, Options, Stand};
use fleet::Fleet;
use measure::Measured;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many targets.
    #[arg(long, default_value_t = 1000)]
    targets: usize,
    /// How long is measured, after all targets are up and two intervals are over; rounded up to whole intervals.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// From one probe of a target to its next, in seconds.
    #[arg(long, default_value = "15s", value_parser = seconds)]
    interval: Duration,
    /// The section `metrics` of the configuration, such as `{naming: prometheus}`.
    #[arg(long, default_value = "{naming: both}")]
    metrics: String,
    #[command(flatten)]
    options: Options,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix('s').unwrap_or(text).parse().map_err(|_| "a number of seconds, such as 15s")?;
    if number == 0 { Err("at least 1s".to_owned()) } else { Ok(Duration::from_secs(number)) }
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let binary = arguments.options.binary()?;
    let limit = stand::raise_open_files();
    let stand = Stand::new(&fleet::TITLES)?;
    let _cleanup = stand.cleanup();
    let fleet = Fleet::start(&stand, arguments.targets, limit)?;
    eprintln!("load: {}", fleet.describe());
    let measured = measure(&binary, arguments, &fleet)?;
    println!("\n{}", measured.table(&fleet.describe()));
    let violations = measured.violations();
    for violation in &violations {
        println!("VIOLATION: {violation}");
    }
    if !violations.is_empty() {
        bail!("{} violations", violations.len());
    }
    println!("no tick was missed, and every target was up");
    Ok(())
}

fn measure(binary: &Path, arguments: &Arguments, fleet: &Fleet) -> Result<Measured> {
    let Arguments { interval, metrics, .. } = arguments;
    let config = format!(
        "listen: [\"127.0.0.1:0\"]\ndefaults: {{interval: {}s, timeout: 5s, retries: 0}}\nmetrics: {metrics}\ntargets:\n{}",
        interval.as_secs(),
        fleet.targets()
    );
    let serve = Serve::start_with(stand::command(binary), &config);
    eprintln!("load: serve runs as {} on {}", serve.pid(), serve.address());
    let measured = measure::measure(&serve, *interval, Duration::from_secs(arguments.seconds), arguments.targets);
    if measured.is_err() {
        let log = serve.stderr();
        eprintln!("{}", log.lines().rev().take(10).collect::<Vec<_>>().join("\n"));
    }
    measured
}
