//! When a target is probed.

use std::time::Duration;

use tokio::time::Instant;

/// The ticks of one target: every interval from a first one on, however long the work between them takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    next: Instant,
    interval: Duration,
}

impl Schedule {
    /// A schedule whose first tick is at `first`.
    pub(crate) fn new(first: Instant, interval: Duration) -> Self {
        Self { next: first, interval: interval.max(Duration::from_millis(1)) }
    }

    /// The next tick.
    pub(crate) fn next(&self) -> Instant {
        self.next
    }

    /// The tick was taken and its work is done `now`: returns how many further ones have passed in the meantime. They
    /// are left out, and the ones to come stay where they were. One that passed less than half an interval ago is not
    /// lost: it is taken at once.
    pub(crate) fn taken(&mut self, now: Instant) -> u64 {
        self.next += self.interval;
        let Some(behind) = now.checked_duration_since(self.next) else { return 0 };
        let missed = (behind + self.interval / 2).as_nanos() / self.interval.as_nanos();
        let missed = u32::try_from(missed).unwrap_or(u32::MAX);
        self.next += self.interval.saturating_mul(missed);
        u64::from(missed)
    }
}

/// Where in `spread` the first tick of a target lies, by a hash that differs between processes: targets do not start all
/// at once, and two exporters do not meet at the same database.
pub(crate) fn jitter(hash: u64, spread: Duration) -> Duration {
    let nanoseconds = u64::try_from(spread.as_nanos()).unwrap_or(u64::MAX);
    let share = (u128::from(hash) * u128::from(nanoseconds)) >> 64;
    Duration::from_nanos(u64::try_from(share).unwrap_or(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ticks_that_passed_are_left_out_and_the_others_do_not_drift() {
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut schedule = Schedule::new(start, Duration::from_secs(15));
        assert_eq!((schedule.taken(at(3.0)), schedule.next()), (0, at(15.0)));
        assert_eq!((schedule.taken(at(29.0)), schedule.next()), (0, at(30.0)));
        assert_eq!((schedule.taken(at(46.0)), schedule.next()), (0, at(45.0)), "only just passed");
        assert_eq!((schedule.taken(at(70.0)), schedule.next()), (1, at(75.0)), "60 is long gone");
        assert_eq!((schedule.taken(at(135.0)), schedule.next()), (3, at(135.0)), "90, 105 and 120 are; 135 is due");
    }

    #[test]
    fn the_first_ticks_are_spread() {
        let spread = Duration::from_secs(15);
        assert_eq!(jitter(0, spread), Duration::ZERO);
        assert_eq!(jitter(u64::MAX / 2 + 1, spread), spread / 2);
        assert!(jitter(u64::MAX, spread) < spread);
    }
}
