//! What this process uses, in the families that every Prometheus client library has.

use jiff::Timestamp;

/// What this process uses. What the system does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Process {
    pub(crate) cpu_seconds: Option<f64>,
    pub(crate) open_fds: Option<u64>,
    pub(crate) max_fds: Option<u64>,
    pub(crate) virtual_memory: Option<u64>,
    pub(crate) resident_memory: Option<u64>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) threads: Option<u64>,
}

impl Process {
    /// As `/proc/self` tells it now; nothing on a system without one.
    #[cfg(target_os = "linux")]
    pub(crate) fn now() -> Self {
        linux::process().unwrap_or_default()
    }

    /// Nothing: only Linux has `/proc`.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn now() -> Self {
        Self::default()
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use jiff::Timestamp;
    use procfs::process::{LimitValue, Process as Itself};

    use super::Process;

    #[expect(clippy::cast_precision_loss, reason = "ticks of a CPU, exact for a million years")]
    pub(super) fn process() -> Option<Process> {
        let itself = Itself::myself().ok()?;
        let stat = itself.stat().ok()?;
        let ticks_per_second = procfs::ticks_per_second();
        let limit = itself.limits().ok().map(|limits| limits.max_open_files.soft_limit);
        Some(Process {
            cpu_seconds: Some((stat.utime + stat.stime) as f64 / ticks_per_second as f64),
            open_fds: itself.fd_count().ok().and_then(|count| u64::try_from(count).ok()),
            max_fds: limit.and_then(|limit| match limit {
                LimitValue::Unlimited => None,
                LimitValue::Value(count) => Some(count),
            }),
            virtual_memory: Some(stat.vsize),
            resident_memory: Some(stat.rss * procfs::page_size()),
            started_at: started_at(stat.starttime, ticks_per_second),
            threads: u64::try_from(stat.num_threads).ok(),
        })
    }

    fn started_at(ticks: u64, ticks_per_second: u64) -> Option<Timestamp> {
        let milliseconds = procfs::boot_time_secs().ok()? * 1000 + ticks * 1000 / ticks_per_second;
        Timestamp::from_millisecond(i64::try_from(milliseconds).ok()?).ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_everything() {
        let process = Process::now();
        assert!(process.threads.is_some_and(|count| count >= 1), "{process:?}");
        assert!(process.open_fds.is_some_and(|count| count >= 3), "{process:?}");
        assert!(process.resident_memory < process.virtual_memory, "{process:?}");
        assert!(process.cpu_seconds.is_some() && process.started_at < Some(Timestamp::now()), "{process:?}");
    }
}
