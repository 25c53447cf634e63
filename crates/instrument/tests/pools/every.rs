//! What holds for every pool that does not block.

use std::time::Duration;

use dbprobe_instrument::pool::{AcquirePhase, Pool, TrackedPool};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::recorder::{Event, Recorder};
use crate::world::until;

const TASKS: usize = 8;

/// Eight tasks want one of two connections: while two have one, gauges and counters agree with `sessions`, what the
/// server says; one that gives up is counted; in the end all is given back, and with the pool go the gauges.
pub(crate) async fn crowd<P>(pool: TrackedPool<P>, recorder: &Recorder, sessions: impl Fn() -> u64)
where
    P: Pool,
    P::Error: std::fmt::Debug,
    P::Connection: 'static,
{
    let (go_on, gate) = watch::channel(());
    let mut tasks = tasks(&pool, &gate);
    until("two have one and six wait", || {
        let status = recorder.status().expect("the pool is there");
        recorder.count(Event::is_acquired) == 2 && status.waiting == Some(6)
    })
    .await;
    let status = pool.status();
    assert_eq!((status.total, status.active, status.idle), (Some(2), Some(2), Some(0)), "{status:?}");
    assert_eq!(status.max.unwrap_or(2), 2);
    assert_eq!(sessions(), 2, "as many as the gauges say");
    assert_eq!(recorder.count(Event::is_released), 0);

    give_up(&pool, recorder).await;
    go_on.send_replace(());
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic");
    }
    assert_eq!(recorder.count(Event::is_acquired), TASKS);
    assert_eq!(recorder.count(Event::is_released), TASKS);
    until("all are idle", || {
        let status = pool.status();
        (status.active, status.waiting) == (Some(0), Some(0)) && status.idle == status.total
    })
    .await;
    assert_eq!(pool.status().total, Some(sessions()), "as many as the gauges say");
    let unhappy = |event: &Event| matches!(event, Event::Failed(_) | Event::TimedOut(_));
    assert_eq!((recorder.count(unhappy), recorder.count(|event| *event == Event::Cancelled)), (0, 1));

    drop(pool);
    assert_eq!(recorder.status(), None, "the gauges go with the pool");
}

fn tasks<P>(pool: &TrackedPool<P>, gate: &watch::Receiver<()>) -> JoinSet<()>
where
    P: Pool,
    P::Error: std::fmt::Debug,
    P::Connection: 'static,
{
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (pool, mut gate) = (pool.clone(), gate.clone());
        tasks.spawn(async move {
            let connection = pool.acquire().await.expect("a connection");
            gate.changed().await.expect("the gate");
            drop(connection);
        });
    }
    tasks
}

/// One more waits, and is dropped while it does.
async fn give_up<P>(pool: &TrackedPool<P>, recorder: &Recorder)
where
    P: Pool,
    P::Error: std::fmt::Debug,
    P::Connection: 'static,
{
    let one_more = tokio::spawn({
        let pool = pool.clone();
        async move { pool.acquire().await.map(drop).expect("nobody lets it") }
    });
    until("one more waits", || pool.status().waiting == Some(7)).await;
    one_more.abort();
    assert!(one_more.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(pool.status().waiting, Some(6));
    assert_eq!(recorder.count(|event| *event == Event::Cancelled), 1);
}

/// All of a pool's two connections are in use, and it waits no longer than its time-out.
pub(crate) async fn exhausted<P>(pool: &TrackedPool<P>, recorder: &Recorder)
where
    P: Pool,
    P::Error: std::fmt::Debug,
{
    let first = pool.acquire().await.expect("a connection");
    let second = pool.acquire().await.expect("a connection");
    recorder.take();
    assert!(pool.acquire().await.is_err());
    assert_eq!(recorder.take(), [Event::TimedOut(Some(AcquirePhase::Wait))]);
    drop((first, second));
    assert!(matches!(recorder.take()[..], [Event::Released(_), Event::Released(_)]));
}

/// The durations of one kind of event.
pub(crate) fn durations(events: &[Event], of: impl Fn(&Event) -> Option<Duration>) -> Vec<Duration> {
    events.iter().filter_map(of).collect()
}
