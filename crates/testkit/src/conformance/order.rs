//! The order of steps, and what follows from a lost one.

use std::sync::Arc;

use dbprobe_core::{Class, Phase, Status, probe};

use super::case::cases;
use super::connect::are_timed;
use super::outcome::{Verdict, demand};
use super::report::{is_failure, is_skipped, shown};
use super::stage::{Stage, plan};
use super::tripwire::Tripwire;
use crate::proxy::Mode;

cases!("order": a_whole_probe_takes_every_step_once, after_a_loss_nothing_more_is_tried);

async fn a_whole_probe_takes_every_step_once(stage: &Stage) -> Verdict {
    let report = stage.up(stage.driver()?.as_ref(), &plan()).await?;
    let mut expected = stage.fixture().connect_phases();
    expected.extend([Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect, Phase::Close]);
    let seen: Vec<Phase> = report.steps.iter().map(|step| step.phase).collect();
    demand!(seen == expected, "expected the phases {expected:?}, seen {seen:?}");
    demand!(report.attempts.is_empty(), "it was tried more than once: {:?}", report.attempts);
    are_timed(&report)
}

async fn after_a_loss_nothing_more_is_tried(stage: &Stage) -> Verdict {
    let steps = [Phase::Ping, Phase::Write, Phase::Read, Phase::Inspect];
    for (at, phase) in steps.into_iter().enumerate().filter(|(_, phase)| stage.round_trips(*phase) > 0) {
        let line = stage.line()?;
        let proxy = Arc::new(line.proxy);
        let cut = Arc::clone(&proxy);
        let driver = Tripwire::new(&line.driver, phase, move || cut.set(Mode::Reset));
        let report = probe(&driver, &plan()).await;
        // Whoever hangs up in a write is not known to answer any more.
        is_failure(&report, phase, Class::Reset, Status::Down)?;
        for later in &steps[at + 1..] {
            is_skipped(&report, *later)?;
        }
        demand!(report.step(Phase::Close).is_none(), "a lost session was said goodbye to: {}", shown(&report));
    }
    Ok(())
}
