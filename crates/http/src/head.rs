//! The head of an answer: is it the expected one, and what does it tell.

use dbprobe_core::{Class, Failure, Inspection};
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Method, Response, StatusCode, Version};

use crate::classify::{named, unexpected};
use crate::config::Config;
use crate::expectations::failed;
use crate::redirect::Place;
use crate::statuses::Statuses;

/// How much of a header is shown: the peer chose it.
const SHOWN: usize = 200;

/// Where the answer leads, if it is a redirect (RFC 9110, section 15.4) to a place that exists.
pub(crate) fn redirected<B>(answer: &Response<B>, from: &Place) -> Option<Place> {
    let follows = matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = answer.headers().get(header::LOCATION).filter(|_| follows)?;
    from.join(location.to_str().ok()?)
}

/// What is asked behind a redirect: 303 says to fetch something else (RFC 9110, section 15.4.4).
pub(crate) fn next_method(method: &Method, status: StatusCode) -> Method {
    match status {
        StatusCode::SEE_OTHER if *method != Method::HEAD => Method::GET,
        _ => method.clone(),
    }
}

/// Judges status and headers of the answer that came from `place`.
pub(crate) fn judge<B>(config: &Config, answer: &Response<B>, place: &Place) -> Result<(), Failure> {
    let (status, headers) = (answer.status(), answer.headers());
    let statuses = &config.expect.statuses;
    if !statuses.contains(status.as_u16()) {
        let expected = if *statuses == Statuses::default() { String::new() } else { statuses.to_string() };
        return Err(match redirected(answer, place) {
            Some(next) => leads_elsewhere(config, status, &next),
            None => unexpected(status, &expected, &more_advice(config, status, headers)),
        });
    }
    for (name, value) in &config.expect.headers {
        let mut values = headers.get_all(name.as_str()).iter();
        let found = values.any(|found| String::from_utf8_lossy(found.as_bytes()).contains(value.as_str()));
        if !found {
            let fact = match headers.contains_key(name.as_str()) {
                true => format!("the header `{name}` of the answer does not contain {value:?}"),
                false => format!("the answer has no header `{name}`"),
            };
            return Err(failed(fact).code(status.as_str()));
        }
    }
    Ok(())
}

/// A redirect that is not followed, or not any further.
pub(crate) fn leads_elsewhere(config: &Config, status: StatusCode, next: &Place) -> Failure {
    let place = shown_place(config, next);
    Failure::new(Class::Query, format!("the server answered {} and redirects to {place}", named(status)))
        .code(status.as_str())
        .advise("write the new URL, or let redirects be followed with `#follow=3`")
}

/// A redirect that would take what was asked under TLS into the open.
pub(crate) fn downgraded(config: &Config, status: StatusCode, next: &Place) -> Failure {
    let place = shown_place(config, next);
    Failure::new(Class::Query, format!("the server redirects from https to {place}, which is not followed"))
        .code(status.as_str())
        .advise("let the server redirect to `https://`: behind a proxy it often does not know that it was asked so")
}

/// Puts before `failure` that it happened behind a redirect.
pub(crate) fn behind_redirect(config: &Config, mut failure: Failure, place: &Place) -> Failure {
    failure.message = format!("behind a redirect to {}: {}", shown_place(config, place), failure.message);
    failure
}

fn shown_place(config: &Config, place: &Place) -> String {
    let shown = place.shown();
    match config.may_show(&shown) {
        true => cut(&shown).to_owned(),
        false => format!("another page of {}", place.origin.host),
    }
}

/// What the headers say about what to do next.
fn more_advice(config: &Config, status: StatusCode, headers: &HeaderMap) -> String {
    if status == StatusCode::BAD_REQUEST {
        // What a server cannot take apart it answers with 400, and only a text says which it was.
        return match (config.origin.is_https, &config.tls.identity) {
            (false, _) => "a port that speaks TLS answers a plain request like this (nginx, Apache): try `https://`",
            (true, None) => "a server that wants a client certificate answers like this (nginx): see `ssl-cert`",
            (true, Some(_)) => "a server that does not accept the client certificate answers like this (nginx)",
        }
        .to_owned();
    }
    if status == StatusCode::UNAUTHORIZED {
        let logs_in = config.headers.iter().any(|sent| sent.name == header::AUTHORIZATION);
        let given = if logs_in { "" } else { "; no credentials are given" };
        return match challenge(headers) {
            Some(scheme) => format!("it asks for {scheme}{given}"),
            None => given.trim_start_matches("; ").to_owned(),
        };
    }
    match text(headers, &header::RETRY_AFTER) {
        // A number of seconds, or a date (RFC 9110, section 10.2.3).
        Some(after) if after.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("it asks to come back in {} s", cut(after))
        }
        Some(after) if config.may_show(after) => format!("it asks to come back after {}", cut(after)),
        _ => String::new(),
    }
}

/// The scheme that the server wants (RFC 9110, section 11.6.1).
fn challenge(headers: &HeaderMap) -> Option<&str> {
    let scheme = text(headers, &header::WWW_AUTHENTICATE)?.split([' ', ',']).next()?;
    let sound = !scheme.is_empty() && scheme.len() <= 32 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    sound.then_some(scheme)
}

/// What the head tells about the server.
pub(crate) fn facts<B>(config: &Config, answer: &Response<B>) -> Inspection {
    let mut told = Inspection::default();
    let headers = answer.headers();
    told.facts.insert("status".to_owned(), named(answer.status()));
    let version = match answer.version() {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    };
    told.facts.insert("http_version".to_owned(), version.to_owned());
    for (fact, name) in [("server", header::SERVER), ("content_type", header::CONTENT_TYPE)] {
        let value = text(headers, &name).map(cut).filter(|value| !value.is_empty() && config.may_show(value));
        told.facts.extend(value.map(|value| (fact.to_owned(), value.to_owned())));
    }
    // "nginx/1.22.1 (Debian)": the number is the version (RFC 9110, section 10.2.4).
    let product = told.facts.get("server").and_then(|server| server.split([' ', '\t']).next());
    let version = product.and_then(|product| product.split_once('/')).map(|(_, version)| version);
    told.version = version.filter(|it| it.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned);
    told
}

/// A header's value, where it is one that can be shown.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Headers and URLs are ASCII by now.
fn cut(text: &str) -> &str {
    text.get(..SHOWN).unwrap_or(text)
}
