//! Who is connected to the fake, and what it has.

use std::time::Duration;

use dbprobe_core::{Activities, Activity, ActivityState, Failure, Lookup};

use super::answer::number;
use super::config::Config;
use super::defect::Defect;
use super::protocol::word;

/// Reads the answer to `ACTIVITY`.
pub(super) fn activities(answer: &[String], config: &Config) -> Result<Activities, Failure> {
    let own: u64 = number(answer, 0)?;
    let mut listed = Activities::default();
    for session in answer.iter().skip(1) {
        let (id, age) = session.split_once(':').unwrap_or((session, "-"));
        let is_own = id == own.to_string();
        if !is_own && config.has(Defect::ListsOnlyItself) {
            continue;
        }
        let in_transaction = age.parse().ok().map(Duration::from_micros);
        listed.list.push(Activity {
            id: id.to_owned(),
            user: Some(config.user.clone()),
            state: match in_transaction {
                Some(_) => ActivityState::IdleInTransaction,
                None if is_own => ActivityState::Active,
                None => ActivityState::Idle,
            },
            in_transaction,
            is_own: is_own && !config.has(Defect::ForgetsItself),
            ..Activity::default()
        });
    }
    Ok(listed)
}

/// The request for what is wanted.
pub(super) fn question(wanted: &[Lookup]) -> String {
    let mut question = "LOOKUP".to_owned();
    for lookup in wanted {
        question.push(' ');
        question.push_str(&match lookup {
            Lookup::Network => "network".to_owned(),
            Lookup::Setting(name) => format!("setting:{}", word(&shortened(name))),
            Lookup::Table(name) => format!("table:{}", word(&shortened(name))),
            _ => "nothing".to_owned(),
        });
    }
    question
}

/// A line has an end, and no name of the fake's is this long.
fn shortened(name: &str) -> String {
    name.chars().take(64).collect()
}

/// Reads the answer to [`question`].
pub(super) fn found(answer: &[String], config: &Config) -> Vec<Option<String>> {
    let all = config.has(Defect::FindsEverything);
    let told = |word: &String| if word == "-" { all.then(|| "main.found".to_owned()) } else { Some(word.clone()) };
    answer.iter().map(told).collect()
}
