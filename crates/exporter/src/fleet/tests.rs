//! Fleets whose targets have no engine, so that every probe ends at once as a report of its own.

use std::collections::BTreeMap;

use dbprobe_core::{Dsn, ExpectedRole, Plan, Policy, Registry, Source, Status};

use super::*;
use crate::gate::Gate;
use crate::room::Room;

fn settings(name: &str, interval: u64) -> Arc<TargetSettings> {
    Arc::new(TargetSettings {
        name: name.to_owned(),
        source: Source::Literal(Dsn::parse("nothing:x").expect("a DSN")),
        role: ExpectedRole::Any,
        version: None,
        labels: BTreeMap::new(),
        interval: Duration::from_secs(interval),
        plan: Plan::default(),
        policy: Policy::default(),
        queries: Vec::new(),
    })
}

fn means(buckets: &[f64]) -> Arc<Means> {
    Arc::new(Means {
        registry: Registry::default(),
        buckets: buckets.into(),
        gate: Gate::new(Room { clients: 1, probes: 8, keeps_sessions: true }),
    })
}

async fn probed(fleet: &Fleet, name: &str) -> Arc<Record> {
    fleet.probe(name, Duration::from_secs(30)).await.expect("it is watched")
}

#[tokio::test(start_paused = true)]
async fn targets_that_stay_the_same_keep_what_is_known_of_them() {
    let (fleet, runtime) = (Fleet::default(), Handle::current());
    let names = |fleet: &Fleet| fleet.records().iter().map(|record| record.name().to_owned()).collect::<Vec<_>>();
    fleet.watch_all(&[settings("a", 15), settings("b", 15), settings("c", 15)], &means(&[1.0]), &runtime);
    for name in ["a", "b", "c"] {
        assert_eq!(probed(&fleet, name).await.status, Some(Status::Unknown));
    }
    let before = fleet.record("a").expect("it is watched").counts.probes;
    fleet.watch_all(&[settings("c", 30), settings("a", 15), settings("d", 15)], &means(&[1.0]), &runtime);
    assert_eq!(names(&fleet), ["c", "a", "d"]);
    assert!(fleet.record("a").is_some_and(|record| record.counts.probes >= before));
    assert_eq!(fleet.record("c").map(|record| record.counts.probes), Some(0), "its interval is another one");
    assert!(fleet.record("b").is_none() && fleet.probe("b", Duration::ZERO).await.is_none());
    assert_eq!(probed(&fleet, "d").await.status, Some(Status::Unknown));
    fleet.stop(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ended_by_itself_is_begun_again() {
    let (fleet, runtime) = (Fleet::default(), Handle::current());
    fleet.watch_all(&[settings("a", 15)], &means(&[]), &runtime);
    assert_eq!(fleet.revive(&runtime), 0);
    let task = fleet.0.tasks.lock().expect("a lock").watching.get("a").map(|(_, _, task)| task.abort_handle());
    task.expect("it runs").abort();
    tokio::task::yield_now().await;
    assert_eq!(fleet.revive(&runtime), 1);
    assert_eq!(probed(&fleet, "a").await.status, Some(Status::Unknown));
    fleet.stop(Duration::from_secs(1)).await;
    assert_eq!(fleet.revive(&runtime), 0, "who was stopped stays so");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_does_not_move_is_late() {
    let fleet = Fleet::default();
    let stuck = Arc::new(Watch::new(Record::new(settings("stuck", 15)), Instant::now()));
    let by_name = [("stuck".to_owned(), 0)].into();
    *fleet.0.roster.write().expect("a lock") = Arc::new(Roster { watches: vec![stuck], by_name });
    assert_eq!(fleet.late(), []);
    tokio::time::advance(Duration::from_secs(52)).await;
    assert_eq!(fleet.late(), [Late { target: "stuck".to_owned(), silence: Duration::from_secs(52) }]);
}

#[tokio::test(start_paused = true)]
async fn other_buckets_begin_all_histograms_anew() {
    let runtime = Handle::current();
    let mut record = Record::new(settings("a", 15));
    record.phases.insert(dbprobe_core::Phase::Ping, crate::histogram::Histogram::new([1.0].into()));
    record.counts.probes = 9;
    let fleet = Fleet::of(vec![record]);
    fleet.watch_all(&[settings("a", 15)], &means(&[2.0]), &runtime);
    assert_eq!(fleet.record("a").map(|record| record.counts.probes), Some(0));
    fleet.stop(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn who_takes_the_place_of_another_waits_until_that_one_has_ended() {
    let (fleet, runtime) = (Fleet::default(), Handle::current());
    fleet.watch_all(&[settings("a", 15)], &means(&[]), &runtime);
    probed(&fleet, "a").await;
    fleet.watch_all(&[settings("a", 30)], &means(&[]), &runtime);
    fleet.watch_all(&[], &means(&[]), &runtime);
    let slow = tokio::spawn(tokio::time::sleep(Duration::from_secs(2)));
    let before = fleet.0.tasks.lock().expect("a lock").leaving.insert("a".to_owned(), slow);
    before.expect("it was let go").await.expect("it ends");
    let begin = Instant::now();
    fleet.watch_all(&[settings("a", 15)], &means(&[]), &runtime);
    assert_eq!(probed(&fleet, "a").await.counts.probes, 1);
    assert_eq!(begin.elapsed().as_secs(), 2);
    fleet.stop(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_was_asked_for_goes_over_to_the_target_that_a_reload_brings() {
    let (fleet, runtime) = (Fleet::default(), Handle::current());
    let slow = tokio::spawn(tokio::time::sleep(Duration::from_secs(2)));
    fleet.0.tasks.lock().expect("a lock").leaving.insert("a".to_owned(), slow);
    fleet.watch_all(&[settings("a", 15), settings("b", 15)], &means(&[]), &runtime);
    let reload = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        fleet.watch_all(&[settings("a", 30)], &means(&[]), &runtime);
    };
    let limit = Duration::from_secs(9);
    let (record, ()) = tokio::join!(fleet.probe("a", limit), reload);
    let record = record.expect("it is watched");
    assert_eq!((record.settings.interval.as_secs(), record.counts.probes), (30, 1));
    fleet.stop(Duration::from_secs(1)).await;
}
