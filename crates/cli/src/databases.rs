//! From the words of a command line to what the tasks work on.

use dbprobe::Registry;
use dbprobe::tasks::Database;

use crate::answer::{Question, Refusal};
use crate::pointer::Pointer;

/// A target for the tasks, and where its DSN is wrong, if it is.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) database: Database,
    pub(crate) pointer: Option<Pointer>,
    /// Why it cannot be asked at all, if so; `database` answers with the same.
    pub(crate) refused: bool,
}

/// Opens every one of `words`. One that cannot be opened is a [`Database::refused`], so that none is left out.
pub(crate) fn open(question: Question<'_>, words: &[String]) -> Vec<Opened> {
    words.iter().enumerate().map(|(at, word)| open_one(question, word, at + 1)).collect()
}

/// Opens the target of `word`, the argument number `position`.
pub(crate) fn open_one(question: Question<'_>, word: &str, position: usize) -> Opened {
    match question.open(word, position) {
        Ok((driver, plan, policy, name)) => {
            let database = Database::new(driver).plan(plan).policy(policy);
            let database = match name {
                Some(name) => database.named(name),
                None => database,
            };
            let knowledge = knowledge(question.registry, database.engine());
            Opened { database: database.knowledge(knowledge), pointer: None, refused: false }
        }
        Err(refusal) => {
            let Refusal { name, engine, failure, pointer } = *refusal;
            let (plan, policy) = question.wishes.apply(dbprobe::Plan::default(), dbprobe::Policy::default());
            let database = Database::refused(name, engine, failure).plan(plan).policy(policy);
            Opened { database, pointer, refused: true }
        }
    }
}

fn knowledge(registry: &Registry, engine: &str) -> &'static [dbprobe::Knowledge] {
    registry.engines().iter().find(|one| one.name == engine).map_or(&[], |engine| engine.knowledge)
}
