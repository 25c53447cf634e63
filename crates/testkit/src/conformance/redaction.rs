//! No output holds a password, in any spelling, whether things go well or wrong.

use std::error::Error;

use dbprobe_core::{Driver, Dsn, DsnError, Plan, Report, SetupOptions, probe};

use super::case::cases;
use super::outcome::{Stop, Verdict, demand, not_here};
use super::stage::{Stage, plan};
use crate::proxy::{Direction, Mode};
use crate::secrecy::{PLANTED, PLANTED_PLAIN, find_secret};

cases!("redaction": no_spelling_of_a_dsn_shows_its_password, a_good_probe_shows_no_password,
    no_failure_of_the_line_shows_a_password);

async fn no_spelling_of_a_dsn_shows_its_password(stage: &Stage) -> Verdict {
    let (mut tried, mut opened) = (0, 0);
    for password in [PLANTED, PLANTED_PLAIN] {
        for (at, spelling) in stage.fixture().spellings(password).into_iter().enumerate() {
            tried += 1;
            let hidden = |text: &str| hides(text, password, at);
            let dsn = match Dsn::parse(&spelling) {
                Ok(dsn) => dsn,
                Err(error) => {
                    hidden(&of_error(&error))?;
                    continue;
                }
            };
            hidden(&format!("{dsn:?} {dsn:#?}"))?;
            match (stage.engine.open)(&dsn) {
                Ok(driver) => {
                    opened += 1;
                    hidden(&of_driver(driver.as_ref()))?;
                    let plan = Plan { timeout: std::time::Duration::from_secs(3), ..plan() };
                    hidden(&of_report(&probe(driver.as_ref(), &plan).await))?;
                }
                Err(error) => hidden(&of_error(&error))?,
            }
        }
    }
    if tried == 0 {
        return not_here("its DSNs have no place for a password");
    }
    // Where a DSN has a place for one, refusing them all would prove nothing.
    demand!(opened > 0 || stage.fixture().secret().is_none(), "the engine opened none of the spellings");
    Ok(())
}

fn hides(text: &str, password: &str, at: usize) -> Result<(), Stop> {
    let found = find_secret(text, password);
    demand!(found.is_none(), "the password of spelling {at} is shown {}", found.unwrap_or_default());
    Ok(())
}

async fn a_good_probe_shows_no_password(stage: &Stage) -> Verdict {
    let Some(secret) = stage.fixture().secret() else { return not_here("its DSN has no password") };
    let driver = stage.driver()?;
    let report = stage.up(driver.as_ref(), &plan()).await?;
    hides(&of_report(&report), &secret, 0)?;
    hides(&of_driver(driver.as_ref()), &secret, 0)
}

async fn no_failure_of_the_line_shows_a_password(stage: &Stage) -> Verdict {
    let Some(secret) = stage.fixture().secret() else { return not_here("its DSN has no password") };
    let line = stage.line()?;
    let plan = Plan { timeout: std::time::Duration::from_millis(500), ..plan() };
    let cut = |direction, after| Mode::Cut { direction, after };
    let modes = [
        Mode::Refuse,
        Mode::Reset,
        Mode::Swallow,
        Mode::noise(),
        Mode::web_server(),
        cut(Direction::ToClient, 0),
        cut(Direction::ToClient, 9),
        cut(Direction::ToClient, 40),
        cut(Direction::ToServer, 60),
    ];
    for mode in modes {
        line.proxy.set(mode.clone());
        let report = probe(line.driver.as_ref(), &plan).await;
        let found = find_secret(&of_report(&report), &secret);
        demand!(found.is_none(), "with {mode:?} the password is shown {}", found.unwrap_or_default());
    }
    Ok(())
}

fn of_error(error: &DsnError) -> String {
    format!("{error} {error:?} {error:#?} {:?}", error.advice())
}

fn of_driver(driver: &dyn Driver) -> String {
    let target = driver.target();
    let reading = serde_json::to_string(&target.reading()).expect("a reading is JSON");
    let setup = driver.setup(&SetupOptions { role: Some("probe".to_owned()) });
    format!("{driver:?} {driver:#?} {target:?} {} {} {reading} {setup:?}", target.redacted, target.name())
}

/// The report in every form, with the whole chain of causes of every failure.
fn of_report(report: &Report) -> String {
    let json = serde_json::to_string(report).expect("a report is JSON");
    let failures = report.steps.iter().filter_map(|step| step.failure());
    let failures = failures.chain(report.attempts.iter().map(|attempt| &attempt.failure));
    let mut text = format!("{json} {report:?} {report:#?}");
    for failure in failures {
        let mut cause: Option<&dyn Error> = Some(failure);
        while let Some(error) = cause {
            text.push_str(&format!(" {error} {error:?} {error:#?}"));
            cause = error.source();
        }
    }
    text
}
