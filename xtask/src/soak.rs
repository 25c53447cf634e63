//! `cargo xtask soak`: `dbprobe serve` for long, with faults that come and go, and what it must not do meanwhile.

mod ground;
mod ledger;
mod schedule;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use dbprobe_testkit::serve::{Request, Serve};

use crate::stand::{self, Figures, Options, Scrape, Stand, Table, milliseconds, percentile};
use ground::{Ground, Sessions};
use ledger::Ledger;
use schedule::MINUTE;

pub(crate) const INTERVAL: Duration = Duration::from_secs(5);
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);
/// Without faults, before the first minute.
const CALM: Duration = Duration::from_secs(20);
const START: Duration = Duration::from_secs(120);
const SAMPLE: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How long. Every fault comes once in four minutes.
    #[arg(long, default_value_t = 30)]
    minutes: u32,
    #[command(flatten)]
    options: Options,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let binary = arguments.options.binary()?;
    stand::raise_open_files();
    let stand = Stand::new(&ground::TITLES)?;
    let _cleanup = stand.cleanup();
    let ground = Ground::start(&stand)?;
    let serve = Serve::start_with(stand::command(&binary), &ground.config());
    let ledger = Ledger::new(ground.targets());
    until_settled(&serve, &ledger)?;
    let outcome = watch(&serve, &ground, &ledger, arguments.minutes)?;
    let stopped = serve.stop();
    println!("\n{}", outcome.table());
    println!("{}", ledger.table());
    let mut violations = ledger.violations();
    violations.extend(outcome.violations());
    if stopped.code != Some(0) || stopped.took > Duration::from_secs(2) {
        violations.push(format!("SIGTERM: exit code {:?} after {:?}", stopped.code, stopped.took));
    }
    for violation in &violations {
        println!("VIOLATION: {violation}");
    }
    if !violations.is_empty() {
        bail!("{} violations", violations.len());
    }
    println!("passed: {} minutes of faults, nothing false, nothing late, nothing left over", arguments.minutes);
    Ok(())
}

/// Waits until every target has the status that the ground gives it.
fn until_settled(serve: &Serve, ledger: &Ledger) -> Result<()> {
    let end = Instant::now() + START;
    loop {
        let scrape = Scrape::parse(&serve.get("/metrics").text());
        let wrong = ledger.wrong(&scrape);
        if wrong.is_empty() {
            return Ok(());
        }
        if Instant::now() > end {
            bail!("not settled after {START:?}: {}\n{}", wrong.join(", "), serve.stderr());
        }
        thread::sleep(SAMPLE);
    }
}

/// What was seen besides the targets.
struct Outcome {
    calm: Vec<Duration>,
    busy: Vec<Duration>,
    figures: Vec<Figures>,
    before: Sessions,
    after: Sessions,
}

/// Breaks and heals on this thread, and samples on another.
fn watch(serve: &Serve, ground: &Ground, ledger: &Ledger, minutes: u32) -> Result<Outcome> {
    let over = AtomicBool::new(false);
    let busy = AtomicBool::new(false);
    thread::scope(|scope| {
        let sampler = scope.spawn(|| sample(serve, ledger, &busy, &over));
        let work = || -> Result<_> {
            thread::sleep(CALM);
            let before = ground.sessions()?;
            let mut figures = vec![Figures::of(serve.pid())?];
            busy.store(true, Ordering::Relaxed);
            for minute in 0..minutes {
                let began = Instant::now();
                schedule::carry_out(minute, ground, ledger)?;
                thread::sleep((began + MINUTE).saturating_duration_since(Instant::now()));
                let seen = Figures::of(serve.pid())?;
                eprintln!(
                    "soak: minute {}: {}, {} descriptors, {} threads, {} violations",
                    minute + 1,
                    seen.resident_mib(),
                    seen.descriptors,
                    seen.threads,
                    ledger.violations().len()
                );
                figures.push(seen);
            }
            Ok((before, ground.sessions()?, figures))
        };
        let worked = work();
        over.store(true, Ordering::Relaxed);
        let (calm, busy) = sampler.join().unwrap_or_default();
        let (before, after, figures) = worked?;
        Ok(Outcome { calm, busy, figures, before, after })
    })
}

/// Scrapes once a second, and returns how long that took in calm and in busy times.
fn sample(serve: &Serve, ledger: &Ledger, busy: &AtomicBool, over: &AtomicBool) -> (Vec<Duration>, Vec<Duration>) {
    let (mut calm, mut with_faults) = (Vec::new(), Vec::new());
    let mut next = Instant::now();
    while !over.load(Ordering::Relaxed) {
        let expected = ledger.expected(Instant::now());
        match Request::get("/metrics").within(Duration::from_secs(10)).send(serve.address()) {
            Ok(answer) if answer.status == 200 => {
                let times = if busy.load(Ordering::Relaxed) { &mut with_faults } else { &mut calm };
                times.push(answer.took);
                ledger.judge(&expected, &Scrape::parse(&answer.text()));
            }
            Ok(answer) => ledger.violate(format!("/metrics answers {}", answer.status)),
            Err(error) => ledger.violate(format!("/metrics does not answer: {error}")),
        }
        next += SAMPLE;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    (calm, with_faults)
}

impl Outcome {
    /// The figures after every fault has been there once, where the run is long enough, and the last ones.
    fn ends(&self) -> Option<(Figures, Figures)> {
        let first = self.figures.get(4.min(self.figures.len() / 2))?;
        Some((*first, *self.figures.last()?))
    }

    fn table(&self) -> Table {
        let mut table = Table::new(["figure", "beginning", "end"]);
        if let Some((first, last)) = self.ends() {
            table.row(["resident memory".to_owned(), first.resident_mib(), last.resident_mib()]);
            table.row(["descriptors".to_owned(), first.descriptors.to_string(), last.descriptors.to_string()]);
            table.row(["threads".to_owned(), first.threads.to_string(), last.threads.to_string()]);
        }
        for ((name, before), (_, after)) in self.before.iter().zip(&self.after) {
            table.row([format!("sessions on {name}"), before.to_string(), after.to_string()]);
        }
        for percent in [50, 99, 100] {
            let cells = [&self.calm, &self.busy].map(|times| milliseconds(percentile(times, percent)));
            let [calm, busy] = cells;
            table.row([format!("/metrics p{percent}, calm and with faults"), calm, busy]);
        }
        table
    }

    fn violations(&self) -> Vec<String> {
        let mut violations = Vec::new();
        if let Some((first, last)) = self.ends() {
            // Sockets of probes that are under way come and go; a leak of one a probe would be hundreds.
            for (name, before, after, room) in [
                ("KiB of resident memory", first.resident, last.resident, first.resident / 7 + 4096),
                ("descriptors", first.descriptors, last.descriptors, 8),
                ("threads", first.threads, last.threads, 3),
            ] {
                if after > before + room {
                    violations.push(format!("{name} grew from {before} to {after}"));
                }
            }
        }
        for ((name, before), (_, after)) in self.before.iter().zip(&self.after) {
            if after > before {
                violations.push(format!("sessions on {name} grew from {before} to {after}"));
            }
        }
        let (calm, busy) = (percentile(&self.calm, 50), percentile(&self.busy, 50));
        if let (Some(calm), Some(busy)) = (calm, busy)
            && busy > calm * 3 + Duration::from_millis(20)
        {
            violations.push(format!("/metrics takes {busy:?} with faults and {calm:?} without"));
        }
        violations
    }
}
