//! Nothing a probe does outlives it.

use std::time::Duration;

use dbprobe_core::{Driver, Phase, Plan, probe};

use super::case::cases;
use super::measure;
use super::outcome::{Verdict, demand, not_here};
use super::stage::{Stage, plan};
use super::tripwire::Tripwire;
use crate::proxy::{Direction, Mode};

cases!("hygiene": probes_leave_no_task, probes_leave_no_descriptor(alone), probes_leave_no_thread(alone),
    probes_leave_no_session_on_the_server, lost_probes_leave_no_task, lost_probes_leave_no_descriptor(alone),
    a_dropped_session_is_gone);

/// Enough that what each probe leaves cannot be mistaken for chance.
const PROBES: usize = 12;

async fn probes(stage: &Stage, driver: &dyn Driver) -> Verdict {
    for _ in 0..PROBES {
        stage.up(driver, &plan()).await?;
    }
    Ok(())
}

async fn probes_leave_no_task(stage: &Stage) -> Verdict {
    probes(stage, stage.driver()?.as_ref()).await?;
    stage.settles("tasks are left", 0, measure::tasks).await
}

async fn probes_leave_no_descriptor(stage: &Stage) -> Verdict {
    let driver = stage.driver()?;
    // The first probe may open what the engine keeps for good, such as a resolver's configuration.
    stage.up(driver.as_ref(), &plan()).await?;
    let Some(before) = measure::descriptors() else { return not_here("the system does not list descriptors") };
    probes(stage, driver.as_ref()).await?;
    stage.settles("descriptors are open", before, || measure::descriptors().unwrap_or_default()).await
}

async fn probes_leave_no_thread(stage: &Stage) -> Verdict {
    let driver = stage.driver()?;
    stage.up(driver.as_ref(), &plan()).await?;
    let Some(before) = measure::threads() else { return not_here("the system does not list threads") };
    probes(stage, driver.as_ref()).await?;
    stage.settles("threads run", before, || measure::threads().unwrap_or_default()).await
}

async fn probes_leave_no_session_on_the_server(stage: &Stage) -> Verdict {
    stage.sessions_become(0).await?;
    probes(stage, stage.driver()?.as_ref()).await?;
    stage.sessions_become(0).await
}

/// Probes that go wrong in every way that a line can.
async fn losses(stage: &Stage) -> Verdict {
    let plan = Plan { timeout: Duration::from_millis(300), ..plan() };
    let cut = Mode::Cut { direction: Direction::ToClient, after: 20 };
    for mode in [Mode::Refuse, Mode::Reset, Mode::Swallow, Mode::noise(), cut] {
        let line = stage.line()?;
        line.proxy.set(mode);
        probe(line.driver.as_ref(), &plan).await;
    }
    for phase in [Phase::Ping, Phase::Write, Phase::Read] {
        for mode in [Mode::Reset, Mode::Blackhole] {
            let line = stage.line()?;
            let proxy = line.proxy;
            probe(&Tripwire::new(&line.driver, phase, move || proxy.set(mode.clone())), &plan).await;
        }
    }
    Ok(())
}

async fn lost_probes_leave_no_task(stage: &Stage) -> Verdict {
    losses(stage).await?;
    stage.settles("tasks are left", 0, measure::tasks).await
}

async fn lost_probes_leave_no_descriptor(stage: &Stage) -> Verdict {
    stage.line()?;
    stage.up(stage.driver()?.as_ref(), &plan()).await?;
    let Some(before) = measure::descriptors() else { return not_here("the system does not list descriptors") };
    losses(stage).await?;
    stage.settles("descriptors are open", before, || measure::descriptors().unwrap_or_default()).await
}

async fn a_dropped_session_is_gone(stage: &Stage) -> Verdict {
    let driver = stage.driver()?;
    let known = stage.sessions().await.is_ok();
    for _ in 0..3 {
        let mut session = stage.session(driver.as_ref()).await?;
        let pong = session.ping().await;
        demand!(pong.is_ok(), "the ping failed: {pong:?}");
        drop(session);
    }
    stage.settles("tasks are left", 0, measure::tasks).await?;
    if known { stage.sessions_become(0).await } else { Ok(()) }
}
