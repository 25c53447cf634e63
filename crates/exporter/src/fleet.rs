//! All targets that are watched.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use dbprobe_config::TargetSettings;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::record::Record;
use crate::schedule::jitter;
use crate::watch::{Means, Watch};

/// How much of the first interval each target adds to the time over which the first probes are spread.
const SPREAD: Duration = Duration::from_millis(10);

/// How long a target waits for the one that had its name before. Only a driver that blocks its thread takes so long.
const HANDOVER: Duration = Duration::from_secs(5);

/// All targets that are watched. Clones are one and the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fleet(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    roster: RwLock<Arc<Roster>>,
    tasks: Mutex<Tasks>,
}

#[derive(Debug, Default)]
struct Tasks {
    watching: HashMap<String, Task>,
    /// Those that were let go and may still be at it. Who comes under the same name waits for them: there is at most one
    /// probe in flight a target, also while it changes.
    leaving: HashMap<String, JoinHandle<()>>,
}

type Task = (Arc<Watch>, Arc<Means>, JoinHandle<()>);

/// The targets in the order of the configuration.
#[derive(Debug, Default)]
struct Roster {
    watches: Vec<Arc<Watch>>,
    by_name: HashMap<String, usize>,
}

/// A target that was not probed for three intervals, although it should have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Late {
    pub(crate) target: String,
    /// How long ago its last probe ended, or it was to be probed first.
    pub(crate) silence: Duration,
}

impl Fleet {
    /// What is known of every target now, in the order of the configuration.
    pub(crate) fn records(&self) -> Vec<Arc<Record>> {
        self.roster().watches.iter().map(|watch| watch.record()).collect()
    }

    /// What is known of the target `name` now.
    pub(crate) fn record(&self, name: &str) -> Option<Arc<Record>> {
        self.watch(name).map(|watch| watch.record())
    }

    /// Probes the target `name` at once, within `limit`, and returns what is known then; a probe that is under way is
    /// joined, since there is at most one a target. `None` where there is no such target.
    ///
    /// When the time is over before there is a result, the record is as it was and its report older than the call.
    pub(crate) async fn probe(&self, name: &str, limit: Duration) -> Option<Arc<Record>> {
        let end = Instant::now() + limit;
        loop {
            let watch = self.watch(name)?;
            if let Some(record) = watch.probe(end).await {
                return Some(record);
            }
            // A reload has put another in its place, or the exporter stops.
            if self.watch(name).is_some_and(|now| Arc::ptr_eq(&now, &watch)) {
                return Some(watch.record());
            }
        }
    }

    /// The targets that were not probed for three intervals.
    pub(crate) fn late(&self) -> Vec<Late> {
        let now = Instant::now();
        let roster = self.roster();
        let late = roster.watches.iter().filter_map(|watch| Some((watch, watch.silence(now)?)));
        late.map(|(watch, silence)| Late { target: watch.record().name().to_owned(), silence }).collect()
    }

    /// Watches `targets` from now on, on `runtime`. A target that is the same as before keeps its session, its history and its
    /// place in time; those that are gone, or different now, are let go.
    pub(crate) fn watch_all(&self, targets: &[Arc<TargetSettings>], means: &Arc<Means>, runtime: &Handle) {
        let before = self.roster();
        let same = |settings: &Arc<TargetSettings>| {
            let watch = before.by_name.get(&settings.name).and_then(|at| before.watches.get(*at))?;
            let record = watch.record();
            let buckets = record.phases.values().all(|histogram| histogram.has_bounds(&means.buckets));
            (*record.settings == **settings && buckets).then(|| Arc::clone(watch))
        };
        let kept: Vec<Option<Arc<Watch>>> = targets.iter().map(same).collect();
        let fresh = u32::try_from(kept.iter().filter(|watch| watch.is_none()).count()).unwrap_or(u32::MAX);
        let hasher = RandomState::new();
        let now = Instant::now();
        let watches = targets.iter().zip(kept).map(|(settings, kept)| {
            kept.unwrap_or_else(|| {
                let spread = SPREAD.saturating_mul(fresh).min(settings.interval);
                let first = now + jitter(hasher.hash_one(&settings.name), spread);
                let record = Record::new(Arc::clone(settings)).with_engine(means.engine(settings));
                Arc::new(Watch::new(record, first))
            })
        });
        let watches: Vec<Arc<Watch>> = watches.collect();
        let by_name = targets.iter().enumerate().map(|(at, settings)| (settings.name.clone(), at)).collect();
        let roster = Arc::new(Roster { watches, by_name });
        *self.0.roster.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&roster);
        self.employ(&roster, means, runtime);
    }

    /// Begins again what has ended although nobody asked for it; says how many.
    pub(crate) fn revive(&self, runtime: &Handle) -> usize {
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let dead = tasks.watching.values_mut().filter(|(watch, _, task)| task.is_finished() && !watch.is_stopping());
        dead.map(|(watch, means, task)| *task = runtime.spawn(Arc::clone(watch).run(Arc::clone(means)))).count()
    }

    /// Lets every target go: probes under way stop what their servers do, sessions are closed. It takes at most `grace`;
    /// what is not done then is dropped.
    pub(crate) async fn stop(&self, grace: Duration) {
        let tasks: Vec<_> = {
            let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            let Tasks { watching, leaving } = std::mem::take(&mut *tasks);
            watching.values().for_each(|(watch, _, _)| watch.stop());
            watching.into_values().map(|(_, _, task)| task).chain(leaving.into_values()).collect()
        };
        let end = Instant::now() + grace;
        for mut task in tasks {
            let left = end.saturating_duration_since(Instant::now());
            if timeout(left, &mut task).await.is_err() {
                task.abort();
            }
        }
    }

    fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.0.roster.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn watch(&self, name: &str) -> Option<Arc<Watch>> {
        let roster = self.roster();
        roster.by_name.get(name).and_then(|at| roster.watches.get(*at)).cloned()
    }

    /// Starts the tasks of the new watches and stops those of the ones that are not on the roster any more.
    fn employ(&self, roster: &Roster, means: &Arc<Means>, runtime: &Handle) {
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let Tasks { watching, leaving } = &mut *tasks;
        leaving.retain(|_, task| !task.is_finished());
        let stays = |name: &str, watch: &Arc<Watch>| {
            let now = roster.by_name.get(name).and_then(|at| roster.watches.get(*at));
            now.is_some_and(|now| Arc::ptr_eq(now, watch))
        };
        for (name, (watch, _, task)) in watching.extract_if(|name, (watch, _, _)| !stays(name, watch)) {
            watch.stop(); // it ends by itself, within the time of a goodbye
            leaving.insert(name, task);
        }
        for watch in &roster.watches {
            if let Entry::Vacant(place) = watching.entry(watch.record().name().to_owned()) {
                let before = leaving.remove(place.key());
                let task = runtime.spawn(follow(before, Arc::clone(watch), Arc::clone(means)));
                place.insert((Arc::clone(watch), Arc::clone(means), task));
            }
        }
    }
}

/// Runs `watch` when `before`, which had its name, has ended.
async fn follow(before: Option<JoinHandle<()>>, watch: Arc<Watch>, means: Arc<Means>) {
    if let Some(mut before) = before
        && timeout(HANDOVER, &mut before).await.is_err()
    {
        before.abort();
    }
    watch.run(means).await;
}

#[cfg(test)]
impl Fleet {
    /// A fleet that knows `records` and never probes.
    pub(crate) fn of(records: Vec<Record>) -> Self {
        let by_name = records.iter().enumerate().map(|(at, record)| (record.name().to_owned(), at)).collect();
        let watches = records.into_iter().map(|record| Arc::new(Watch::new(record, Instant::now()))).collect();
        let fleet = Self::default();
        *fleet.0.roster.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Roster { watches, by_name });
        fleet
    }
}

#[cfg(test)]
mod tests;
