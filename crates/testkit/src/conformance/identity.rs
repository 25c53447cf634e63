//! Who the engine says it is, and what it makes of a DSN. Nothing is sent.

use std::collections::BTreeSet;

use dbprobe_core::{Capability, Dsn};

use super::case::cases;
use super::outcome::{Verdict, demand, not_here};
use super::stage::Stage;
use crate::secrecy::find_secret;

cases!("identity": its_names_are_words_for_users, it_opens_its_own_dsn, its_debug_and_its_target_hide_the_password,
    a_broken_dsn_is_an_error_and_never_a_panic);

async fn its_names_are_words_for_users(stage: &Stage) -> Verdict {
    let engine = stage.engine;
    let word = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    demand!(word(engine.name), "the name {:?} is not a lower-case word", engine.name);
    demand!(!engine.schemes.is_empty(), "it has no scheme");
    for scheme in engine.schemes {
        let read = Dsn::parse(&format!("{scheme}:x")).map(|dsn| dsn.scheme().to_owned());
        demand!(read.as_deref() == Ok(*scheme), "{scheme:?} is not a lower-case scheme");
    }
    let abilities: BTreeSet<Capability> = engine.capabilities.iter().copied().collect();
    demand!(abilities.len() == engine.capabilities.len(), "a capability is listed twice");
    Ok(())
}

async fn it_opens_its_own_dsn(stage: &Stage) -> Verdict {
    let driver = stage.driver()?;
    let target = driver.target();
    demand!(target.engine == stage.engine.name, "the target belongs to {:?}", target.engine);
    demand!(!target.name().is_empty(), "the target has no name");
    let secret = stage.fixture().secret();
    demand!(target.has_password == secret.is_some(), "has_password is {}", target.has_password);
    let network = stage.fixture().network().is_some();
    demand!(network != target.endpoints.is_empty(), "the target's endpoints are {:?}", target.endpoints);
    let shown = Dsn::parse(&target.redacted).map(|dsn| dsn.scheme().to_owned());
    let ours = shown.as_ref().is_ok_and(|scheme| stage.engine.schemes.contains(&scheme.as_str()));
    demand!(ours, "what is shown of the DSN is no DSN of the engine: {:?}", target.redacted);
    Ok(())
}

async fn its_debug_and_its_target_hide_the_password(stage: &Stage) -> Verdict {
    let Some(secret) = stage.fixture().secret() else { return not_here("its DSN has no password") };
    let driver = stage.driver()?;
    let target = driver.target();
    let reading = serde_json::to_string(&target.reading()).expect("a reading is JSON");
    let outputs = [
        ("the driver's Debug", format!("{driver:?} {driver:#?}")),
        ("the target's Debug", format!("{target:?} {target:#?}")),
        ("the redacted DSN", target.redacted.clone()),
        ("the target's name", target.name()),
        ("the reading", reading),
    ];
    for (what, output) in outputs {
        let found = find_secret(&output, &secret);
        demand!(found.is_none(), "{what} shows the password {}", found.unwrap_or_default());
    }
    Ok(())
}

async fn a_broken_dsn_is_an_error_and_never_a_panic(stage: &Stage) -> Verdict {
    let dsn = stage.fixture().dsn();
    let secret = stage.fixture().secret();
    for broken in broken_dsns(&dsn) {
        let Ok(parsed) = Dsn::parse(&broken) else { continue };
        let Err(error) = (stage.engine.open)(&parsed) else { continue };
        let text = format!("{error} {error:?}");
        let found = secret.as_ref().and_then(|secret| find_secret(&text, secret));
        demand!(found.is_none(), "the error for a broken DSN shows the password {}", found.unwrap_or_default());
        let length = broken.chars().count();
        let inside = error.columns().is_none_or(|columns| columns.start >= 1 && columns.start <= length + 1);
        demand!(inside, "the error points at columns {:?} of a DSN of {length} characters", error.columns());
    }
    Ok(())
}

/// `dsn` cut off at, and with something wrong put in at, every character.
fn broken_dsns(dsn: &str) -> Vec<String> {
    const WRONG: [&str; 12] = ["%", "%zz", "%00", "\0", "ä", "\u{202e}", "/", "@", "?", "#", "[", "="];
    let scheme = dsn.find(':').map_or(0, |at| at + 1);
    let places = || dsn.char_indices().map(|(at, _)| at).filter(|at| *at >= scheme);
    let cut = places().map(|at| dsn[..at].to_owned());
    let wrong = places().flat_map(|at| WRONG.map(|wrong| format!("{}{wrong}{}", &dsn[..at], &dsn[at..])));
    let long = [format!("{dsn}{}", "x".repeat(100_000)), format!("{}{}", &dsn[..scheme], "/".repeat(10_000))];
    cut.chain(wrong).chain(long).collect()
}
