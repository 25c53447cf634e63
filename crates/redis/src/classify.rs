//! What a server says, as a failure. What an error means stands in the table of [`crate::knowledge`].

use dbprobe_core::{Class, Failure, Knowledge};
use redis::ServerError;

use crate::knowledge::{FACTS, KNOWLEDGE, TEXTS, Text};

/// What is known of an error: the fact where the server's own words are not as clear, else nothing, and the row.
///
/// A text that is known counts before its code. Texts are compared in lower case.
fn known(code: &str, text: &str) -> Option<(&'static str, &'static Knowledge)> {
    let text = text.to_ascii_lowercase();
    if let Some(Text { fact, row, .. }) =
        TEXTS.iter().find(|known| known.row.code == code && text.starts_with(known.begins))
    {
        return Some((fact, row));
    }
    let row = Knowledge::find(KNOWLEDGE, code)?;
    let fact = FACTS.iter().find(|(known, _)| *known == code).map_or("", |(_, fact)| fact);
    Some((fact, row))
}

/// What a server says on an open session.
pub(crate) fn refusal(error: &ServerError) -> Failure {
    let (code, text) = (error.code(), error.details().unwrap_or_default());
    let known = known(code, text);
    let (class, fact, advice) = known.map_or((Class::Query, "", ""), |(fact, row)| (row.class, fact, row.advice));
    let said = if text.is_empty() { "the server refused" } else { text };
    let failure = with_code(Failure::new(class, if fact.is_empty() { said } else { fact }), code, advice);
    known.into_iter().fold(failure, |failure, (_, row)| failure.known_by(row))
}

/// What a server says to a user and a password. It may repeat them, so none of its words are shown.
pub(crate) fn refused_login(error: &ServerError) -> Failure {
    const UNKNOWN: &str = "the server refused the login";
    const SEE: &str = "try the same with `redis-cli`; a proxy may know no users, or no `AUTH`";
    let known = known(error.code(), error.details().unwrap_or_default()).filter(|(_, row)| says_something(row));
    let (class, fact, advice) = known.map_or((Class::Auth, UNKNOWN, SEE), |(fact, row)| (row.class, fact, row.advice));
    // A command that is not known is listed with its arguments.
    let (class, advice) = if class == Class::Unsupported { (Class::Auth, SEE) } else { (class, advice) };
    let failure = with_code(Failure::new(class, if fact.is_empty() { UNKNOWN } else { fact }), error.code(), advice);
    known.into_iter().filter(|(_, row)| row.class == class).fold(failure, |failure, (_, row)| failure.known_by(row))
}

/// `ERR` alone does not say what the server did not like.
fn says_something(row: &Knowledge) -> bool {
    (row.code, row.class) != ("ERR", Class::Query)
}

/// A peer that is not Redis may put anything where the code belongs.
fn with_code(failure: Failure, code: &str, advice: &str) -> Failure {
    let word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let is_code = !code.is_empty() && code.len() <= 32 && code.bytes().all(word);
    let failure = if is_code { failure.code(code) } else { failure };
    if advice.is_empty() { failure } else { failure.advise(advice) }
}

/// The peer speaks, but not Redis.
pub(crate) fn not_redis(message: impl Into<String>) -> Failure {
    Failure::new(Class::Protocol, message)
        .advise("check the port: 6379 is Redis' usual one, and the DSN's scheme must fit the server behind it")
}

/// An answer of a kind that Redis does not give to this question.
pub(crate) fn unexpected() -> Failure {
    not_redis("the answer is none that Redis gives to what was asked")
}

/// The server wants TLS and did not get it.
pub(crate) fn wants_tls() -> Failure {
    Failure::new(Class::Tls, "the server speaks TLS on this port, and the DSN does not ask for it")
        .advise("write `rediss://`, with `cacert=FILE` where the authority is not one of the system's")
}

/// The server got TLS and does not speak it.
pub(crate) fn speaks_no_tls() -> Failure {
    Failure::new(Class::Tls, "the server answers without TLS on this port, and the DSN asks for it")
        .advise("use the port that `tls-port` names, or write `redis://` where the network is trusted")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> ServerError {
        match redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("an answer") {
            redis::Value::ServerError(error) => error,
            other => panic!("{other:?}"),
        }
    }

    /// The lines as servers send them.
    #[test]
    fn every_refusal_has_its_class_and_its_code() {
        use Class::*;
        for (line, class, code) in [
            ("LOADING Redis is loading the dataset in memory", Starting, "LOADING"),
            ("LOADING Valkey is loading the dataset in memory", Starting, "LOADING"),
            ("NOPERM User app has no permissions to run the 'info' command", Permission, "NOPERM"),
            ("MISCONF Errors writing to the AOF file: No space left on device", ReadOnly, "MISCONF"),
            ("OOM command not allowed when used memory > 'maxmemory'.", DiskFull, "OOM"),
            ("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", Locked, "BUSY"),
            ("MOVED 3999 127.0.0.1:6381", Unsupported, "MOVED"),
            ("ERR max number of clients reached", Overloaded, "ERR"),
            ("ERR max number of clients + cluster connections reached", Overloaded, "ERR"),
            ("ERR DB index is out of range", NotFound, "ERR"),
            ("ERR unknown command 'SET', with args beginning with: 'a'", Unsupported, "ERR"),
            ("ERR something else", Query, "ERR"),
            ("SOMETHING new", Query, "SOMETHING"),
        ] {
            let failure = refusal(&said(line));
            assert_eq!((failure.class, failure.code.as_deref()), (class, Some(code)), "{line}");
        }
    }

    #[test]
    fn what_is_said_to_a_password_is_never_repeated() {
        for line in [
            "ERR unknown command 'AUTH', with args beginning with: 'app' 'hunter2'",
            "ERR hunter2",
            "WRONGPASS hunter2",
            "hunter2",
            "NOPERM hunter2",
        ] {
            let failure = refused_login(&said(line));
            let class = if line.starts_with("NOPERM") { Class::Permission } else { Class::Auth };
            assert_eq!(failure.class, class, "{line}");
            assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        }
        assert_eq!(refused_login(&said("ERR max number of clients reached")).class, Class::Overloaded);
    }

    #[test]
    fn every_text_and_every_fact_can_be_reached() {
        for (at, text) in TEXTS.iter().enumerate() {
            let fits = |other: &Text| other.row.code == text.row.code && text.begins.starts_with(other.begins);
            assert_eq!(TEXTS.iter().position(fits), Some(at), "{} {}", text.row.code, text.begins);
            assert_eq!(text.begins, text.begins.to_ascii_lowercase());
        }
        for (code, _) in FACTS {
            assert!(Knowledge::find(KNOWLEDGE, code).is_some(), "{code}");
        }
    }
}
