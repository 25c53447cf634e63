//! What the kernel tells of a process (`proc(5)`).

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// `sysconf(_SC_CLK_TCK)` is 100 on every Linux that Rust builds for.
const TICKS_A_SECOND: u64 = 100;

/// One look at a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Resident memory, in KiB.
    pub(crate) resident: u64,
    /// The most that it ever was, in KiB.
    pub(crate) peak: u64,
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
    /// Time on processors since its start, its own and the kernel's for it.
    pub(crate) processor: Duration,
}

impl Figures {
    /// Looks at a process.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).context("the process has ended");
        let status = read("status")?;
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).context("the process has ended")?.count();
        Ok(Self {
            resident: field(&status, "VmRSS")?,
            peak: field(&status, "VmHWM")?,
            threads: field(&status, "Threads")?,
            descriptors: u64::try_from(descriptors)?,
            processor: processor(&read("stat")?)?,
        })
    }

    /// Resident memory in MiB.
    pub(crate) fn resident_mib(&self) -> String {
        mib(self.resident)
    }

    /// The peak in MiB.
    pub(crate) fn peak_mib(&self) -> String {
        mib(self.peak)
    }
}

fn mib(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024)
}

fn field(status: &str, name: &str) -> Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).with_context(|| format!("/proc/PID/status has no {name}"))
}

/// Fields 14 and 15 of `/proc/PID/stat`. The second is a name in brackets, which may hold anything.
fn processor(stat: &str) -> Result<Duration> {
    let (_, rest) = stat.rsplit_once(") ").context("/proc/PID/stat has no name")?;
    let ticks: Vec<u64> = rest.split(' ').skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    let &[user, system] = ticks.as_slice() else { anyhow::bail!("/proc/PID/stat has no times") };
    Ok(Duration::from_millis((user + system) * 1000 / TICKS_A_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_hold_spaces_and_brackets() {
        let stat = "42 (a b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 4 0 99";
        assert_eq!(processor(stat).unwrap(), Duration::from_secs(2));
    }

    #[test]
    fn this_process_has_figures() {
        let figures = Figures::of(std::process::id()).unwrap();
        assert!(figures.resident > 0 && figures.peak >= figures.resident, "{figures:?}");
        assert!(figures.threads > 0 && figures.descriptors > 0, "{figures:?}");
    }
}
