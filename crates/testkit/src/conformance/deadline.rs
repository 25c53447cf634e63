//! Every step ends at its deadline, and what it held is released.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dbprobe_core::{Class, Driver, Level, Phase, Plan, Report, Status, probe};
use tokio::time::timeout;

use super::case::cases;
use super::measure;
use super::outcome::{Stop, Verdict, broken, demand};
use super::report::{is_skipped, shown};
use super::stage::{Line, Stage, plan};
use super::tripwire::Tripwire;
use crate::proxy::Mode;

cases!("deadline": a_peer_that_never_answers, a_transport_that_never_answers_a_probe_of_it, a_dead_line_in_the_ping,
    a_dead_line_in_the_write, a_dead_line_in_the_read, a_dead_line_in_the_inspection, a_dead_line_in_the_goodbye,
    a_write_that_waits_is_stopped_on_the_server, a_probe_dropped_at_any_point_releases_everything);

/// The deadline of these cases: long enough to log in on a busy machine.
const TIMEOUT: Duration = Duration::from_millis(1000);
/// What the contract allows beyond it.
const SLACK: Duration = Duration::from_millis(50);
/// A machine with two cores and a dozen servers is late now and then; an engine is late each time.
const TRIES: usize = 3;

fn short() -> Plan {
    Plan { timeout: TIMEOUT, ..plan() }
}

/// The report of the first of a few probes that is in time.
async fn in_time<'a>(mut attempt: impl AsyncFnMut() -> Result<Report, Stop> + 'a) -> Result<Report, Stop> {
    let mut least = Duration::MAX;
    for _ in 0..TRIES {
        let began = Instant::now();
        let report = attempt().await?;
        let took = began.elapsed();
        if took <= TIMEOUT + SLACK {
            return Ok(report);
        }
        least = least.min(took);
    }
    broken(format!("a deadline of {TIMEOUT:?} was kept in none of {TRIES} probes; the quickest took {least:?}"))
}

/// The report is a time-out in `phase`.
fn timed_out(report: &Report, phase: impl Fn(Phase) -> bool, status: Status) -> Verdict {
    let failure = report.failure();
    let right = failure.is_some_and(|f| f.class == Class::Timeout && f.phase.is_some_and(&phase));
    demand!(right && report.status() == status, "expected a time-out and {status}: {}", shown(report));
    Ok(())
}

async fn a_peer_that_never_answers(stage: &Stage) -> Verdict {
    stage.needs_depth(Level::Ping).await?;
    let line = stage.line()?;
    line.proxy.set(Mode::Swallow);
    let report = in_time(async || Ok(probe(line.driver.as_ref(), &short()).await)).await?;
    timed_out(&report, |phase| phase > Phase::Tcp && stage.is_first_talk(phase), Status::Down)?;
    let failed = report.failure().and_then(|failure| failure.phase);
    for phase in [Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect] {
        if Some(phase) > failed {
            is_skipped(&report, phase)?;
        }
    }
    Ok(())
}

async fn a_transport_that_never_answers_a_probe_of_it(stage: &Stage) -> Verdict {
    let line = stage.line()?;
    line.proxy.set(Mode::Swallow);
    let plan = Plan { level: Level::Tcp, ..short() };
    // Whether a silent peer passes is the engine's business; that it ends is not.
    in_time(async || Ok(probe(line.driver.as_ref(), &plan).await)).await.map(|_| ())
}

async fn a_dead_line_in_the_ping(stage: &Stage) -> Verdict {
    dead_line(stage, Phase::Ping, Status::Down).await
}

async fn a_dead_line_in_the_write(stage: &Stage) -> Verdict {
    dead_line(stage, Phase::Write, Status::Degraded).await
}

async fn a_dead_line_in_the_read(stage: &Stage) -> Verdict {
    dead_line(stage, Phase::Read, Status::Down).await
}

async fn a_dead_line_in_the_inspection(stage: &Stage) -> Verdict {
    dead_line(stage, Phase::Inspect, Status::Degraded).await
}

async fn dead_line(stage: &Stage, phase: Phase, status: Status) -> Verdict {
    stage.needs_talk(phase)?;
    let report = in_time(async || Ok(probe(&wired(stage.line()?, phase), &short()).await)).await?;
    timed_out(&report, |seen| seen == phase, status)?;
    let later = [Phase::Write, Phase::Read, Phase::Inspect].into_iter().filter(|later| *later > phase);
    for later in later {
        is_skipped(&report, later)?;
    }
    Ok(())
}

async fn a_dead_line_in_the_goodbye(stage: &Stage) -> Verdict {
    let report = in_time(async || Ok(probe(&wired(stage.line()?, Phase::Close), &short()).await)).await?;
    demand!(report.status() == Status::Up, "a goodbye spoils nothing: {}", shown(&report));
    Ok(())
}

/// A driver whose line goes dead just before the step of `phase`.
fn wired(line: Line, phase: Phase) -> Tripwire {
    let proxy = Arc::new(line.proxy);
    Tripwire::new(&line.driver, phase, move || proxy.set(Mode::Blackhole))
}

async fn a_write_that_waits_is_stopped_on_the_server(stage: &Stage) -> Verdict {
    let driver = stage.driver()?;
    stage.up(driver.as_ref(), &plan()).await?;
    stage.sessions_become(0).await?;
    let guard = stage.block_writes().await?;
    let report = in_time(async || Ok(probe(driver.as_ref(), &short()).await)).await?;
    let failure = report.step(Phase::Write).and_then(|step| step.failure());
    let right = failure.is_some_and(|failure| matches!(failure.class, Class::Timeout | Class::Locked));
    demand!(right, "a write that waits for a lock is not told: {}", shown(&report));
    // The lock is still held: only a request to stop, or a limit of the server's, ends the statement.
    stage.sessions_become(0).await?;
    drop(guard);
    stage.up(driver.as_ref(), &plan()).await.map(|_| ())
}

async fn a_probe_dropped_at_any_point_releases_everything(stage: &Stage) -> Verdict {
    let driver = stage.driver()?;
    let whole = stage.up(driver.as_ref(), &plan()).await?.duration;
    stage.sessions_become(0).await.or_else(countless)?;
    let tasks = measure::tasks();
    for part in 0..32_u32 {
        dropped_after(driver.as_ref(), whole * part / 30).await;
    }
    stage.settles("tasks are left", tasks, measure::tasks).await?;
    stage.sessions_become(0).await.or_else(countless)?;
    // And no lock: the next write is not kept waiting.
    if stage.needs_rows().is_ok() {
        stage.up(driver.as_ref(), &plan()).await?;
    }
    Ok(())
}

async fn dropped_after(driver: &dyn Driver, time: Duration) {
    let plan = plan();
    let _ = timeout(time, probe(driver, &plan)).await;
}

/// A server that does not count its sessions is checked by the rest of the case.
fn countless(stop: Stop) -> Verdict {
    match stop {
        Stop::NotHere(_) => Ok(()),
        broken @ Stop::Broken(_) => Err(broken),
    }
}
