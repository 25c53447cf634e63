//! The goodbye.

use dbprobe_core::Phase;

use super::case::cases;
use super::outcome::{Verdict, demand};
use super::report::shown;
use super::stage::{Stage, plan};

cases!("close": a_goodbye_passes, the_server_has_no_session_afterwards, the_line_is_closed_afterwards);

async fn a_goodbye_passes(stage: &Stage) -> Verdict {
    let report = stage.up(stage.driver()?.as_ref(), &plan()).await?;
    let passed = report.step(Phase::Close).is_some_and(|step| step.passed());
    demand!(passed, "the goodbye did not pass: {}", shown(&report));
    Ok(())
}

async fn the_server_has_no_session_afterwards(stage: &Stage) -> Verdict {
    let driver = stage.driver()?;
    stage.sessions_become(0).await?;
    let session = stage.session(driver.as_ref()).await?;
    stage.sessions_become(1).await?;
    let closed = session.close().await;
    demand!(closed.is_ok(), "the goodbye failed: {closed:?}");
    stage.sessions_become(0).await
}

async fn the_line_is_closed_afterwards(stage: &Stage) -> Verdict {
    let line = stage.line()?;
    let session = stage.session(line.driver.as_ref()).await?;
    let closed = session.close().await;
    demand!(closed.is_ok(), "the goodbye failed: {closed:?}");
    let open = || usize::try_from(line.proxy.snapshot().open).unwrap_or(usize::MAX);
    stage.settles("connections are open", 0, open).await
}
