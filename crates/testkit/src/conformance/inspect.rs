//! Facts about the server.

use std::time::Duration;

use dbprobe_core::{Capability, Inspection};

use super::case::cases;
use super::outcome::{Verdict, demand};
use super::stage::{Stage, plan};

cases!("inspect": the_facts_are_plausible, the_facts_agree_with_the_server, what_is_not_known_is_absent);

/// How far the server's clock and its start may be read apart.
const CLOCK: Duration = Duration::from_secs(5);

async fn inspected(stage: &Stage) -> Result<Inspection, super::outcome::Stop> {
    Ok(stage.up(stage.driver()?.as_ref(), &plan()).await?.inspection)
}

async fn the_facts_are_plausible(stage: &Stage) -> Verdict {
    let facts = inspected(stage).await?;
    let version = facts.version.as_deref();
    demand!(version.is_none_or(|it| it.starts_with(|c: char| c.is_ascii_digit())), "the version is {version:?}");
    if stage.needs_writes().is_ok() {
        demand!(version.is_some(), "a database has not told its version");
        demand!(facts.read_only == Some(false), "a session that wrote is read_only {:?}", facts.read_only);
    }
    if stage.needs(Capability::Role).is_ok() {
        demand!(facts.role.is_some(), "an engine that tells roles has not told one");
    }
    if stage.needs(Capability::Connections).is_ok() {
        let (Some(used), Some(most)) = (facts.connections, facts.connections_max) else {
            return super::outcome::broken("an engine that counts connections has not counted them");
        };
        demand!(used >= 1 && used <= most, "{used} of {most} connections, this one included");
    }
    demand!(facts.size_bytes.is_none_or(|size| size > 0), "a database of no bytes");
    let started = facts.started_at.map(|at| at.as_second());
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_secs() + CLOCK.as_secs());
    demand!(started.is_none_or(|at| at > 0 && at as u64 <= now), "the server started at {started:?}");
    Ok(())
}

async fn the_facts_agree_with_the_server(stage: &Stage) -> Verdict {
    let (seen, known) = (inspected(stage).await?, stage.facts().await);
    if let Some(version) = &known.version {
        let agrees = seen.version.as_ref().is_some_and(|seen| seen.starts_with(version.as_str()));
        demand!(agrees, "version {:?}, the server says {version:?}", seen.version);
    }
    demand!(known.role.is_none() || seen.role == known.role, "role {:?}, not {:?}", seen.role, known.role);
    let (most, said) = (seen.connections_max, known.connections_max);
    demand!(said.is_none() || most == said, "connections_max {most:?}, the server says {said:?}");
    if let (Some(said), seen) = (known.started_at, seen.started_at) {
        let near = seen.is_some_and(|seen| seen.as_second().abs_diff(said.as_second()) <= CLOCK.as_secs());
        demand!(near, "started_at {seen:?}, the server says {said}");
    }
    if let (Some(said), seen) = (known.size_bytes, seen.size_bytes) {
        let near = seen.is_some_and(|seen| seen <= said * 2 && said <= seen * 2);
        demand!(near, "size_bytes {seen:?}, the server says {said}");
    }
    for (name, said) in &known.facts {
        let seen = seen.facts.get(name);
        demand!(seen == Some(said), "the fact {name} is {seen:?}, the server says {said:?}");
    }
    Ok(())
}

async fn what_is_not_known_is_absent(stage: &Stage) -> Verdict {
    let report = stage.up(stage.driver()?.as_ref(), &plan()).await?;
    let text = serde_json::to_string(&report).expect("a report is JSON");
    demand!(!text.contains(":null"), "a value is null: {text}");
    let facts = &report.inspection;
    demand!(facts.connections != Some(0), "0 connections while this one is open");
    demand!(facts.connections_max != Some(0), "0 connections are allowed and this one is open");
    demand!(facts.version.as_deref() != Some(""), "the version is an empty text");
    demand!(!facts.facts.values().any(String::is_empty), "a fact is an empty text: {:?}", facts.facts);
    Ok(())
}
