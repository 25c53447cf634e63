//! The configuration file, watched.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often it is looked at. Asking the file system is cheap, works over the symbolic links that Kubernetes swaps and on
/// network file systems, and needs none of the kernel's watches, which run out.
const PAUSE: Duration = Duration::from_secs(1);

/// The files that make up a configuration, watched for changes.
#[derive(Debug)]
pub(crate) struct Watched {
    files: Vec<Seen>,
    looks: Interval,
}

#[derive(Debug)]
struct Seen {
    file: PathBuf,
    /// What was there when a change was told last.
    told: Mark,
    /// What was there at the last look.
    last: Mark,
}

/// What tells one content of a file from another: when it was written, its length, and which file it is, since one that
/// is put in its place may be as old and as long. `None` while it is not there.
type Mark = Option<(SystemTime, u64, (u64, u64))>;

impl Watched {
    /// Watches from now on.
    pub(crate) fn new(files: Vec<PathBuf>) -> Self {
        let mut looks = interval(PAUSE);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { files: files.into_iter().map(Seen::new).collect(), looks }
    }

    /// Watches `files` from now on; what was seen of one that was watched before still counts.
    pub(crate) fn follow(&mut self, files: Vec<PathBuf>) {
        let mut before = std::mem::take(&mut self.files);
        let seen = |file: PathBuf| match before.iter().position(|seen| seen.file == file) {
            Some(at) => before.swap_remove(at),
            None => Seen::new(file),
        };
        self.files = files.into_iter().map(seen).collect();
    }

    /// Somebody is about to read the files: what is there now is no news any more, and what comes after this moment is.
    pub(crate) fn told(&mut self) {
        for seen in &mut self.files {
            seen.last = mark(&seen.file);
            seen.told = seen.last;
        }
    }

    /// Waits until one of the files has changed and the change has stood for a moment: a file that is being written would be
    /// read by half. Dropping the future loses nothing.
    pub(crate) async fn changed(&mut self) {
        loop {
            self.looks.tick().await;
            let mut moves = false;
            for seen in &mut self.files {
                let now = mark(&seen.file);
                moves |= now != seen.last;
                seen.last = now;
            }
            if !moves && self.files.iter().any(|seen| seen.last != seen.told) {
                self.files.iter_mut().for_each(|seen| seen.told = seen.last);
                return;
            }
        }
    }
}

impl Seen {
    fn new(file: PathBuf) -> Self {
        let last = mark(&file);
        Self { file, told: last, last }
    }
}

fn mark(file: &Path) -> Mark {
    let facts = std::fs::metadata(file).ok()?;
    Some((facts.modified().ok()?, facts.len(), identity(&facts)))
}

#[cfg(unix)]
fn identity(facts: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;

    (facts.dev(), facts.ino())
}

/// Other systems do not tell it for so little.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_change_is_told_once_and_a_file_that_comes_back_is_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("dbprobe.yaml");
        std::fs::write(&file, "a").expect("a file");
        let mut watched = Watched::new(vec![file.clone()]);
        let quiet = tokio::time::timeout(Duration::from_secs(10), watched.changed()).await;
        assert!(quiet.is_err(), "nothing has changed");
        std::fs::write(&file, "longer").expect("a file");
        watched.changed().await;
        std::fs::remove_file(&file).expect("it was there");
        watched.changed().await;
        let quiet = tokio::time::timeout(Duration::from_secs(10), watched.changed()).await;
        assert!(quiet.is_err(), "it is told once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_while_the_file_is_read_is_told() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("dbprobe.yaml");
        std::fs::write(&file, "a").expect("a file");
        let mut watched = Watched::new(vec![file.clone()]);
        watched.told();
        std::fs::write(&file, "longer").expect("a file");
        watched.follow(vec![file, directory.path().join("web.yml")]);
        watched.changed().await;
    }

    #[cfg(unix)]
    #[tokio::test(start_paused = true)]
    async fn another_file_of_the_same_age_and_length_is_a_change() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name| directory.path().join(name);
        for (name, text) in [("one", "a"), ("two", "b")] {
            std::fs::write(path(name), text).expect("a file");
            let file = std::fs::File::options().write(true).open(path(name)).expect("it is there");
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).expect("a time");
        }
        std::os::unix::fs::symlink("one", path("link")).expect("a link");
        let mut watched = Watched::new(vec![path("link")]);
        std::os::unix::fs::symlink("two", path("new")).expect("a link");
        std::fs::rename(path("new"), path("link")).expect("it is swapped");
        watched.changed().await;
    }
}
