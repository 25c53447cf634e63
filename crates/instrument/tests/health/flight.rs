//! One check at a time, kept for a while, bounded, and gone with the service.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use dbprobe_instrument::health::Health;
use futures_util::future::join_all;
use futures_util::poll;
use http::StatusCode;
use tokio::sync::Semaphore;
use tokio::time::{Instant, advance};
use tower_service::Service;

use crate::asking::{Fate, never, summary, works};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_thousand_who_ask_at_once_are_one_check() {
    let (fate, gate) = (Fate::default(), Arc::new(Semaphore::new(0)));
    let health = Health::builder("shop", {
        let (fate, gate) = (fate.clone(), Arc::clone(&gate));
        move || {
            let gate = Arc::clone(&gate);
            fate.of(async move { gate.acquire().await.map(drop) })
        }
    })
    .build();
    let mut asked = Box::pin(join_all((0..1000).map(|_| summary(&health))));
    assert!(poll!(&mut asked).is_pending(), "nobody has an answer before the check has one");
    fate.until_begun(1).await;
    gate.add_permits(1000);
    let answers = asked.await;
    assert_eq!((answers.len(), fate.begun()), (1000, 1));
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK && answer.body == answers[0].body));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_on_several_threads_are_one_check() {
    let (fate, gate) = (Fate::default(), Arc::new(Semaphore::new(0)));
    let health = Health::builder("shop", {
        let (fate, gate) = (fate.clone(), Arc::clone(&gate));
        move || {
            let gate = Arc::clone(&gate);
            fate.of(async move { gate.acquire().await.map(drop) })
        }
    })
    .deadline(Duration::from_secs(3600))
    .keep(Duration::from_secs(3600))
    .build();
    let tasks: Vec<_> = (0..1000)
        .map(|_| {
            tokio::spawn({
                let health = health.clone();
                async move { summary(&health).await.status }
            })
        })
        .collect();
    fate.until_begun(1).await;
    gate.add_permits(1000);
    for task in tasks {
        assert_eq!(task.await.expect("an answer"), StatusCode::OK);
    }
    assert_eq!(fate.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_for_a_second_from_its_end_on() {
    let fate = Fate::default();
    let health = Health::builder("shop", {
        let fate = fate.clone();
        move || {
            fate.of(async {
                tokio::time::sleep(SECOND).await;
                works().await
            })
        }
    })
    .build();
    let first = summary(&health).await;
    advance(SECOND - Duration::from_millis(1)).await;
    assert_eq!((summary(&health).await.body, fate.begun()), (first.body, 1));
    advance(Duration::from_millis(1)).await;
    assert_eq!((summary(&health).await.status, fate.begun()), (StatusCode::OK, 2));
}

#[tokio::test(start_paused = true)]
async fn failures_are_kept_as_well_and_it_recovers() {
    let (fate, up) = (Fate::default(), Arc::new(AtomicBool::new(false)));
    let health = Health::builder("shop", {
        let (fate, up) = (fate.clone(), Arc::clone(&up));
        move || {
            let up = up.load(Ordering::SeqCst);
            fate.of(async move { if up { Ok(()) } else { Err(io::Error::other("gone")) } })
        }
    })
    .build();
    for _ in 0..10 {
        assert_eq!(summary(&health).await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    up.store(true, Ordering::SeqCst);
    assert_eq!(summary(&health).await.status, StatusCode::SERVICE_UNAVAILABLE, "the failure is not a second old");
    assert_eq!(fate.begun(), 1);
    advance(SECOND).await;
    assert_eq!((summary(&health).await.status, fate.begun()), (StatusCode::OK, 2));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_never_ends_is_unhealthy_at_the_deadline_and_dropped() {
    let fate = Fate::default();
    let health = Health::builder("shop", {
        let fate = fate.clone();
        move || fate.of(never())
    })
    .build();
    let since = Instant::now();
    let answer = summary(&health).await;
    assert_eq!((answer.status, since.elapsed()), (StatusCode::SERVICE_UNAVAILABLE, 2 * SECOND));
    assert_eq!(answer.json()["status"], "unhealthy");
    assert_eq!((fate.begun(), fate.over()), (1, 1), "its future was dropped");
}

#[tokio::test(start_paused = true)]
async fn who_comes_late_waits_no_longer_than_the_check() {
    let health = Health::builder("shop", never).deadline(5 * SECOND).build();
    let mut first = Box::pin(summary(&health));
    assert!(poll!(&mut first).is_pending());
    advance(4 * SECOND).await;
    let since = Instant::now();
    assert_eq!(summary(&health).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(since.elapsed(), SECOND);
    assert_eq!(first.await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn one_who_hangs_up_cancels_nothing_for_others() {
    let (fate, gate) = (Fate::default(), Arc::new(Semaphore::new(0)));
    let health = Health::builder("shop", {
        let (fate, gate) = (fate.clone(), Arc::clone(&gate));
        move || {
            let gate = Arc::clone(&gate);
            fate.of(async move { gate.acquire().await.map(drop) })
        }
    })
    .build();
    let mut first = Box::pin(summary(&health));
    assert!(poll!(&mut first).is_pending());
    fate.until_begun(1).await;
    let mut second = Box::pin(summary(&health));
    assert!(poll!(&mut second).is_pending());
    drop(first);
    gate.add_permits(1);
    assert_eq!(second.await.status, StatusCode::OK);
    assert_eq!(fate.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn those_who_hang_up_at_once_are_no_load_either() {
    let (fate, gate) = (Fate::default(), Arc::new(Semaphore::new(0)));
    let health = Health::builder("shop", {
        let (fate, gate) = (fate.clone(), Arc::clone(&gate));
        move || {
            let gate = Arc::clone(&gate);
            fate.of(async move { gate.acquire().await.map(drop) })
        }
    })
    .build();
    for _ in 0..1000 {
        let mut asked = Box::pin(summary(&health));
        assert!(poll!(&mut asked).is_pending());
        fate.until_begun(1).await;
    }
    gate.add_permits(1000);
    assert_eq!((summary(&health).await.status, fate.begun()), (StatusCode::OK, 1));
}

#[tokio::test(start_paused = true)]
async fn a_check_ends_with_the_service() {
    let fate = Fate::default();
    let health = Health::builder("shop", {
        let fate = fate.clone();
        move || fate.of(never())
    })
    .build();
    let clone = health.clone();
    let mut asked = Box::pin(summary(&health));
    assert!(poll!(&mut asked).is_pending());
    fate.until_begun(1).await;
    drop(asked);
    tokio::task::yield_now().await;
    assert_eq!(fate.over(), 0, "a clone may still be asked");
    let since = Instant::now();
    drop((health, clone));
    fate.until_over(1).await;
    assert_eq!(since.elapsed(), Duration::ZERO, "by the drop, not by the deadline");
}

#[test]
fn a_check_whose_runtime_has_gone_is_begun_anew() {
    let fate = Fate::default();
    let health = Health::builder("shop", {
        let fate = fate.clone();
        move || fate.of(never())
    })
    .build();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime().expect("a runtime").block_on(async {
        let mut asked = Box::pin(summary(&health));
        assert!(poll!(&mut asked).is_pending());
        fate.until_begun(1).await;
    });
    assert_eq!(fate.over(), 1, "it went with its runtime");
    let answer = runtime().expect("a runtime").block_on(summary(&health));
    assert_eq!((answer.status, fate.begun()), (StatusCode::SERVICE_UNAVAILABLE, 2));
}

#[test]
fn a_check_that_blocks_its_thread_keeps_nobody_else_waiting() {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let health = Health::builder("shop", move || {
        let blocked = Arc::clone(&blocked);
        async move { blocked.lock().map_err(|_| io::Error::other("poisoned"))?.recv().map_err(io::Error::other) }
    })
    .deadline(Duration::from_millis(10))
    .build();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    let runtime = runtime.expect("a runtime");
    // On this thread, which is no worker: it returns although one worker is stuck.
    let answer = runtime.block_on(summary(&health));
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["connectivity"], "unhealthy");
    release.send(()).expect("the check still waits");
}

#[tokio::test]
async fn it_is_always_ready() {
    let mut health = Health::builder("shop", works).build();
    let ready = std::future::poll_fn(|context| {
        Poll::Ready(Service::<http::Request<String>>::poll_ready(&mut health, context).is_ready())
    });
    assert!(ready.await);
}
