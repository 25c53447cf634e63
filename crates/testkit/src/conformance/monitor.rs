//! One target over time.

use std::time::Duration;

use dbprobe_core::{Level, Monitor, Phase, Policy, Status};

use super::case::cases;
use super::measure;
use super::outcome::{Verdict, demand};
use super::report::{is_up, shown};
use super::stage::{Stage, plan};
use crate::proxy::Mode;

cases!("monitor": a_kept_session_is_used_again, a_killed_session_is_replaced_in_the_same_probe,
    a_line_that_was_cut_is_dialled_again, one_lost_probe_is_damped, dropping_it_releases_the_session);

fn keeping() -> Policy {
    Policy { max_connection_age: Duration::from_secs(600), ..Policy::default() }
}

async fn a_kept_session_is_used_again(stage: &Stage) -> Verdict {
    stage.needs_depth(Level::Ping).await?;
    let mut monitor = Monitor::new(stage.driver()?, plan(), keeping());
    is_up(&*monitor.probe().await)?;
    for _ in 0..3 {
        let report = monitor.probe().await;
        is_up(&report)?;
        let again = report.steps.iter().any(|step| step.phase < Phase::Ping);
        demand!(!again && report.attempts.is_empty(), "it connected again: {}", shown(&report));
    }
    if let Ok(count) = stage.sessions().await {
        demand!(count == 1, "{count} sessions are open");
    }
    monitor.close().await;
    stage.settles("tasks are left", 0, measure::tasks).await
}

async fn a_killed_session_is_replaced_in_the_same_probe(stage: &Stage) -> Verdict {
    let mut monitor = Monitor::new(stage.driver()?, plan(), keeping());
    is_up(&*monitor.probe().await)?;
    stage.kill_sessions().await?;
    stage.sessions_become(0).await?;
    let report = monitor.probe().await;
    is_up(&report)?;
    demand!(report.attempts.len() == 1, "the dead session is not mentioned: {:?}", report.attempts);
    monitor.close().await;
    stage.sessions_become(0).await
}

async fn a_line_that_was_cut_is_dialled_again(stage: &Stage) -> Verdict {
    let line = stage.line()?;
    let mut monitor = Monitor::new(line.driver.clone(), plan(), keeping());
    is_up(&*monitor.probe().await)?;
    line.proxy.set(Mode::Reset);
    stage.settles("connections are open", 0, || line.proxy.snapshot().open as usize).await?;
    line.proxy.set(Mode::Forward);
    let before = line.proxy.snapshot();
    is_up(&*monitor.probe().await)?;
    let dialled = line.proxy.snapshot().since(&before).connections;
    demand!(dialled == 1, "it dialled {dialled} times");
    monitor.close().await;
    Ok(())
}

async fn one_lost_probe_is_damped(stage: &Stage) -> Verdict {
    let line = stage.line()?;
    let policy = Policy { failures_before_down: 2, ..Policy::default() };
    let mut monitor = Monitor::new(line.driver.clone(), plan(), policy);
    let mut seen = Vec::new();
    for mode in [Mode::Forward, Mode::Refuse, Mode::Refuse, Mode::Forward] {
        line.proxy.set(mode);
        monitor.probe().await;
        seen.extend(monitor.status());
    }
    let expected = [Status::Up, Status::Up, Status::Down, Status::Up];
    demand!(seen == expected, "expected {expected:?}, seen {seen:?}");
    Ok(())
}

async fn dropping_it_releases_the_session(stage: &Stage) -> Verdict {
    let mut monitor = Monitor::new(stage.driver()?, plan(), keeping());
    is_up(&*monitor.probe().await)?;
    drop(monitor);
    stage.settles("tasks are left", 0, measure::tasks).await?;
    stage.sessions_become(0).await
}
