//! Writes that prove something, and reads that compare.

use dbprobe_core::{
    Capability, Class, ExpectedRole, Nonce, Phase, Plan, Prober, Report, Role, Status, WriteMode, WriteProof,
    WriteRequest, probe,
};
use futures_util::future::join_all;

use super::case::cases;
use super::outcome::{Stop, Verdict, broken, demand, not_here};
use super::report::{is_failure, is_skipped, is_up, shown};
use super::stage::{Stage, plan, prober};
use crate::environment;

cases!("access": every_mode_is_proven_and_read_back, no_write_is_no_row, the_table_is_not_created_unasked,
    a_missing_table_is_said_so, a_table_that_exists_is_used, many_writes_leave_one_row, each_prober_has_a_row_of_its_own,
    probers_of_one_name_do_not_disturb_each_other, fifty_first_probers_create_the_table_together,
    a_stale_read_is_noticed, a_vanished_row_is_noticed, a_read_only_session_is_not_written_to);

/// A write into `prober`'s row, which creates the table where it is missing.
pub(crate) fn request(prober: &Prober) -> Result<WriteRequest, Stop> {
    let nonce = Nonce::random().map_err(|failure| Stop::Broken(failure.to_string()))?;
    Ok(WriteRequest { nonce, mode: WriteMode::Table, create_health_table: true, prober: prober.clone() })
}

fn proof(report: &Report, phase: Phase) -> Option<WriteProof> {
    report.step(phase).and_then(|step| step.proof)
}

async fn every_mode_is_proven_and_read_back(stage: &Stage) -> Verdict {
    stage.reset().await;
    let driver = stage.driver()?;
    stage.needs_writes()?;
    let mut modes = Vec::new();
    if stage.engine.capabilities.contains(&Capability::HealthTable) {
        modes.push(WriteMode::Table);
    }
    if stage.engine.capabilities.contains(&Capability::WriteWithoutTable) {
        modes.push(WriteMode::Rollback);
    }
    modes.push(WriteMode::Auto);
    for write in modes {
        let report = stage.up(driver.as_ref(), &Plan { write, ..plan() }).await?;
        let (written, read) = (proof(&report, Phase::Write), proof(&report, Phase::Read));
        demand!(written.is_some() && written == read, "{write:?}: written {written:?}, read {read:?}");
        let expected = match written {
            Some(WriteProof::Key) => stage.needs(Capability::HealthKey).is_ok(),
            Some(WriteProof::Table) => write != WriteMode::Rollback,
            _ => write == WriteMode::Rollback,
        };
        demand!(expected, "{write:?} was proven by {written:?}");
    }
    Ok(())
}

async fn no_write_is_no_row(stage: &Stage) -> Verdict {
    stage.needs_writes()?;
    stage.reset().await;
    let report = stage.up(stage.driver()?.as_ref(), &Plan { write: WriteMode::None, ..plan() }).await?;
    is_skipped(&report, Phase::Write)?;
    demand!(report.step(Phase::Read).is_some_and(|step| step.passed()), "it was not read: {}", shown(&report));
    demand!(stage.rows().await.is_none(), "a table was created");
    Ok(())
}

async fn the_table_is_not_created_unasked(stage: &Stage) -> Verdict {
    stage.needs(Capability::WriteWithoutTable)?;
    stage.reset().await;
    let auto = Plan { write: WriteMode::Auto, create_health_table: false, ..plan() };
    let report = stage.up(stage.driver()?.as_ref(), &auto).await?;
    let proof = proof(&report, Phase::Write);
    demand!(proof.is_some_and(|proof| proof != WriteProof::Table), "without a table it was proven by {proof:?}");
    demand!(stage.rows().await.is_none(), "a table was created");
    Ok(())
}

async fn a_missing_table_is_said_so(stage: &Stage) -> Verdict {
    stage.needs(Capability::HealthTable)?;
    stage.reset().await;
    let report = probe(stage.driver()?.as_ref(), &Plan { create_health_table: false, ..plan() }).await;
    is_failure(&report, Phase::Write, Class::NotFound, Status::Degraded)?;
    demand!(report.failure().is_some_and(|failure| failure.advice.is_some()), "without advice: {}", shown(&report));
    Ok(())
}

async fn a_table_that_exists_is_used(stage: &Stage) -> Verdict {
    stage.needs(Capability::HealthTable)?;
    let driver = stage.driver()?;
    stage.up(driver.as_ref(), &plan()).await?;
    let auto = Plan { write: WriteMode::Auto, create_health_table: false, ..plan() };
    let report = stage.up(driver.as_ref(), &auto).await?;
    let proof = proof(&report, Phase::Write);
    demand!(proof == Some(WriteProof::Table), "with a table it was proven by {proof:?}");
    Ok(())
}

async fn many_writes_leave_one_row(stage: &Stage) -> Verdict {
    stage.needs_rows()?;
    stage.reset().await;
    let mut session = stage.session(stage.driver()?.as_ref()).await?;
    let prober = prober("many");
    let writes = environment::writes();
    for _ in 0..writes {
        let step = async {
            let written =
                session.write(&request(&prober)?).await.map_err(|failure| Stop::Broken(failure.to_string()))?;
            session.read(Some(&written)).await.map_err(|failure| Stop::Broken(failure.to_string()))
        };
        step.await?;
    }
    let _ = session.close().await;
    let rows = stage.rows().await;
    demand!(rows == Some(1), "{writes} writes left {rows:?} rows");
    Ok(())
}

async fn each_prober_has_a_row_of_its_own(stage: &Stage) -> Verdict {
    stage.needs_rows()?;
    stage.reset().await;
    let driver = stage.driver()?;
    let longest = "x".repeat(Prober::LONGEST);
    for name in ["a", "eu-west/probe_1@host:9091", &longest] {
        for _ in 0..2 {
            stage.up(driver.as_ref(), &Plan { prober: prober(name), ..plan() }).await?;
        }
    }
    let rows = stage.rows().await;
    demand!(rows == Some(3), "three probers have {rows:?} rows");
    Ok(())
}

async fn probers_of_one_name_do_not_disturb_each_other(stage: &Stage) -> Verdict {
    stage.needs_rows()?;
    let driver = stage.driver()?;
    stage.up(driver.as_ref(), &plan()).await?;
    for _ in 0..5 {
        let plan = plan();
        for report in join_all((0..8).map(|_| probe(driver.as_ref(), &plan))).await {
            is_up(&report)?;
        }
    }
    Ok(())
}

async fn fifty_first_probers_create_the_table_together(stage: &Stage) -> Verdict {
    stage.needs(Capability::HealthTable)?;
    stage.reset().await;
    let driver = stage.driver()?;
    let plans: Vec<Plan> = (0..50)
        .map(|at| Plan {
            prober: prober(&format!("first-{at}")),
            timeout: std::time::Duration::from_secs(30),
            ..plan()
        })
        .collect();
    for report in join_all(plans.iter().map(|plan| probe(driver.as_ref(), plan))).await {
        is_up(&report)?;
    }
    let rows = stage.rows().await;
    demand!(rows == Some(50), "fifty probers have {rows:?} rows");
    Ok(())
}

async fn a_stale_read_is_noticed(stage: &Stage) -> Verdict {
    stage.needs_rows()?;
    let mut session = stage.session(stage.driver()?.as_ref()).await?;
    let prober = prober("stale");
    for _ in 0..2 {
        let written = session.write(&request(&prober)?).await.map_err(|failure| Stop::Broken(failure.to_string()))?;
        session.read(Some(&written)).await.map_err(|failure| Stop::Broken(failure.to_string()))?;
    }
    let written = session.write(&request(&prober)?).await.map_err(|failure| Stop::Broken(failure.to_string()))?;
    stage.make_stale(&prober).await?;
    match session.read(Some(&written)).await {
        Ok(()) => broken("an older row was taken for what had just been written"),
        Err(failure) if failure.class == Class::StaleRead => Ok(()),
        Err(failure) => broken(format!("an older row is {}, not stale_read: {failure}", failure.class)),
    }
}

async fn a_vanished_row_is_noticed(stage: &Stage) -> Verdict {
    stage.needs_rows()?;
    let mut session = stage.session(stage.driver()?.as_ref()).await?;
    let written =
        session.write(&request(&prober("gone"))?).await.map_err(|failure| Stop::Broken(failure.to_string()))?;
    stage.reset().await;
    match session.read(Some(&written)).await {
        Ok(()) => broken("a row that is gone was read"),
        Err(failure) if matches!(failure.class, Class::NotFound | Class::StaleRead) => Ok(()),
        Err(failure) => broken(format!("a row that is gone is {}: {failure}", failure.class)),
    }
}

async fn a_read_only_session_is_not_written_to(stage: &Stage) -> Verdict {
    let Some(dsn) = stage.fixture().read_only_dsn() else { return not_here("it has no read-only side") };
    let driver = stage.open(&dsn)?;
    let report = stage.up(driver.as_ref(), &plan()).await?;
    let reason = is_skipped(&report, Phase::Write)?;
    demand!(reason == "read_only", "the write was skipped because of {reason:?}");
    demand!(report.inspection.read_only == Some(true), "read_only is {:?}", report.inspection.read_only);
    let primary = probe(driver.as_ref(), &Plan { expect_role: ExpectedRole::Primary, ..plan() }).await;
    match report.role() {
        Some(Role::Replica) => is_failure(&primary, Phase::Inspect, Class::RoleMismatch, Status::Degraded),
        _ => is_failure(&primary, Phase::Write, Class::ReadOnly, Status::Degraded),
    }
}
