//! Error number → class, cause, advice: one table, a file for each kind of trouble.
//!
//! Numbers of clients (233, 10053, 10054) stand here, too: proxies repeat them.

mod source;

mod access;
mod availability;
mod capacity;
mod statement;

use dbprobe_core::Knowledge;

const PARTS: [&[Knowledge]; 4] = [access::ROWS, availability::ROWS, capacity::ROWS, statement::ROWS];

const LENGTH: usize = PARTS[0].len() + PARTS[1].len() + PARTS[2].len() + PARTS[3].len();

pub(crate) const KNOWLEDGE: &[Knowledge] = &Knowledge::join::<LENGTH>(&PARTS);
