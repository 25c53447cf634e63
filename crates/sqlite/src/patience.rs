//! How long a lock is waited for.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::file;

/// A lock is free within milliseconds; whoever waits longer should rather know why.
const LONGEST_WITH_ONE_HOLDER: Duration = Duration::from_secs(1);
/// Pauses between two tries; the last one repeats. A check holds its lock for about a millisecond.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(1), Duration::from_millis(2), Duration::from_millis(5), Duration::from_millis(10)];

/// How long a lock is waited for: not long for one that stays where it is, longer in a queue that moves, as fifty
/// probers on a slow disk are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) with_one_holder: Duration,
    with_queue: Duration,
}

impl Patience {
    /// At most half of a probe's time: the rest is for what the lock was in the way of.
    pub(crate) fn within(timeout: Duration) -> Self {
        let half = timeout / 2;
        Self { with_one_holder: half.min(LONGEST_WITH_ONE_HOLDER), with_queue: half }
    }

    /// The pause after so many tries.
    pub(crate) fn pause(tries: usize) -> Duration {
        PAUSES[tries.min(PAUSES.len() - 1)]
    }
}

/// The waits of one connection, one after the other.
#[derive(Debug)]
pub(crate) struct Wait {
    patience: Patience,
    /// What a commit changes: the file itself, or its write-ahead log.
    files: Vec<PathBuf>,
    changed: Vec<Option<SystemTime>>,
    began: Instant,
    moved: Instant,
}

impl Wait {
    pub(crate) fn new(patience: Patience, path: Option<&Path>, now: Instant) -> Self {
        let files = path.map(|path| vec![path.to_owned(), file::beside(path, "-wal")]).unwrap_or_default();
        Self { patience, files, changed: Vec::new(), began: now, moved: now }
    }

    /// Whether to try for the lock once more at `now`; `tries` counts the tries of this wait from 0.
    pub(crate) fn goes_on(&mut self, tries: usize, now: Instant) -> bool {
        if tries == 0 {
            (self.began, self.moved) = (now, now);
        }
        let changed: Vec<_> = self.files.iter().map(|path| file::changed(path)).collect();
        if changed != self.changed {
            (self.changed, self.moved) = (changed, now); // somebody committed: it is a queue
        }
        now.duration_since(self.moved) < self.patience.with_one_holder
            && now.duration_since(self.began) < self.patience.with_queue
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn one_holder_is_waited_for_a_second_and_a_queue_for_half_of_the_time() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("app.db");
        let file = File::create(&path).expect("a file");
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut wait = Wait::new(Patience::within(Duration::from_secs(5)), Some(&path), start);
        assert!(wait.goes_on(0, at(0)) && wait.goes_on(1, at(999)) && !wait.goes_on(2, at(1_000)));
        // Another wait, and somebody commits in the middle of it.
        assert!(wait.goes_on(0, at(5_000)) && wait.goes_on(1, at(5_900)));
        file.set_modified(SystemTime::UNIX_EPOCH).expect("a time");
        assert!(wait.goes_on(2, at(6_500)) && wait.goes_on(3, at(7_499)), "the second began anew");
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).expect("a time");
        assert!(!wait.goes_on(4, at(7_500)), "half of the time is over");
    }

    #[test]
    fn a_short_time_out_leaves_time_for_the_rest() {
        let now = Instant::now();
        let mut wait = Wait::new(Patience::within(Duration::from_millis(100)), None, now);
        assert!(wait.goes_on(0, now) && wait.goes_on(1, now + Duration::from_millis(49)));
        assert!(!wait.goes_on(2, now + Duration::from_millis(50)));
    }
}
