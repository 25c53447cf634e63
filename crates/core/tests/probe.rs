//! One probe and one target over time, on a paused clock: when each step ends, and what follows.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests, which may stop at once")]

mod scripted;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dbprobe_core::{
    Class, ExpectedRole, Interrupt, Level, Monitor, Outcome, Phase, Plan, Policy, Report, Setup, Status, Thresholds,
    prepare, probe,
};
use scripted::{Act, Script, server};
use tokio::time::{Instant, sleep};

fn words(report: &Report) -> Vec<(Phase, &'static str)> {
    report.steps.iter().map(|step| (step.phase, step.outcome_word())).collect()
}

async fn run(acts: &[(Phase, Act)]) -> (Script, Report) {
    let script = Script::new(acts);
    let report = probe(&server(&script), &Plan::default()).await;
    assert_eq!(script.open.load(Ordering::SeqCst), 0, "a session was left open");
    (script, report)
}

#[tokio::test(start_paused = true)]
async fn every_step_is_taken_in_order_and_closed() {
    let (_, report) = run(&[]).await;
    use Phase::*;
    let expected = [Tcp, Auth, Ping, Write, Read, Inspect, Close].map(|phase| (phase, "passed"));
    assert_eq!((words(&report), report.status()), (expected.to_vec(), Status::Up));
}

#[tokio::test(start_paused = true)]
async fn a_hang_ends_at_the_deadline_whatever_step_it_is_in() {
    for phase in [Phase::Tcp, Phase::Auth, Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect] {
        let (_, report) = run(&[(phase, Act::Hang)]).await;
        let over = report.duration.checked_sub(Plan::TIMEOUT).expect("not before the deadline");
        assert!(over < Duration::from_millis(50), "{phase}: {over:?} over the deadline");
        let failure = report.failure().expect("a failure");
        assert_eq!((failure.phase, failure.class), (Some(phase), Class::Timeout));
        let later = report.steps.iter().filter(|step| step.phase > phase);
        assert!(later.clone().all(|step| matches!(step.outcome, Outcome::Skipped(_))), "{:?}", words(&report));
        let expected = if matches!(phase, Phase::Write | Phase::Inspect) { Status::Degraded } else { Status::Down };
        assert_eq!(report.status(), expected, "{phase}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_is_asked_to_stop_shortly_before_the_deadline_and_its_late_answer_does_not_count() {
    let begun = Instant::now();
    let late = Plan::TIMEOUT - Duration::from_millis(5);
    let (script, report) = run(&[(Phase::Write, Act::Take(late))]).await;
    let asked = script.cancelled.lock().expect("no panic").expect("a request").duration_since(begun);
    assert_eq!(asked, Plan::TIMEOUT - Duration::from_millis(10));
    assert_eq!(report.failure().map(|failure| failure.class), Some(Class::Timeout));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_any_step_is_down_of_class_internal() {
    for phase in [Phase::Tcp, Phase::Auth, Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect] {
        let (_, report) = run(&[(phase, Act::Panic)]).await;
        let failure = report.failure().expect("a failure");
        assert_eq!((report.status(), failure.phase, failure.class), (Status::Down, Some(phase), Class::Internal));
        assert!(failure.message.contains("as scripted"), "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_that_hangs_or_panics_hides_nothing_and_does_not_last() {
    for act in [Act::Hang, Act::Panic] {
        let (_, report) = run(&[(Phase::Close, act)]).await;
        assert_eq!(report.status(), Status::Up);
        assert!(report.duration <= Duration::from_millis(250), "{:?}", report.duration);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_leaves_the_read_to_tell_whether_reads_work() {
    let (_, report) = run(&[(Phase::Write, Act::Fail(Class::Permission))]).await;
    assert_eq!(report.step(Phase::Read).map(|step| step.passed()), Some(true));
    assert_eq!(
        (report.status(), report.failure().map(|failure| failure.class)),
        (Status::Degraded, Some(Class::Permission))
    );
    let (_, lost) = run(&[(Phase::Write, Act::Fail(Class::Reset))]).await;
    assert_eq!(lost.step(Phase::Read).map(|step| step.outcome_word()), Some("skipped"));
}

#[tokio::test(start_paused = true)]
async fn a_standby_is_not_written_to_and_is_judged_by_its_role() {
    let script = Script { standby: true, ..Script::new(&[(Phase::Write, Act::Panic)]) };
    let report = probe(&server(&script), &Plan::default()).await;
    let write = report.step(Phase::Write).map(|step| format!("{:?}", step.outcome));
    assert_eq!((report.status(), write.as_deref()), (Status::Up, Some("Skipped(\"read_only\")")));
    let plan = Plan { expect_role: ExpectedRole::Primary, ..Plan::default() };
    let report = probe(&server(&script), &plan).await;
    assert_eq!(
        (report.status(), report.failure().map(|failure| failure.class)),
        (Status::Degraded, Some(Class::RoleMismatch))
    );
}

#[tokio::test(start_paused = true)]
async fn the_level_says_where_a_probe_ends() {
    use Phase::*;
    let ends = [
        (Level::Tcp, vec![Tcp]),
        (Level::Auth, vec![Tcp, Auth, Close]),
        (Level::Ping, vec![Tcp, Auth, Ping, Close]),
        (Level::Read, vec![Tcp, Auth, Ping, Read, Inspect, Close]),
    ];
    for (level, expected) in ends {
        let report = probe(&server(&Script::default()), &Plan { level, ..Plan::default() }).await;
        let phases: Vec<Phase> = report.steps.iter().map(|step| step.phase).collect();
        assert_eq!((phases, report.status()), (expected, Status::Up), "{level:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_probe_leaves_no_session() {
    let script = Script::new(&[(Phase::Read, Act::Hang)]);
    let (server, plan) = (server(&script), Plan::default());
    tokio::select! {
        _ = probe(&server, &plan) => panic!("it hangs"),
        () = sleep(Duration::from_secs(1)) => {}
    }
    assert_eq!(script.open.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_setup_that_hangs_ends_at_the_deadline_after_the_server_was_asked_to_stop() {
    let begun = Instant::now();
    let script = Script::new(&[(Phase::Write, Act::Hang)]);
    let failure =
        prepare(&server(&script), &Setup::default(), Plan::TIMEOUT, &Interrupt::new()).await.expect_err("it hangs");
    assert_eq!((failure.phase, failure.class), (Some(Phase::Write), Class::Timeout));
    let asked = script.cancelled.lock().expect("no panic").expect("a request").duration_since(begun);
    assert_eq!(asked, Plan::TIMEOUT - Duration::from_millis(10));
    assert!(begun.elapsed() < Plan::TIMEOUT + Duration::from_millis(50), "{:?}", begun.elapsed());
    assert_eq!(script.open.load(Ordering::SeqCst), 0, "a session was left open");
}

#[tokio::test(start_paused = true)]
async fn a_setup_fails_in_its_phase_and_says_goodbye() {
    let cases = [
        (Phase::Auth, Act::Hang, Class::Timeout),
        (Phase::Auth, Act::Panic, Class::Internal),
        (Phase::Write, Act::Panic, Class::Internal),
        (Phase::Write, Act::Fail(Class::Permission), Class::Permission),
    ];
    for (phase, act, class) in cases {
        let script = Script::new(&[(phase, act)]);
        let failure = prepare(&server(&script), &Setup::default(), Plan::TIMEOUT, &Interrupt::new())
            .await
            .expect_err("as scripted");
        assert_eq!((failure.phase, failure.class), (Some(phase), class));
        assert_eq!(script.open.load(Ordering::SeqCst), 0, "a session was left open");
    }
    prepare(&server(&Script::new(&[(Phase::Close, Act::Hang)])), &Setup::default(), Plan::TIMEOUT, &Interrupt::new())
        .await
        .expect("a goodbye that hangs spoils nothing");
}

/// Fires `interrupt` after a second, while `work` goes on.
async fn interrupted<T>(interrupt: &Interrupt, work: impl Future<Output = T>) -> T {
    let fire = async {
        sleep(Duration::from_secs(1)).await;
        interrupt.fire();
    };
    tokio::join!(work, fire).0
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_every_step_and_asks_the_server_to_stop() {
    for phase in [Phase::Tcp, Phase::Auth, Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect] {
        let begun = Instant::now();
        let script = Script::new(&[(phase, Act::Hang)]);
        let plan = Plan::default();
        let report = interrupted(&plan.interrupt, probe(&server(&script), &plan)).await;
        let failure = report.failure().expect("a failure");
        let found = (failure.phase, failure.class, failure.message.as_str());
        assert_eq!(found, (Some(phase), Class::Timeout, "interrupted"));
        let over = report.duration.checked_sub(Duration::from_secs(1)).expect("not before the interrupt");
        assert!(over < Duration::from_millis(50), "{phase}: {over:?} over the interrupt");
        let asked = script.cancelled.lock().expect("no panic").map(|at| at.duration_since(begun));
        assert_eq!(asked, (phase >= Phase::Ping).then_some(Duration::from_secs(1)), "{phase}");
        for step in report.steps.iter().filter(|step| step.phase > phase) {
            assert!(matches!(&step.outcome, Outcome::Skipped(why) if why == "interrupted"), "{:?}", words(&report));
        }
        assert_eq!(script.open.load(Ordering::SeqCst), 0, "a session was left open");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_or_repeated_after_an_interrupt() {
    let script = Script::default();
    let plan = Plan::default();
    plan.interrupt.fire();
    probe(&server(&script), &plan).await;
    assert_eq!(script.dialled.load(Ordering::SeqCst), 0);

    let plan = Plan::default();
    let script = Script::new(&[(Phase::Auth, Act::Fail(Class::Starting))]);
    let policy = Policy { retries: 5, retry_interval: Duration::from_secs(60), ..Policy::default() };
    let mut monitor = Monitor::new(Arc::new(server(&script)), plan.clone(), policy);
    let begun = Instant::now();
    interrupted(&plan.interrupt, monitor.probe()).await;
    assert_eq!((script.dialled.load(Ordering::SeqCst), begun.elapsed()), (1, Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_setup_asks_the_server_to_stop() {
    let (script, interrupt) = (Script::new(&[(Phase::Write, Act::Hang)]), Interrupt::new());
    let (server, setup) = (server(&script), Setup::default());
    let work = prepare(&server, &setup, Plan::TIMEOUT, &interrupt);
    let failure = interrupted(&interrupt, work).await.expect_err("it was interrupted");
    assert_eq!((failure.phase, failure.message.as_str()), (Some(Phase::Write), "interrupted"));
    assert!(script.cancelled.lock().expect("no panic").is_some());
    assert_eq!(script.open.load(Ordering::SeqCst), 0, "a session was left open");
}

fn monitor(script: &Script, policy: Policy) -> Monitor {
    Monitor::new(Arc::new(server(script)), Plan::default(), policy)
}

fn keeping() -> Policy {
    Policy { max_connection_age: Duration::from_secs(180), ..Policy::default() }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_kept_until_it_is_too_old() {
    let script = Script::default();
    let mut monitor = monitor(&script, keeping());
    for (pause, dialled) in [(0, 1), (60, 1), (119, 1), (2, 2)] {
        sleep(Duration::from_secs(pause)).await;
        assert_eq!(monitor.probe().await.status(), Status::Up);
        assert_eq!(script.dialled.load(Ordering::SeqCst), dialled);
        assert_eq!(script.open.load(Ordering::SeqCst), 1);
    }
    monitor.close().await;
    assert_eq!(script.open.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn what_connecting_told_holds_as_long_as_the_session() {
    let script = Script { days_left: Some(4), ..Script::default() };
    let thresholds = Thresholds { certificate: Some(Duration::from_secs(30 * 86_400)), ..Thresholds::default() };
    let plan = Plan { thresholds, ..Plan::default() };
    let mut monitor = Monitor::new(Arc::new(server(&script)), plan, keeping());
    for _ in 0..3 {
        let report = monitor.probe().await;
        assert_eq!((report.status(), report.address.as_deref()), (Status::Degraded, Some("192.0.2.1:1")));
        assert_eq!(report.tls.as_ref().and_then(|tls| tls.days_left), Some(4));
        assert_eq!(report.failure().and_then(|failure| failure.phase), Some(Phase::Tls));
    }
    assert_eq!(script.dialled.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_kept_session_that_died_is_replaced_within_the_same_probe() {
    for death in [Act::Fail(Class::Reset), Act::Hang] {
        let script = Script::default();
        let mut monitor = monitor(&script, keeping());
        monitor.probe().await;
        script.acts.lock().expect("no panic").push_back((Phase::Ping, death));
        let report = monitor.probe().await;
        assert_eq!((report.status(), report.attempts.len()), (Status::Up, 1), "{:?}", report.failure());
        assert!(report.duration < Plan::TIMEOUT);
        assert_eq!((script.dialled.load(Ordering::SeqCst), script.open.load(Ordering::SeqCst)), (2, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_on_a_kept_session_is_not_asked_for_again() {
    let script = Script::default();
    let mut monitor = monitor(&script, keeping());
    monitor.probe().await;
    script.acts.lock().expect("no panic").push_back((Phase::Ping, Act::Fail(Class::NotFound)));
    let report = monitor.probe().await;
    assert_eq!((report.status(), report.attempts.len()), (Status::Down, 0), "{:?}", report.failure());
    assert_eq!(script.dialled.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn down_is_damped_but_never_the_first_time_and_never_degraded() {
    let refuse = (Phase::Tcp, Act::Fail(Class::Refused));
    let script = Script::new(&[]);
    let mut monitor = monitor(&script, Policy { failures_before_down: 2, ..Policy::default() });
    assert_eq!(monitor.status(), None);
    monitor.probe().await;
    for (act, expected) in [(refuse.clone(), Status::Up), (refuse.clone(), Status::Down)] {
        script.acts.lock().expect("no panic").push_back(act);
        assert_eq!(monitor.probe().await.status(), Status::Down);
        assert_eq!(monitor.status(), Some(expected));
    }
    script.acts.lock().expect("no panic").push_back((Phase::Write, Act::Fail(Class::Locked)));
    monitor.probe().await;
    assert_eq!(monitor.status(), Some(Status::Degraded));
}

#[tokio::test(start_paused = true)]
async fn transient_failures_are_repeated_and_permanent_ones_are_not() {
    for (class, dials) in [(Class::Starting, 3), (Class::Auth, 1)] {
        let script = Script::new(&[(Phase::Auth, Act::Fail(class)), (Phase::Auth, Act::Fail(class))]);
        let mut monitor = monitor(&script, Policy { retries: 5, ..Policy::default() });
        monitor.probe().await;
        assert_eq!(script.dialled.load(Ordering::SeqCst), dials, "{class}");
        assert_eq!(monitor.history().len(), 1, "only the last report counts");
    }
}
