//! What the fake's driver makes of an answer, and of its absence.

use std::io;

use dbprobe_core::{Class, Failure};

use super::config::Config;
use super::defect::Defect;
use super::server;

/// The words after `OK`, or the server's refusal; `None` for what is no answer of the protocol.
pub(super) fn read_answer(answer: &str) -> Option<Result<Vec<String>, Failure>> {
    let mut words = answer.splitn(4, ' ');
    match words.next()? {
        "OK" => Some(Ok(answer.split(' ').skip(1).map(str::to_owned).collect())),
        // As a panic, but without the word on standard error, where readers look for what went wrong.
        "PANIC" => std::panic::resume_unwind(Box::new("the script says so")),
        "ERR" => {
            let class = serde_json::from_value(words.next()?.into()).ok()?;
            let (code, message) = (words.next()?, words.next()?);
            let advice = "look at the script of the fake";
            Some(Err(Failure::new(class, message).code(code).advise(advice)))
        }
        _ => None,
    }
}

pub(super) fn number<T: std::str::FromStr>(answer: &[String], at: usize) -> Result<T, Failure> {
    let number = answer.get(at).and_then(|word| word.parse().ok());
    number.ok_or_else(|| Failure::new(Class::Protocol, "the answer lacks a number").advise("update the fake"))
}

pub(super) fn explain(config: &Config, error: io::Error) -> Failure {
    let (class, message) = match error.kind() {
        io::ErrorKind::InvalidData if config.has(Defect::TakesNoiseForItself) => (Class::Internal, "a bad answer"),
        io::ErrorKind::InvalidData => (Class::Protocol, "the peer does not speak the fake's protocol"),
        io::ErrorKind::ConnectionRefused => (Class::Refused, "nobody listens"),
        _ if config.has(Defect::MistakesLossForRefusal) => (Class::Query, "refused"),
        _ => (Class::Reset, "the connection was cut"),
    };
    let error = match config.has(Defect::PrintsPasswordInCause) {
        true => io::Error::other(format!("{} {error}", config.password.expose())),
        false => error,
    };
    Failure::new(class, message).advise("look at the line to the fake").caused_by(error)
}

/// A time in the notation that a timestamp is read from.
pub(super) fn timestamp(seconds: i64) -> String {
    // The fake knows one time only; a calendar is not worth its code here.
    assert_eq!(seconds, server::STARTED);
    "2023-11-14T22:13:20Z".to_owned()
}
