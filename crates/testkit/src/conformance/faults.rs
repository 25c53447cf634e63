//! What is wrong, and what a report has to say about it: the faults that every line can have, and an engine's own table.

use std::sync::Arc;

use dbprobe_core::{Class, Level, Monitor, Phase, Policy, Report, Status, probe};

use super::case::cases;
use super::outcome::{Verdict, demand, not_here};
use super::report::{is_failure, is_up, shown};
use super::stage::{Stage, plan};
use crate::fixture::{Fault, Fixture, Missing};
use crate::proxy::{Direction, Mode};

cases!("faults": nobody_listens, the_connection_is_cut_at_once, the_connection_is_cut_in_the_login,
    something_else_answers, a_web_server_answers);

async fn nobody_listens(stage: &Stage) -> Verdict {
    let report = with(stage, Mode::Refuse).await?;
    is_failure(&report, Phase::Tcp, Class::Refused, Status::Down)
}

async fn the_connection_is_cut_at_once(stage: &Stage) -> Verdict {
    let report = with(stage, Mode::Reset).await?;
    at_first(stage, &report, Class::Reset)
}

async fn the_connection_is_cut_in_the_login(stage: &Stage) -> Verdict {
    let report = with(stage, Mode::Cut { direction: Direction::ToClient, after: 5 }).await?;
    at_first(stage, &report, Class::Reset)
}

async fn something_else_answers(stage: &Stage) -> Verdict {
    let report = with(stage, Mode::noise()).await?;
    at_first(stage, &report, Class::Protocol)
}

async fn a_web_server_answers(stage: &Stage) -> Verdict {
    if stage.engine.schemes.contains(&"http") {
        return not_here("a web server is what it asks for");
    }
    let report = with(stage, Mode::web_server()).await?;
    at_first(stage, &report, Class::Protocol)
}

async fn with(stage: &Stage, mode: Mode) -> Result<Report, super::outcome::Stop> {
    let line = stage.line()?;
    let nobody = matches!(mode, Mode::Refuse);
    if !nobody {
        stage.needs_depth(Level::Ping).await?;
    }
    line.proxy.set(mode);
    Ok(probe(line.driver.as_ref(), &plan()).await)
}

/// The report shows `class` when the peer is heard for the first time.
fn at_first(stage: &Stage, report: &Report, class: Class) -> Verdict {
    let failure = report.failure();
    let early = |phase: Phase| stage.is_first_talk(phase);
    let right = failure.is_some_and(|f| f.class == class && f.phase.is_some_and(early));
    demand!(right && report.status() == Status::Down, "expected {class} and down, seen {}", shown(report));
    Ok(())
}

/// One row of an engine's table.
pub(super) async fn row<F: Fixture>(stage: &Stage, fixture: Arc<F>, fault: &'static Fault<F>) -> Verdict {
    let prepared = stage.on_house(async move { (fault.prepare)(&fixture).await }).await;
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(Missing { why }) => return not_here(why),
    };
    let driver = stage.open(&prepared.dsn)?;
    let report = match prepared.between {
        None => Arc::new(probe(driver.as_ref(), &prepared.plan).await),
        Some(between) => {
            let policy = Policy { max_connection_age: std::time::Duration::from_secs(600), ..Policy::default() };
            let mut monitor = Monitor::new(driver, prepared.plan.clone(), policy);
            is_up(&*monitor.probe().await)?;
            let guard = stage.on_house(async move { between().await }).await;
            let report = monitor.probe().await;
            drop((guard, monitor));
            report
        }
    };
    drop(prepared.guard);
    is_failure(&report, fault.phase, fault.class, fault.status)?;
    let code = report.failure().and_then(|failure| failure.code.as_deref());
    demand!(fault.code.is_none() || code == fault.code, "the code is {code:?}, not {:?}", fault.code);
    let advice = report.failure().and_then(|failure| failure.advice.as_ref());
    demand!(advice.is_some(), "it comes without advice: {}", shown(&report));
    Ok(())
}
