//! One round trip.

use dbprobe_core::{Capability, Class, Level, Lookup, Phase, Session, Status};

use super::case::cases;
use super::outcome::{Stop, Verdict, demand, not_here};
use super::report::is_failure;
use super::stage::{Line, Stage, plan, prober};
use super::tripwire::Tripwire;
use crate::proxy::Mode;

cases!("ping": it_asks_the_server, each_step_costs_one_round_trip, a_login_costs_what_the_protocol_needs,
    a_whole_check_costs_nothing_more);

async fn it_asks_the_server(stage: &Stage) -> Verdict {
    stage.needs_talk(Phase::Ping)?;
    let line = stage.line()?;
    let mut session = stage.session(line.driver.as_ref()).await?;
    let before = line.proxy.snapshot();
    let pong = session.ping().await;
    demand!(pong.is_ok(), "the ping failed: {pong:?}");
    let talk = line.proxy.snapshot().since(&before);
    demand!(talk.bytes_to_server > 0 && talk.bytes_to_client > 0, "nothing went over the line: {talk:?}");
    drop(session);
    // And it notices that nobody is there any more.
    let proxy = std::sync::Arc::new(line.proxy);
    let cut = std::sync::Arc::clone(&proxy);
    let driver = Tripwire::new(&line.driver, Phase::Ping, move || cut.set(Mode::Reset));
    let report = dbprobe_core::probe(&driver, &plan()).await;
    is_failure(&report, Phase::Ping, Class::Reset, Status::Down)
}

/// An answer may reach the proxy in two pieces with the next question between them only where a protocol allows that,
/// so the least of a few runs is what the engine needs.
const RUNS: usize = 5;

async fn each_step_costs_one_round_trip(stage: &Stage) -> Verdict {
    let line = stage.line()?;
    let mut session = stage.session(line.driver.as_ref()).await?;
    let mut least = [u64::MAX; 4];
    for _ in 0..RUNS {
        for (least, seen) in least.iter_mut().zip(round(stage, &line, session.as_mut()).await?) {
            *least = seen.min(*least);
        }
    }
    session.close().await.map_err(|failure| Stop::Broken(format!("close failed: {failure}")))?;
    let expected = stage.fixture().round_trips();
    demand!(least == expected, "round trips of ping, write, read and inspect: {least:?}, not {expected:?}");
    for (what, least) in lists(stage, &line).await? {
        demand!(least == 1, "round trips of {what}: {least}, not 1");
    }
    Ok(())
}

/// The round trips of what only tasks ask for, as far as the engine can.
async fn lists(stage: &Stage, line: &Line) -> Result<Vec<(&'static str, u64)>, Stop> {
    let failed = |failure| Stop::Broken(format!("a step failed: {failure}"));
    let mut session = stage.session(line.driver.as_ref()).await?;
    // What goes along with the first question of a session, and the steps before it.
    session.ping().await.map_err(failed)?;
    let mut seen = Vec::new();
    if stage.needs(Capability::Activity).is_ok() {
        let before = line.proxy.snapshot();
        session.activity().await.map_err(failed)?;
        seen.push(("activity", line.proxy.snapshot().since(&before).round_trips));
    }
    if stage.needs(Capability::Lookup).is_ok() {
        let before = line.proxy.snapshot();
        session.look_up(&[Lookup::Network, Lookup::Setting("none".to_owned()), Lookup::Proxy]).await.map_err(failed)?;
        seen.push(("look_up", line.proxy.snapshot().since(&before).round_trips));
    }
    Ok(seen)
}

/// The round trips of a ping, a write, a read and an inspection. The first write may create the table.
async fn round(stage: &Stage, line: &Line, session: &mut dyn Session) -> Result<[u64; 4], Stop> {
    let failed = |failure| Stop::Broken(format!("a step failed: {failure}"));
    let mut counts = [0; 4];
    let mut last = line.proxy.snapshot();
    let mut lap = |at: usize| {
        let now = line.proxy.snapshot();
        counts[at] = now.since(&last).round_trips;
        last = now;
    };
    if session.depth() >= Level::Ping {
        session.ping().await.map_err(failed)?;
    }
    lap(0);
    let written = if stage.needs_writes().is_ok() {
        Some(session.write(&super::access::request(&prober("round"))?).await.map_err(failed)?)
    } else {
        None
    };
    lap(1);
    if session.depth() >= Level::Read {
        session.read(written.as_ref()).await.map_err(failed)?;
    }
    lap(2);
    session.inspect().await.map_err(failed)?;
    lap(3);
    Ok(counts)
}

async fn a_login_costs_what_the_protocol_needs(stage: &Stage) -> Verdict {
    let line = stage.line()?;
    let Some(expected) = line.network.login_round_trips else { return not_here("its login has no fixed length") };
    if expected == 0 {
        return not_here("nothing is said before the first question");
    }
    let mut least = u64::MAX;
    for _ in 0..RUNS {
        let before = line.proxy.snapshot();
        let session = stage.session(line.driver.as_ref()).await?;
        let talk = || line.proxy.snapshot().since(&before);
        // The end of a TLS 1.3 handshake needs no answer, so it may still be on its way to the proxy.
        let missing = || usize::try_from(expected.saturating_sub(talk().round_trips)).unwrap_or(usize::MAX);
        stage.settles("round trips are missing in a login", 0, missing).await?;
        let talk = talk();
        demand!(talk.connections == 1, "it took {} connections", talk.connections);
        least = least.min(talk.round_trips);
        drop(session);
    }
    demand!(least == expected, "it took {least} round trips, not {expected}");
    Ok(())
}

async fn a_whole_check_costs_nothing_more(stage: &Stage) -> Verdict {
    let line = stage.line()?;
    let Some(login) = line.network.login_round_trips else { return not_here("its login has no fixed length") };
    stage.up(line.driver.as_ref(), &plan()).await?; // creates the table
    let mut least = u64::MAX;
    for _ in 0..RUNS {
        let before = line.proxy.snapshot();
        stage.up(line.driver.as_ref(), &plan()).await?;
        let talk = line.proxy.snapshot().since(&before);
        demand!(talk.connections == 1, "it took {} connections", talk.connections);
        least = least.min(talk.round_trips);
    }
    // Ping, write, read and inspection; a goodbye is a flight that may stay without an answer.
    let most = login + stage.fixture().round_trips().iter().sum::<u64>() + 1;
    demand!(least <= most, "it took {least} round trips, more than {most} with the goodbye");
    Ok(())
}
