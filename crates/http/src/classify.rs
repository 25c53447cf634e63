//! What went wrong, as a failure: a status that was not expected, and what came before there was one. What a status
//! means stands in the table of [`crate::knowledge`].

use std::error::Error as StdError;
use std::io;

use dbprobe_core::{Class, Failure, Knowledge};
use dbprobe_net::io_failure;
use hyper::StatusCode;

use crate::knowledge::KNOWLEDGE;
use crate::peer::whose;
use crate::wire::{Flood, Stranger};

const FIRST: &str = "look at the server's own log for this request";

fn kind(code: &str) -> (Class, &'static str) {
    Knowledge::find(KNOWLEDGE, code).map_or((Class::Query, FIRST), |row| (row.class, row.advice))
}

/// The server answered with a status that is not expected. `expected` is empty where every success is.
pub(crate) fn unexpected(status: StatusCode, expected: &str, more: &str) -> Failure {
    let (class, advice) = kind(status.as_str());
    let expected = if expected.is_empty() { String::new() } else { format!(", not {expected}") };
    let advice = [advice, more].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
    Failure::new(class, format!("the server answered {}{expected}", named(status))).code(status.as_str()).advise(advice)
}

/// `404 Not Found`, in the standard's words and not in the server's.
pub(crate) fn named(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_str().to_owned(),
    }
}

/// What hyper said while `doing` something.
pub(crate) fn exchange_error(error: hyper::Error, doing: &str) -> Failure {
    let failure = match io_inside(&error) {
        Some(io) => line_error(io, doing),
        None if error.is_parse() => malformed(format!("the answer is not what HTTP allows: {error}")),
        None if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => lost(doing),
        None => malformed(format!("the exchange failed while {doing}: {error}")),
    };
    failure.caused_by(error)
}

/// The connection ended while `doing` something.
pub(crate) fn lost(doing: &str) -> Failure {
    Failure::new(Class::Reset, format!("the server closed the connection while {doing}"))
        .advise("see the server's log for the reason; a crash, a restart or an idle limit looks like this")
}

fn line_error(error: &io::Error, doing: &str) -> Failure {
    let inner = error.get_ref();
    if let Some(stranger) = inner.and_then(|inner| inner.downcast_ref::<Stranger>()) {
        let (who, advice) = whose(stranger.beginning());
        return Failure::new(Class::Protocol, who).advise(advice);
    }
    if inner.is_some_and(|inner| inner.is::<Flood>()) {
        return malformed(Flood.to_string());
    }
    match error.kind() {
        // How hyper calls what is wrong with a chunk or a length, in words of its own.
        io::ErrorKind::InvalidInput => malformed(format!("the body is not what HTTP allows: {error}")),
        _ => io_failure(error, doing),
    }
}

fn malformed(fact: String) -> Failure {
    Failure::new(Class::Protocol, fact)
        .advise("compare with `curl -v`; a proxy in between may spoil answers, or the port belongs to something else")
}

fn io_inside(error: &hyper::Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_row_and_single_ones_bear_the_standard_s_name() {
        for code in 100..=599 {
            let row = Knowledge::find(KNOWLEDGE, &code.to_string()).expect("a row");
            let name = StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
            if let Some(name) = name.filter(|_| !row.code.ends_with('*')) {
                assert_eq!(row.name, name, "{code}");
            }
        }
    }

    #[test]
    fn the_standard_names_a_status() {
        let failure = unexpected(StatusCode::SERVICE_UNAVAILABLE, "200,204", "it asks to come back in 5 s");
        assert_eq!(failure.message, "the server answered 503 Service Unavailable, not 200,204");
        assert!(failure.advice.as_deref().is_some_and(|advice| advice.ends_with("; it asks to come back in 5 s")));
        let unknown = unexpected(StatusCode::from_u16(599).unwrap_or_default(), "", "");
        assert_eq!((unknown.message.as_str(), unknown.code.as_deref()), ("the server answered 599", Some("599")));
    }
}
