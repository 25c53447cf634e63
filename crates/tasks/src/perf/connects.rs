//! Opening sessions again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use dbprobe_core::{Connection, Phase};
use tokio::time::Instant;

use super::distribution::{Distribution, Recorder};
use super::measurement::Tally;
use super::options::PerfOptions;
use super::stage::{Bounds, Tick};
use crate::database::Database;

/// Opens and closes sessions one after the other: the whole, and each phase that the engine can tell apart.
pub(super) async fn run(database: &Database, bounds: Bounds, tick: Tick<'_>) -> (Tally, BTreeMap<Phase, Distribution>) {
    let mut tally = Tally::new();
    let mut phases: BTreeMap<Phase, Recorder> = BTreeMap::new();
    let warm_up = bounds.warm_up.min(1);
    for done in 0..warm_up + bounds.iterations.min(PerfOptions::MOST_CONNECTS) {
        let late = bounds.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if late || tally.has_ended() || database.plan.interrupt.has_fired() {
            break;
        }
        let (took, connection) = open(database).await;
        match connection {
            _ if database.plan.interrupt.has_fired() => break,
            Ok(connection) => {
                tally.succeeded((done >= warm_up).then_some(took));
                if done >= warm_up {
                    record(&mut phases, &connection);
                }
                connection.close().await;
            }
            Err(failure) => tally.failed(&failure),
        }
        tick(done + 1);
    }
    (tally, phases.into_iter().map(|(phase, recorder)| (phase, recorder.figures())).collect())
}

async fn open(database: &Database) -> (Duration, Result<Connection, dbprobe_core::Failure>) {
    let began = Instant::now();
    let plan = &database.plan;
    let connection = Connection::open(database.driver.as_ref(), plan.timeout, &plan.interrupt).await;
    (began.elapsed(), connection)
}

fn record(phases: &mut BTreeMap<Phase, Recorder>, connection: &Connection) {
    for step in connection.steps().iter().filter(|step| step.passed()) {
        if let Some(duration) = step.duration {
            phases.entry(step.phase).or_insert_with(Recorder::new).record(duration);
        }
    }
}
