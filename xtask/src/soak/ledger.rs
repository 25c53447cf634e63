//! What every target should be, and what it was said to be.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::ground::Part;
use super::{INTERVAL, TIMEOUT};
use crate::stand::{Scrape, Table, Target};

/// From a change to the first probe that began after it, the end of that probe, the next sample, and what a machine under
/// load adds to each.
const GRACE: Duration = INTERVAL.saturating_add(TIMEOUT).saturating_add(Duration::from_secs(2));
/// The same for a probe that is under way.
const LATE: Duration = INTERVAL.saturating_add(TIMEOUT).saturating_add(Duration::from_millis(1500));
/// More are counted and not kept.
const MOST: usize = 50;

/// What a target is to be said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// It is being broken or healed at this moment.
    Anything,
    Down,
    Up,
}

/// Since when a target is what it is.
#[derive(Clone, Debug)]
struct Entry {
    part: Part,
    expected: Expected,
    since: Instant,
    /// Whether it was healed and not yet seen up.
    healing: bool,
    recoveries: Vec<Duration>,
    first_probes: Option<(Instant, f64)>,
    last_probes: Option<(Instant, f64)>,
}

/// What one sample is judged by: taken before the scrape, so that a change meanwhile wrongs nobody.
pub(super) struct Moment {
    at: Instant,
    settled: Vec<(&'static str, Expected)>,
}

pub(super) struct Ledger {
    entries: Mutex<BTreeMap<&'static str, Entry>>,
    violations: Mutex<(usize, Vec<String>)>,
    began: Instant,
}

impl Ledger {
    pub(super) fn new(targets: Vec<(&'static str, Part)>) -> Self {
        let since = Instant::now();
        let entry = |(name, part)| {
            let expected = if part == Part::Lost { Expected::Down } else { Expected::Up };
            let recoveries = Vec::new();
            (name, Entry { part, expected, since, healing: false, recoveries, first_probes: None, last_probes: None })
        };
        let entries = Mutex::new(targets.into_iter().map(entry).collect());
        Self { entries, violations: Mutex::default(), began: since }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<&'static str, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on a target is something else.
    pub(super) fn expect(&self, target: &'static str, expected: Expected) {
        if let Some(entry) = self.entries().get_mut(target) {
            (entry.expected, entry.since, entry.healing) = (expected, Instant::now(), expected == Expected::Up);
        }
    }

    /// The targets that are not what they should be, before anything was broken.
    pub(super) fn wrong(&self, scrape: &Scrape) -> Vec<String> {
        let entries = self.entries();
        let status = |name: &str| scrape.targets.get(name).map_or("", |target| target.status.as_str());
        let wrong = entries.iter().filter(|(name, entry)| !entry.expected.is(status(name)));
        wrong.map(|(name, _)| format!("{name} is {:?}", status(name))).collect()
    }

    /// What can be said of every target at this moment.
    pub(super) fn expected(&self, at: Instant) -> Moment {
        let entries = self.entries();
        let settled = entries.iter().filter(|(_, entry)| at.saturating_duration_since(entry.since) > GRACE);
        Moment { at, settled: settled.map(|(name, entry)| (*name, entry.expected)).collect() }
    }

    /// Judges a sample that was begun at `moment`.
    pub(super) fn judge(&self, moment: &Moment, scrape: &Scrape) {
        for (name, expected) in &moment.settled {
            let status = scrape.targets.get(*name).map_or("", |target| target.status.as_str());
            if !expected.is(status) {
                self.violate(format!("{name} is {status:?} and should be {expected:?}"));
            }
        }
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64();
        let mut late = Vec::new();
        for (name, entry) in self.entries().iter_mut() {
            let Some(target) = scrape.targets.get(*name) else {
                late.push(format!("{name} has no series"));
                continue;
            };
            late.extend(entry.note(moment.at, now, target).map(|why| format!("{name}: {why}")));
        }
        for why in late {
            self.violate(why);
        }
    }

    /// Notes what must not be.
    pub(super) fn violate(&self, what: String) {
        let mut violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        violations.0 += 1;
        if violations.1.len() < MOST {
            let at = self.began.elapsed().as_secs_f64();
            eprintln!("soak: VIOLATION at {at:.1} s: {what}");
            violations.1.push(format!("at {at:.1} s: {what}"));
        }
    }

    /// What must not be, and was.
    pub(super) fn violations(&self) -> Vec<String> {
        let violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
        let more = violations.0 - violations.1.len();
        let rest = (more > 0).then(|| format!("and {more} more"));
        violations.1.iter().cloned().chain(rest).collect()
    }

    /// A row for each target.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(["target", "part", "probes", "due", "recoveries", "longest recovery"]);
        for (name, entry) in self.entries().iter() {
            let (done, due) = entry.progress();
            let longest = entry.recoveries.iter().max();
            table.row([
                (*name).to_owned(),
                format!("{:?}", entry.part).to_lowercase(),
                format!("{done}"),
                format!("{due:.1}"),
                entry.recoveries.len().to_string(),
                longest.map_or_else(|| "-".to_owned(), |longest| format!("{:.1} s", longest.as_secs_f64())),
            ]);
        }
        table
    }
}

impl Expected {
    fn is(self, status: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Down => status == "down",
            Self::Up => status == "up",
        }
    }
}

impl Entry {
    /// Notes progress and recovery; says when the target was not probed in time.
    fn note(&mut self, at: Instant, now: f64, target: &Target) -> Option<String> {
        self.first_probes.get_or_insert((at, target.probes));
        self.last_probes = Some((at, target.probes));
        if self.healing && target.status == "up" {
            self.healing = false;
            self.recoveries.push(at.saturating_duration_since(self.since));
        }
        let age = target.last_run.map(|began| now - began);
        let late = age.is_none_or(|age| age > LATE.as_secs_f64());
        late.then(|| format!("its last probe began {:.1} s ago", age.unwrap_or(f64::INFINITY)))
    }

    /// The probes that were done, and how many were due.
    fn progress(&self) -> (f64, f64) {
        let (Some((from, first)), Some((to, last))) = (self.first_probes, self.last_probes) else { return (0.0, 0.0) };
        (last - first, (to - from).as_secs_f64() / INTERVAL.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(status: &str) -> Scrape {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
        let text = format!(
            "db_status{{target=\"a\",status=\"{status}\"}} 1\ndb_probe_last_run_timestamp_seconds{{target=\"a\"}} {now}\n"
        );
        Scrape::parse(&text)
    }

    #[test]
    fn a_status_is_wrong_only_when_the_grace_is_over() {
        let ledger = Ledger::new(vec![("a", Part::Victim)]);
        let now = Instant::now();
        ledger.judge(&ledger.expected(now), &scrape("down"));
        assert!(ledger.violations().is_empty());
        ledger.judge(&ledger.expected(now + GRACE * 2), &scrape("up"));
        assert!(ledger.violations().is_empty());
        ledger.judge(&ledger.expected(now + GRACE * 2), &scrape("down"));
        assert_eq!(ledger.violations().len(), 1);
    }

    #[test]
    fn a_recovery_is_noted_once() {
        let ledger = Ledger::new(vec![("a", Part::Victim)]);
        ledger.expect("a", Expected::Down);
        ledger.expect("a", Expected::Up);
        for status in ["down", "up", "up"] {
            ledger.judge(&ledger.expected(Instant::now()), &scrape(status));
        }
        assert_eq!(ledger.entries().get("a").map(|entry| entry.recoveries.len()), Some(1));
    }
}
