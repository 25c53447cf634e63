//! From a DSN to a session.

use dbprobe_core::{Level, Phase, Report, Status, Step, probe};

use super::case::cases;
use super::outcome::{Stop, Verdict, demand, not_here};
use super::report::{is_up, shown};
use super::stage::{Stage, plan_to};

cases!("connect": its_phases_come_in_order_and_are_timed, the_address_that_answered_is_reported,
    reaching_is_no_login, logging_in_is_no_ping);

async fn its_phases_come_in_order_and_are_timed(stage: &Stage) -> Verdict {
    let report = stage.up(stage.driver()?.as_ref(), &plan_to(Level::Auth)).await?;
    let mut expected = stage.fixture().connect_phases();
    expected.push(Phase::Close);
    let seen: Vec<Phase> = report.steps.iter().map(|step| step.phase).collect();
    demand!(seen == expected, "expected the phases {expected:?}, seen {seen:?}");
    are_timed(&report)
}

/// Every step began after the one before it had ended, and they all fit into the whole.
pub(crate) fn are_timed(report: &Report) -> Result<(), Stop> {
    let mut end = std::time::Duration::ZERO;
    for Step { phase, start, duration, outcome, .. } in &report.steps {
        if let dbprobe_core::Outcome::Skipped(_) = outcome {
            demand!(duration.is_none(), "{phase} was skipped and yet took {duration:?}");
            continue;
        }
        let (Some(start), Some(duration)) = (*start, *duration) else {
            return super::outcome::broken(format!("{phase} has no time: {}", shown(report)));
        };
        demand!(!duration.is_zero(), "{phase} took no time at all");
        demand!(start >= end, "{phase} began at {start:?}, before the step before it had ended at {end:?}");
        end = start + duration;
    }
    demand!(end <= report.duration, "the steps ended at {end:?} and the probe at {:?}", report.duration);
    Ok(())
}

async fn the_address_that_answered_is_reported(stage: &Stage) -> Verdict {
    let line = stage.line()?;
    let report = stage.up(line.driver.as_ref(), &plan_to(Level::Ping)).await?;
    let address = line.proxy.address().to_string();
    demand!(report.address.as_ref() == Some(&address), "expected {address}, reported {:?}", report.address);
    Ok(())
}

async fn reaching_is_no_login(stage: &Stage) -> Verdict {
    let line = stage.line()?;
    let before = stage.sessions().await.ok();
    let report = probe(line.driver.as_ref(), &plan_to(Level::Tcp)).await;
    is_up(&report)?;
    let late = report.steps.iter().find(|step| step.phase > Phase::Auth);
    demand!(late.is_none(), "it went further than the transport: {}", shown(&report));
    match before {
        Some(before) => stage.sessions_become(before).await,
        None => Ok(()),
    }
}

async fn logging_in_is_no_ping(stage: &Stage) -> Verdict {
    if stage.fixture().connect_phases().is_empty() {
        return not_here("there is nothing to log in to");
    }
    let report = probe(stage.driver()?.as_ref(), &plan_to(Level::Auth)).await;
    demand!(report.status() == Status::Up, "not up: {}", shown(&report));
    for phase in [Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect] {
        demand!(report.step(phase).is_none(), "{phase} was not asked for: {}", shown(&report));
    }
    Ok(())
}
