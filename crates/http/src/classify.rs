//! Status → class: one table; and what went wrong before there was a status.
//!
//! Sources: RFC 9110, section 15 (9110), RFC 6585 (6585), RFC 4918 (4918), RFC 8470 (8470), RFC 7725 (7725), and the
//! codes with which Cloudflare answers for a server behind it
//! (<https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/>).

use std::error::Error as StdError;
use std::io;
use std::ops::RangeInclusive;

use dbprobe_core::{Class, Failure};
use dbprobe_net::io_failure;
use hyper::StatusCode;

use crate::peer::whose;
use crate::wire::{Flood, Stranger};

/// Statuses, what it means where they were not expected, and what to do next.
type Row = (RangeInclusive<u16>, Class, &'static str);

const fn row(code: u16, class: Class, advice: &'static str) -> Row {
    (code..=code, class, advice)
}

const FIRST: &str = "look at the server's own log for this request";

/// The first row that has the status counts, so single codes stand above their range.
const TABLE: &[Row] = &[
    // 9110 15.2.2: only a client that asks for another protocol gets this.
    row(101, Class::Protocol, "the server changes to another protocol unasked: check the path"),
    (100..=199, Class::Protocol, "an interim answer is no answer: check the server, and proxies before it"),
    (200..=299, Class::Query, "the server is content, but the answer is not the expected one: compare with `status=`"),
    // 9110 15.4.5: nothing conditional was asked.
    row(304, Class::Query, "a cache answers what nobody asked: check the proxies before the server"),
    (300..=399, Class::Query, ""), // `redirected` has the advice
    row(401, Class::Auth, "check the user and the password, or the header `Authorization`"), // 9110 15.5.2
    row(
        403,
        Class::Permission,
        "the server knows what was asked and refuses it: check the rights, or a list of addresses",
    ),
    row(404, Class::NotFound, "check the path, and the host name where one server has many sites"), // 9110 15.5.5
    row(405, Class::Query, "this page does not take the method: say `method=GET`"),                 // 9110 15.5.6
    row(406, Class::Query, "say with `header=Accept:…` what may come"),                             // 9110 15.5.7
    row(407, Class::Auth, "a proxy stands in between and wants a login: dbprobe uses none, check the route"),
    row(408, Class::Timeout, "the server waited in vain for the request: see what stands in between"), // 9110 15.5.9
    row(410, Class::NotFound, "the page was taken away for good: ask for another one"),                // 9110 15.5.11
    row(
        421,
        Class::Query,
        "this server is not the one for that host name: check the name, the certificate and the balancer",
    ),
    row(423, Class::Locked, "somebody holds a lock on it"), // 4918 11.3
    row(425, Class::Query, "the server did not want to take a request in early data: try again"), // 8470 5.2
    row(426, Class::Unsupported, "the server wants another protocol than HTTP/1.1"), // 9110 15.5.22
    row(429, Class::Overloaded, "the server limits how often it is asked: probe less often, or lift it"), // 6585 4
    row(451, Class::Permission, "the server may not show it, for legal reasons"), // 7725 3
    (400..=499, Class::Query, "the server takes the request for wrong: compare with `curl -v`"),
    row(501, Class::Unsupported, "the server does not know the method: say `method=GET`"), // 9110 15.6.2
    row(502, Class::Unreachable, "a gateway answers, the server behind it does not: check that one"), // 9110 15.6.3
    row(503, Class::Starting, "the server is starting, in maintenance, not ready or has too much to do: see its log"),
    row(504, Class::Timeout, "a gateway answers, the server behind it did not in time: check that one"), // 9110 15.6.5
    row(505, Class::Unsupported, "the server wants another version of HTTP than 1.1"),                   // 9110 15.6.6
    row(507, Class::DiskFull, "the server has no room left: free some"),                                 // 4918 11.5
    row(511, Class::Auth, "the network itself wants a login: something stands between here and the server"), // 6585 6
    row(520, Class::Unreachable, "Cloudflare answers, the server behind it makes no sense to it: check that one"),
    row(521, Class::Refused, "Cloudflare answers, the server behind it refuses connections: check that one"),
    row(522, Class::Timeout, "Cloudflare answers, the server behind it takes no connection: check that one"),
    row(523, Class::Unreachable, "Cloudflare answers, but finds no way to the server behind it: check its DNS record"),
    row(524, Class::Timeout, "Cloudflare answers, the server behind it did not in time: check that one"),
    row(525, Class::Tls, "Cloudflare answers, but cannot agree on TLS with the server behind it"),
    row(526, Class::Certificate, "Cloudflare answers, but the certificate of the server behind it is not accepted"),
    (500..=599, Class::Query, FIRST),
];

fn kind(code: u16) -> (Class, &'static str) {
    let found = TABLE.iter().find(|(codes, ..)| codes.contains(&code));
    found.map_or((Class::Query, FIRST), |(_, class, advice)| (*class, *advice))
}

/// The server answered with a status that is not expected. `expected` is empty where every success is.
pub(crate) fn unexpected(status: StatusCode, expected: &str, more: &str) -> Failure {
    let (class, advice) = kind(status.as_u16());
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
    fn every_row_is_reached_and_every_status_has_its_row() {
        for (at, (codes, ..)) in TABLE.iter().enumerate() {
            let reached = codes.clone().any(|code| TABLE.iter().position(|(row, ..)| row.contains(&code)) == Some(at));
            assert!(reached, "{codes:?} is never reached");
        }
        assert!((100..=599).all(|code| TABLE.iter().any(|(codes, ..)| codes.contains(&code))));
        let single = TABLE.iter().filter(|(codes, ..)| codes.start() == codes.end());
        assert!(single.clone().all(|(_, _, advice)| !advice.is_empty()));
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
