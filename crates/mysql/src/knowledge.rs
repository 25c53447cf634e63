//! Error number → name, class, cause, advice: one table, a file for each kind of trouble.

mod source;

mod access;
mod capacity;
mod statement;
mod storage;
mod wire;

use dbprobe_core::Knowledge;

const PARTS: [&[Knowledge]; 5] = [access::ROWS, capacity::ROWS, statement::ROWS, storage::ROWS, wire::ROWS];

const LENGTH: usize = PARTS[0].len() + PARTS[1].len() + PARTS[2].len() + PARTS[3].len() + PARTS[4].len();

pub(crate) const KNOWLEDGE: &[Knowledge] = &Knowledge::join::<LENGTH>(&PARTS);
