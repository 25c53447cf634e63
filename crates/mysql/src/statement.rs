//! Which statements of the user's a read-only transaction does not restrain.

use dbprobe_core::{Class, Failure};

/// Statements that act on the server, on the session or on the transaction itself. They do their work, or end the
/// transaction, whatever it was begun as (MySQL manual, sections 15.3 and 15.7).
const UNRESTRAINED: &[&str] = &[
    "begin",
    "binlog",
    "cache",
    "change",
    "clone",
    "commit",
    "deallocate",
    "execute",
    "flush",
    "handler",
    "import",
    "install",
    "kill",
    "lock",
    "optimize",
    "prepare",
    "purge",
    "release",
    "reset",
    "restart",
    "rollback",
    "savepoint",
    "set",
    "shutdown",
    "start",
    "stop",
    "uninstall",
    "unlock",
    "use",
    "xa",
];

/// Whether `statement` may be sent in a read-only transaction.
///
/// # Errors
/// Class `read_only` for one that the transaction would not restrain.
pub(crate) fn restrained(statement: &str) -> Result<(), Failure> {
    let word = first_word(statement).to_ascii_lowercase();
    if !UNRESTRAINED.contains(&word.as_str()) {
        return Ok(());
    }
    let message =
        format!("`{}` is not restrained by a read-only transaction, so it is not sent", word.to_ascii_uppercase());
    Err(Failure::new(Class::ReadOnly, message).advise("write a statement that reads, such as SELECT or SHOW"))
}

/// The first word behind blanks, brackets and comments. What stands in `/*! … */` is a statement to the server.
fn first_word(statement: &str) -> &str {
    let mut rest = statement;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "(;".contains(c));
        rest = if let Some(hidden) = rest.strip_prefix("/*!").or_else(|| rest.strip_prefix("/*M!")) {
            hidden.trim_start_matches(|c: char| c.is_ascii_digit())
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else if rest.starts_with("--") || rest.starts_with('#') {
            rest.split_once('\n').map_or("", |(_, after)| after)
        } else {
            break;
        };
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    &rest[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_the_server_is_not_sent() {
        for statement in [
            "set global max_connections = 1",
            " -- a remark\n Commit",
            "/* a remark */ # another\n(FLUSH TABLES",
            "/*!50000 SET GLOBAL x = 1 */",
            "/*M! kill 7 */",
            "begin",
        ] {
            assert_eq!(restrained(statement).err().map(|failure| failure.class), Some(Class::ReadOnly), "{statement}");
        }
        for statement in ["SELECT 1", "(select 1)", "show status", "WITH x AS (SELECT 1) SELECT * FROM x", "settle", ""]
        {
            assert!(restrained(statement).is_ok(), "{statement}");
        }
    }
}
