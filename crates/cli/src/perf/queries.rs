//! The queries of a command line.

use std::path::Path;

use dbprobe::tasks::PerfQuery;
use dbprobe::{Access, Query, read_file};

use crate::arguments::Perf;
use crate::printable::printable;
use crate::trouble::Trouble;

/// Nobody writes a longer statement by hand.
const LONGEST: u64 = 1 << 20;
/// How a statement's file is given.
const FILE: &str = "@file:";

/// The queries with their names, those without one by their number, and the statements that stand in files.
pub(super) fn read(options: &Perf) -> Result<Vec<PerfQuery>, Trouble> {
    let mut queries: Vec<PerfQuery> = Vec::with_capacity(options.queries.len());
    for (at, given) in options.queries.iter().enumerate() {
        let name = given.name.clone().unwrap_or_else(|| format!("query_{}", at + 1));
        if PerfQuery::RESERVED.contains(&name.as_str()) {
            return Err(Trouble::Usage(format!("a query cannot be called `{name}`: that is an operation's own name")));
        }
        if queries.iter().any(|before| before.name == name) {
            return Err(Trouble::Usage(format!("two queries are called `{name}`: each needs a name of its own")));
        }
        let query = Query {
            sql: statement(&given.statement)?,
            access: if options.allow_writes { Access::ReadWrite } else { Access::ReadOnly },
            max_rows: options.max_rows as usize,
            max_bytes: options.max_bytes as usize,
        };
        queries.push(PerfQuery::new(name, query));
    }
    Ok(queries)
}

fn statement(given: &str) -> Result<String, Trouble> {
    let Some(path) = given.strip_prefix(FILE) else { return Ok(given.to_owned()) };
    let wrong = |why: String| Trouble::Usage(format!("{}: {why}", printable(path)));
    let bytes = read_file(Path::new(path), LONGEST).map_err(|error| wrong(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
    let text = text.trim().trim_end_matches(';').trim_end();
    if text.is_empty() { Err(wrong("there is no statement in it".to_owned())) } else { Ok(text.to_owned()) }
}
