//! The targets of a wait: what cannot be read ends it before it begins, what may still appear is waited for.

use dbprobe::tasks::Database;
use dbprobe::{Plan, Policy, Source};

use crate::answer::{Question, Refusal, is_name};

/// Opens every one of `words`.
///
/// # Errors
/// Every one that cannot be read. A file that is not there yet may appear, as secrets do that are mounted; a variable that
/// is not set stays so.
pub(super) fn open(question: Question<'_>, words: &[String]) -> Result<Vec<Database>, Vec<Refusal>> {
    let mut databases = Vec::with_capacity(words.len());
    let mut refusals = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match question.open(word, at + 1) {
            Ok((driver, plan, policy, name)) => {
                let database = Database::new(driver).plan(plan).policy(policy);
                databases.push(match name {
                    Some(name) => database.named(name),
                    None => database,
                });
            }
            Err(refusal) => match awaited(question, word) {
                Some(database) => databases.push(database),
                None => refusals.push(*refusal),
            },
        }
    }
    if refusals.is_empty() { Ok(databases) } else { Err(refusals) }
}

/// The target of `word`, where only a file is missing that may still appear.
fn awaited(question: Question<'_>, word: &str) -> Option<Database> {
    let (source, plan, policy, name) = if is_name(word) {
        let settings = question.config?.target(word)?;
        (settings.source.clone(), settings.plan.clone(), settings.policy.clone(), settings.name.clone())
    } else {
        let source = Source::parse(word).ok()?;
        let name = source.to_string();
        (source, Plan::default(), Policy::default(), name)
    };
    source.missing_file()?;
    let (plan, policy) = question.wishes.apply(plan, policy);
    Some(Database::awaited(source, question.registry.clone()).named(name).plan(plan).policy(policy))
}
