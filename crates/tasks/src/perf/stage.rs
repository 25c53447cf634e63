//! Carrying operations out again and again, over one session or several.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dbprobe_core::Failure;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::lane::{Done, Lane, Opened, Work};
use super::measurement::Tally;

/// How often, and until when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) warm_up: u32,
    pub(super) iterations: u32,
    pub(super) deadline: Option<Instant>,
}

/// Is told after every operation how many were carried out.
pub(super) type Tick<'a> = &'a (dyn Fn(u32) + Sync);

/// Carries out `round`, its operations one after the other, on every one of `lanes` at once: a closed loop, in which a
/// lane asks again when it has its answer. The lanes share the warm-up and the iterations.
pub(super) async fn run(lanes: &mut [Lane], round: &[Work], bounds: Bounds, tick: Tick<'_>) -> Vec<Tally> {
    let board = Board {
        round,
        tallies: Mutex::new(round.iter().map(|_| Tally::new()).collect()),
        deadline: bounds.deadline,
        done: AtomicU32::new(0),
        tick,
    };
    let count = u32::try_from(lanes.len()).unwrap_or(u32::MAX).max(1);
    let share = |at: usize| bounds.warm_up / count + u32::from(at < (bounds.warm_up % count) as usize);
    let warm = lanes.iter_mut().enumerate().map(|(at, lane)| {
        let tickets = AtomicU32::new(share(at));
        let board = &board;
        async move { board.serve(lane, &tickets, Part::WarmUp).await }
    });
    join_all(warm).await;
    let tickets = AtomicU32::new(bounds.iterations);
    // Each opens its session first, so that opening is in no rate.
    join_all(lanes.iter_mut().map(|lane| board.open(lane))).await;
    let began = Instant::now();
    join_all(lanes.iter_mut().map(|lane| board.serve(lane, &tickets, Part::Measured))).await;
    let elapsed = began.elapsed();
    let mut tallies = board.tallies.into_inner().unwrap_or_else(PoisonError::into_inner);
    tallies.iter_mut().for_each(|tally| tally.elapsed = elapsed);
    tallies
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    WarmUp,
    Measured,
}

/// What the lanes share.
struct Board<'a> {
    round: &'a [Work],
    tallies: Mutex<Vec<Tally>>,
    deadline: Option<Instant>,
    done: AtomicU32,
    tick: Tick<'a>,
}

impl Board<'_> {
    async fn serve(&self, lane: &mut Lane, tickets: &AtomicU32, part: Part) {
        while self.goes_on(lane) && take(tickets) {
            for (at, work) in self.round.iter().enumerate() {
                if self.tallies()[at].has_ended() {
                    continue;
                }
                if !self.open_for(lane, at).await {
                    break;
                }
                let (took, result) = lane.carry_out(work).await;
                if lane.is_interrupted() {
                    return; // its failure is ours, not the server's
                }
                self.note(at, part, took, result);
            }
            (self.tick)(self.done.fetch_add(1, Relaxed) + 1);
        }
    }

    /// Opens a lane's session before anything is measured on it.
    async fn open(&self, lane: &mut Lane) {
        if self.goes_on(lane) {
            self.open_for(lane, 0).await;
        }
    }

    /// Opens a lane's session for the operation `at`, and says whether it is open.
    async fn open_for(&self, lane: &mut Lane, at: usize) -> bool {
        let ready = lane.ready().await;
        if lane.is_interrupted() {
            return false;
        }
        match ready {
            Ok((Opened::Again, _)) => self.tallies()[at].reconnected(),
            Ok(_) => {}
            Err(failure) => {
                self.tallies()[at].failed(&failure);
                return false;
            }
        }
        true
    }

    fn note(&self, at: usize, part: Part, took: Duration, result: Result<Done, Failure>) {
        let tally = &mut self.tallies()[at];
        let done = match result {
            Ok(done) => done,
            Err(failure) => return tally.failed(&failure),
        };
        tally.succeeded((part == Part::Measured).then_some(took));
        match done {
            Done::Pong | Done::Read => {}
            Done::Written(written) => tally.proof = Some(written.proof),
            Done::Rows(rows) => {
                tally.rows = u64::try_from(rows.rows.len()).ok();
                tally.truncated = Some(rows.truncated || tally.truncated == Some(true));
            }
        }
    }

    fn goes_on(&self, lane: &Lane) -> bool {
        let in_time = self.deadline.is_none_or(|deadline| Instant::now() < deadline);
        in_time && !lane.is_interrupted() && self.tallies().iter().any(|tally| !tally.has_ended())
    }

    fn tallies(&self) -> MutexGuard<'_, Vec<Tally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes one ticket, if there is one left.
fn take(tickets: &AtomicU32) -> bool {
    tickets.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
}
