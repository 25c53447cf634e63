//! The builder of checks, on a paused clock: what is set arrives, and whatever goes wrong is a report.

#![allow(clippy::expect_used, clippy::panic, reason = "helpers of tests, which may stop at once")]

mod scripted;

use std::future::IntoFuture;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use dbprobe_core::{
    Check, Class, Driver, Dsn, DsnError, Engine, ExpectedRole, Interrupt, Level, Phase, Plan, Policy, Registry, Status,
    WriteMode,
};
use scripted::{Act, Script, server};

/// An engine is a value, so what its server does has to be one, too: a scheme for each test that has a script.
static FLAKY: LazyLock<Script> = LazyLock::new(|| Script::new(&[(Phase::Tcp, Act::Fail(Class::Refused))]));
static KEPT: LazyLock<Script> = LazyLock::new(Script::default);
static SILENT: LazyLock<Script> = LazyLock::new(|| Script::new(&[(Phase::Ping, Act::Hang)]));
static STANDBY: LazyLock<Script> = LazyLock::new(|| Script { standby: true, ..Script::default() });

static SCRIPTED: Engine = Engine {
    name: "scripted",
    schemes: &["flaky", "kept", "silent", "standby", "fine"],
    capabilities: &[],
    knowledge: &[],
    open,
};
static BROKEN: Engine =
    Engine { name: "broken", schemes: &["broken"], capabilities: &[], knowledge: &[], open: open_or_panic };

fn open(dsn: &Dsn) -> Result<Arc<dyn Driver>, DsnError> {
    let script = match dsn.scheme() {
        "flaky" => FLAKY.clone(),
        "kept" => KEPT.clone(),
        "silent" => SILENT.clone(),
        "standby" => STANDBY.clone(),
        _ => Script::default(),
    };
    Ok(Arc::new(server(&script)))
}

fn open_or_panic(dsn: &Dsn) -> Result<Arc<dyn Driver>, DsnError> {
    assert_eq!(dsn.expose(), "broken:not-yet", "on purpose");
    open(dsn)
}

fn check(dsn: &str) -> Check {
    Check::new(dsn, Registry::default()).with_engine(&SCRIPTED).with_engine(&BROKEN)
}

#[tokio::test(start_paused = true)]
async fn awaited_it_is_one_probe_as_deep_as_asked() {
    let report = check("fine:x").level(Level::Ping).named("orders").await;
    let phases: Vec<Phase> = report.steps.iter().map(|step| step.phase).collect();
    assert_eq!(phases, [Phase::Tcp, Phase::Auth, Phase::Ping, Phase::Close]);
    assert_eq!((report.status(), report.target.as_str()), (Status::Up, "orders"));
}

#[tokio::test(start_paused = true)]
async fn a_task_of_its_own_can_run_it() {
    let report = tokio::spawn(check("fine:x").write(WriteMode::None).into_future()).await.expect("no panic");
    assert_eq!(report.status(), Status::Up);
    assert!(report.step(Phase::Write).is_some_and(|step| step.outcome_word() == "skipped"), "{:?}", report.steps);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_before_the_first_step_is_a_report() {
    for (dsn, class, status) in [
        ("no-dsn-at-all", Class::Config, Status::Unknown),
        ("@env:DBPROBE_TEST_NOT_SET", Class::Config, Status::Unknown),
        ("@file:/does/not/exist", Class::Config, Status::Unknown),
        ("other:x", Class::Unsupported, Status::Unknown),
        ("broken:x", Class::Internal, Status::Unknown),
    ] {
        let report = check(dsn).await;
        let failure = report.failure().expect(dsn);
        assert_eq!((failure.phase, failure.class), (Some(Phase::Configure), class), "{dsn}: {failure}");
        assert_eq!((report.status(), report.target.as_str()), (status, "dsn"), "{dsn}");
        assert_eq!(check(dsn).monitor().err().map(|failure| failure.class), Some(class), "{dsn}");
        assert_eq!(check(dsn).connect().await.err().map(|failure| failure.class), Some(class), "{dsn}");
    }
    assert_eq!(check("no-dsn-at-all").named("orders").await.target, "orders");
}

/// A reference is read again at every new connection, which is one more place where an engine can panic.
#[tokio::test(start_paused = true)]
async fn a_reference_that_breaks_its_engine_later_is_a_report_of_nothing_asked() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a-dsn-that-changes");
    std::fs::write(&path, "broken:not-yet").expect("a file");
    let mut monitor = check(&format!("@file:{}", path.display())).monitor().expect("a monitor");
    assert_eq!(monitor.probe().await.status(), Status::Up);
    std::fs::write(&path, "broken:x").expect("a file");
    let report = monitor.probe().await;
    let failure = report.failure().expect("a failure");
    assert_eq!((failure.phase, failure.class), (Some(Phase::Configure), Class::Internal), "{failure}");
    assert_eq!(report.status(), Status::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_may_pass_is_tried_again_where_asked() {
    let report = check("flaky:x").retries(1, Duration::from_secs(1)).await;
    assert_eq!(report.status(), Status::Up, "{:?}", report.failure());
    assert_eq!(FLAKY.dialled.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_monitor_keeps_the_session_and_a_single_run_does_not() {
    let check = check("kept:x").keep_session(Duration::from_secs(60));
    assert_eq!(check.clone().await.status(), Status::Up);
    assert_eq!((KEPT.dialled.load(Ordering::SeqCst), KEPT.open.load(Ordering::SeqCst)), (1, 0));
    let mut monitor = check.named("kept").monitor().expect("a monitor");
    for _ in 0..3 {
        assert_eq!(monitor.probe().await.target, "kept");
    }
    assert_eq!((KEPT.dialled.load(Ordering::SeqCst), KEPT.open.load(Ordering::SeqCst)), (2, 1));
    monitor.close().await;
    assert_eq!(KEPT.open.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_bounded_by_the_check_s_time_out() {
    let mut connection = check("silent:x").timeout(Duration::from_secs(3)).connect().await.expect("a connection");
    let began = tokio::time::Instant::now();
    let failure = connection.ping().await.expect_err("nothing answers");
    // The server is asked to stop, which this one never answers: the step ends 25 ms after its deadline.
    let took = began.elapsed();
    assert_eq!((failure.phase, failure.class), (Some(Phase::Ping), Class::Timeout));
    assert!(took >= Duration::from_secs(3) && took <= Duration::from_millis(3_050), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn expectations_and_interrupts_arrive() {
    let report = check("standby:x").expect_role(ExpectedRole::Primary).await;
    assert_eq!(report.failure().map(|failure| failure.class), Some(Class::RoleMismatch));
    let interrupt = Interrupt::new();
    interrupt.fire();
    let report = check("fine:x").interrupt(&interrupt).await;
    assert_eq!(report.failure().map(|failure| failure.message.as_str()), Some("interrupted"));
}

#[tokio::test(start_paused = true)]
async fn a_whole_plan_and_policy_can_be_given() {
    let plan = Plan { level: Level::Auth, ..Plan::default() };
    let policy = Policy { failures_before_down: 3, ..Policy::default() };
    let check = check("fine:x").timeout(Duration::from_secs(9)).with_plan(plan).with_policy(policy.clone());
    assert_eq!((check.plan().timeout, check.plan().level, check.policy()), (Plan::TIMEOUT, Level::Auth, &policy));
    assert_eq!(check.await.steps.len(), 3); // tcp, auth, close
}
