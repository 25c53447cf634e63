//! Measuring: first the probes undisturbed, then the scrapes.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};
use dbprobe_testkit::serve::{Answer, Request, Serve};

use crate::stand::{Figures, Scrape, Table, median, milliseconds, percentile};

const SCRAPES: usize = 30;
/// The first login of thousands of sessions on two cores.
const START: Duration = Duration::from_secs(300);
const SCRAPE_LIMIT: Duration = Duration::from_secs(60);
/// Ticks that are due in the moment of a scrape are counted in one and not in the other.
const BOUNDARY: f64 = 0.002;

/// Everything that was measured.
#[derive(Debug)]
pub(super) struct Measured {
    targets: usize,
    interval: Duration,
    window: Duration,
    expected: f64,
    done: f64,
    skipped: f64,
    not_up: usize,
    late: usize,
    until_up: Duration,
    idle: Figures,
    after: Figures,
    processor: Duration,
    series: usize,
    plain: Vec<Answer>,
    packed: Vec<Answer>,
}

/// Waits for all targets, two intervals more, and measures for `seconds`.
pub(super) fn measure(serve: &Serve, interval: Duration, seconds: Duration, targets: usize) -> Result<Measured> {
    let began = Instant::now();
    until_up(serve, targets)?;
    let until_up = began.elapsed();
    eprintln!("load: all targets up after {:.1} s; two intervals more", until_up.as_secs_f64());
    thread::sleep(interval * 2);

    let intervals = u32::try_from(seconds.as_secs().div_ceil(interval.as_secs()).max(1))?;
    let window = interval * intervals;
    let from = Instant::now();
    let first = read(&scrape(serve, "identity")?);
    let idle = Figures::of(serve.pid())?;
    thread::sleep((from + window).saturating_duration_since(Instant::now()));
    let before_scrape = Figures::of(serve.pid())?;
    let answer = scrape(serve, "identity")?;
    let now = unix_time();
    let last = read(&answer);
    let mut late = late(&last, now, interval);

    let (mut plain, mut packed) = (Vec::new(), Vec::new());
    for number in 0..SCRAPES {
        let answer = scrape(serve, "identity")?;
        // Reading every one would load the machine more than the scrapes do.
        if number % 10 == 0 {
            late = late.max(self::late(&read(&answer), unix_time(), interval));
        }
        plain.push(Answer { body: Vec::new(), ..answer.clone() });
        if number == 0 {
            plain[0].body = answer.body;
        }
        thread::sleep(interval / 30);
    }
    for _ in 0..SCRAPES {
        packed.push(scrape(serve, "gzip")?);
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let expected = targets as f64 * f64::from(intervals);
    Ok(Measured {
        targets,
        interval,
        window,
        expected,
        done: last.probes() - first.probes(),
        skipped: last.skipped() - first.skipped(),
        not_up: targets - last.count("up"),
        late,
        until_up,
        idle,
        after: Figures::of(serve.pid())?,
        processor: before_scrape.processor.saturating_sub(idle.processor),
        series: last.series,
        plain,
        packed,
    })
}

fn until_up(serve: &Serve, targets: usize) -> Result<()> {
    let end = Instant::now() + START;
    loop {
        let answer = scrape(serve, "identity")?;
        let scrape = read(&answer);
        let up = scrape.count("up");
        if up == targets {
            return Ok(());
        }
        eprintln!("load: {up} of {targets} up, {} down; {} bytes", scrape.count("down"), answer.body.len());
        if Instant::now() > end {
            let bad = scrape.targets.iter().filter(|(_, target)| target.status != "up").take(5);
            let names: Vec<_> = bad.map(|(name, target)| format!("{name}: {:?}", target.status)).collect();
            bail!("only {up} of {targets} are up after {START:?}: {}", names.join(", "));
        }
        thread::sleep(Duration::from_secs(2));
    }
}

fn scrape(serve: &Serve, encoding: &str) -> Result<Answer> {
    let request = Request::get("/metrics").header("Accept-Encoding", encoding).within(SCRAPE_LIMIT);
    let answer = request.send(serve.address()).context("/metrics does not answer")?;
    if answer.status != 200 {
        bail!("/metrics answers {}", answer.status);
    }
    Ok(answer)
}

fn read(answer: &Answer) -> Scrape {
    Scrape::parse(&answer.text())
}

/// Targets whose last probe began longer ago than an interval and a half: they missed a tick.
fn late(scrape: &Scrape, now: f64, interval: Duration) -> usize {
    let oldest = now - interval.as_secs_f64() * 1.5;
    scrape.targets.values().filter(|target| target.last_run.is_none_or(|began| began < oldest)).count()
}

fn unix_time() -> f64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64()
}

impl Measured {
    /// What must not be.
    pub(super) fn violations(&self) -> Vec<String> {
        let mut violations = Vec::new();
        if self.done < self.expected * (1.0 - BOUNDARY) {
            violations.push(format!("{} probes were done where {} were due", self.done, self.expected));
        }
        if self.skipped > 0.0 {
            violations.push(format!("{} ticks were skipped", self.skipped));
        }
        if self.late > 0 {
            violations.push(format!("{} targets were not probed for an interval and a half", self.late));
        }
        if self.not_up > 0 {
            violations.push(format!("{} targets were not up", self.not_up));
        }
        violations
    }

    /// The figures for people.
    pub(super) fn table(&self, fleet: &str) -> Table {
        let mut table = Table::new(["figure", "value"]);
        table.pair("targets", format!("{} ({fleet})", self.targets));
        table.pair("interval, window", format!("{:?}, {:?}", self.interval, self.window));
        table.pair("all up after", format!("{:.1} s", self.until_up.as_secs_f64()));
        table.pair("probes done / due", format!("{} / {}", self.done, self.expected));
        table.pair(
            "ticks skipped, targets late, targets not up",
            format!("{}, {}, {}", self.skipped, self.late, self.not_up),
        );
        table.pair("resident memory before scrapes", self.idle.resident_mib());
        table.pair("resident memory after scrapes", self.after.resident_mib());
        table.pair("peak of resident memory", self.after.peak_mib());
        let probe = self.processor.as_secs_f64() * 1000.0 / self.done.max(1.0);
        table.pair("processor time per probe", format!("{probe:.3} ms"));
        let share = self.processor.as_secs_f64() / self.window.as_secs_f64() * 100.0;
        table.pair("processor, of one core", format!("{share:.1} %"));
        table.pair("threads, descriptors", format!("{}, {}", self.after.threads, self.after.descriptors));
        let size = |answers: &[Answer]| answers.first().map_or(0, |answer| answer.body.len());
        table.pair("/metrics", format!("{} series, {} bytes", self.series, size(&self.plain)));
        table.pair("/metrics with gzip", format!("{} bytes", size(&self.packed)));
        for (name, answers) in [("scrape", &self.plain), ("scrape with gzip", &self.packed)] {
            let took: Vec<Duration> = answers.iter().map(|answer| answer.took).collect();
            let figures = [median(&took), percentile(&took, 99)].map(milliseconds);
            table.pair(&format!("{name}, p50 / p99 of {}", took.len()), figures.join(" / "));
        }
        table
    }
}
