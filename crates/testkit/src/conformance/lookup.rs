//! Single facts.

use dbprobe_core::{Capability, Class, Lookup, Session};

use super::case::cases;
use super::outcome::{Stop, Verdict, demand, not_here};
use super::stage::{Stage, prober};

cases!("lookup": a_table_is_found_and_a_missing_one_is_not, a_hostile_name_is_only_a_name,
    what_is_found_agrees_with_the_server, what_the_role_may_not_see_is_not_there, the_clock_is_a_time, nothing_wanted_is_nothing_asked);

/// How far a server's clock may be from ours: it is the same machine, or one that keeps time.
const CLOCK: i64 = 60;

async fn session(stage: &Stage) -> Result<Box<dyn Session>, Stop> {
    stage.needs(Capability::Lookup)?;
    stage.session(stage.driver()?.as_ref()).await
}

async fn look_up(session: &mut dyn Session, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Stop> {
    let found = session.look_up(wanted).await.map_err(|failure| Stop::Broken(format!("look_up failed: {failure}")))?;
    demand!(found.len() == wanted.len(), "{} answers to {} questions", found.len(), wanted.len());
    demand!(!found.iter().any(|text| text.as_deref() == Some("")), "an answer is an empty text: {found:?}");
    Ok(found)
}

fn table(name: &str) -> Lookup {
    Lookup::Table(name.to_owned())
}

async fn a_table_is_found_and_a_missing_one_is_not(stage: &Stage) -> Verdict {
    stage.needs(Capability::HealthTable)?;
    let mut session = session(stage).await?;
    let request = super::access::request(&prober("lookup"))?;
    session.write(&request).await.map_err(|failure| Stop::Broken(failure.to_string()))?;
    let wanted = [table("_health_check_none"), table("_health_check"), table("nowhere._health_check"), table("")];
    let found = look_up(session.as_mut(), &wanted).await?;
    let [None, Some(name), None, None] = found.as_slice() else { return Err(Stop::Broken(format!("found {found:?}"))) };
    demand!(name.ends_with("_health_check") && name.len() > "_health_check".len(), "its full name is {name:?}");
    // The full name leads to the same table, whatever stands in front of it in the search path.
    let again = look_up(session.as_mut(), &[table(name)]).await?;
    demand!(again.as_slice() == [Some(name.clone())], "{name} is found as {again:?}");
    let _ = session.close().await;
    Ok(())
}

async fn a_hostile_name_is_only_a_name(stage: &Stage) -> Verdict {
    let mut session = session(stage).await?;
    let has_tables = stage.needs(Capability::HealthTable).is_ok();
    if has_tables {
        let request = super::access::request(&prober("lookup"))?;
        session.write(&request).await.map_err(|failure| Stop::Broken(failure.to_string()))?;
    }
    for name in [
        "a'; drop table _health_check; --",
        "a\\'; drop table _health_check; -- ",
        "\"; drop table _health_check; --",
        "`; drop table _health_check; --",
        "]; drop table _health_check; --",
        "x' or '1'='1",
        "*",
        "%",
        "[a-z]*",
        "_health%",
        "user_version = 7",
        "@P1",
        "ä\u{1f980}\r\n",
        "a\0b",
        &"x".repeat(10_000),
    ] {
        for lookup in [Lookup::Extension(name.into()), Lookup::Setting(name.into()), table(name)] {
            match session.look_up(std::slice::from_ref(&lookup)).await {
                Ok(found) => demand!(found == [None], "{lookup:?} is found: {found:?}"),
                Err(failure) if failure.class == Class::Unsupported => {}
                Err(failure) => return Err(Stop::Broken(format!("{lookup:?} failed: {failure}"))),
            }
        }
    }
    let pong = session.ping().await;
    demand!(pong.is_ok(), "the session is not what it was: {pong:?}");
    if has_tables {
        demand!(stage.rows().await.is_some(), "the health table is gone");
    }
    let _ = session.close().await;
    Ok(())
}

async fn what_is_found_agrees_with_the_server(stage: &Stage) -> Verdict {
    stage.needs(Capability::Lookup)?;
    let known = stage.known().await;
    if known.is_empty() {
        return not_here("the fixture knows nothing of it");
    }
    let mut session = stage.session(stage.open(&stage.fixture().dsn_that_sees_all())?.as_ref()).await?;
    let wanted: Vec<Lookup> = known.iter().map(|(lookup, _)| lookup.clone()).collect();
    let found = look_up(session.as_mut(), &wanted).await?;
    for ((lookup, expected), found) in known.iter().zip(&found) {
        demand!(found == expected, "{lookup:?} is {found:?}, the server says {expected:?}");
    }
    let _ = session.close().await;
    Ok(())
}

/// And it fails nothing of what is asked beside it.
async fn what_the_role_may_not_see_is_not_there(stage: &Stage) -> Verdict {
    stage.needs(Capability::Lookup)?;
    let mut wanted = stage.fixture().unseen();
    if wanted.is_empty() {
        return not_here("the role sees all that can be looked up");
    }
    wanted.push(Lookup::Network);
    let mut session = session(stage).await?;
    let found = look_up(session.as_mut(), &wanted).await?;
    let (network, unseen) = found.split_last().ok_or_else(|| Stop::Broken("no answer".to_owned()))?;
    demand!(unseen.iter().all(Option::is_none), "{wanted:?} is found: {unseen:?}");
    // By a Unix socket the role may not be told that either.
    demand!(network.as_deref() != Some("off"), "what may be seen is {network:?}");
    let _ = session.close().await;
    Ok(())
}

async fn the_clock_is_a_time(stage: &Stage) -> Verdict {
    stage.needs(Capability::Lookup)?;
    let mut session = stage.session(stage.open(&stage.fixture().dsn_that_sees_all())?.as_ref()).await?;
    let found = look_up(session.as_mut(), &[Lookup::Clock, Lookup::Clock]).await?;
    let [Some(first), Some(second)] = found.as_slice() else { return not_here("it has no clock of its own") };
    let read = |text: &str| text.parse::<jiff::Timestamp>().map_err(|error| Stop::Broken(format!("{text}: {error}")));
    let (first, second) = (read(first)?, read(second)?);
    demand!(first <= second, "the clock went back from {first} to {second}");
    let apart = first.as_second().abs_diff(jiff::Timestamp::now().as_second());
    demand!(apart <= CLOCK.unsigned_abs(), "the server's clock is {apart} s off");
    let _ = session.close().await;
    Ok(())
}

async fn nothing_wanted_is_nothing_asked(stage: &Stage) -> Verdict {
    let mut session = session(stage).await?;
    let found = look_up(session.as_mut(), &[]).await?;
    demand!(found.is_empty(), "found {found:?}");
    let _ = session.close().await;
    Ok(())
}
