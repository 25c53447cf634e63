//! What is expected of an answer.

use dbprobe_core::{Class, Failure};
use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

use crate::invalid::InvalidExpectation;
use crate::json::{Found, JsonExpectation};
use crate::statuses::Statuses;

/// What is expected of an answer: by default a status from 200 to 299, and any body.
///
/// The fragment of the URL says the same in words; see the crate's own page. A program that has a configuration of its
/// own hands them to [`open_with`](crate::open_with).
#[derive(Clone, Debug)]
pub struct Expectations {
    pub(crate) statuses: Statuses,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) contains: Vec<String>,
    pub(crate) not_contains: Vec<String>,
    pub(crate) matches: Vec<Regex>,
    pub(crate) json: Vec<JsonExpectation>,
    pub(crate) max_body: usize,
}

/// A compiled expression may take this much memory: the configuration's author is trusted, but not with everything.
const REGEX_SIZE: usize = 1 << 20;

impl Expectations {
    /// How much of a body is read where nothing else is said.
    pub const MAX_BODY: usize = 1 << 20;
    /// The most that [`Expectations::max_body`] takes: a probe reads answers, it does not download.
    pub const LONGEST_BODY: usize = 64 << 20;

    /// A status from 200 to 299, and any body.
    pub fn new() -> Self {
        Self::default()
    }

    /// One of these statuses, in the place of those before.
    #[must_use]
    pub fn status(mut self, statuses: Statuses) -> Self {
        self.statuses = statuses;
        self
    }

    /// A header `name` with a value that contains `value`; an empty one asks only for the header.
    ///
    /// # Errors
    /// When no header can have that name.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, InvalidExpectation> {
        if hyper::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(InvalidExpectation::new("this is not the name of a header"));
        }
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        Ok(self)
    }

    /// A body that contains `text`.
    #[must_use]
    pub fn contains(mut self, text: impl Into<String>) -> Self {
        self.contains.push(text.into());
        self
    }

    /// A body that does not contain `text`.
    #[must_use]
    pub fn not_contains(mut self, text: impl Into<String>) -> Self {
        self.not_contains.push(text.into());
        self
    }

    /// A body in which `expression` is found, in the syntax of the `regex` crate: matching takes linear time.
    ///
    /// # Errors
    /// When it is no regular expression, or one that is too large.
    pub fn matches(mut self, expression: &str) -> Result<Self, InvalidExpectation> {
        let regex = RegexBuilder::new(expression).size_limit(REGEX_SIZE).build();
        self.matches.push(regex.map_err(|_| InvalidExpectation::new("this is not a regular expression"))?);
        Ok(self)
    }

    /// A JSON body with something at `pointer` (RFC 6901): with `value` exactly that. A string is compared with the
    /// text, anything else with the text read as JSON.
    ///
    /// # Errors
    /// When it is no JSON pointer.
    pub fn json(mut self, pointer: &str, value: Option<&str>) -> Result<Self, InvalidExpectation> {
        self.json.push(JsonExpectation::new(pointer, value.map(str::to_owned))?);
        Ok(self)
    }

    /// Reads at most this many bytes of a body, up to [`Expectations::LONGEST_BODY`]. What is longer is no failure in
    /// itself: only where an expectation cannot be judged by what was read.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes.min(Self::LONGEST_BODY);
        self
    }

    /// Whether anything is expected of a body.
    pub(crate) fn needs_body(&self) -> bool {
        !(self.contains.is_empty() && self.not_contains.is_empty() && self.matches.is_empty() && self.json.is_empty())
    }

    /// Judges what was read of a body; `is_whole` says whether that is all of it. What the body holds is shown only
    /// where `may_show` allows it.
    pub(crate) fn judge(&self, body: &[u8], is_whole: bool, may_show: impl Fn(&str) -> bool) -> Result<(), Failure> {
        for text in &self.contains {
            if !holds(body, text) {
                return Err(self.unmet(is_whole, format!("the body does not contain {text:?}")));
            }
        }
        for regex in &self.matches {
            if !regex.is_match(body) {
                return Err(self.unmet(is_whole, format!("the body does not match `{}`", regex.as_str())));
            }
        }
        for text in &self.not_contains {
            if holds(body, text) {
                return Err(failed(format!("the body contains {text:?}")));
            }
        }
        if !is_whole && (!self.not_contains.is_empty() || !self.json.is_empty()) {
            return Err(self.cut_off());
        }
        if self.json.is_empty() { Ok(()) } else { self.judge_json(body, may_show) }
    }

    fn judge_json(&self, body: &[u8], may_show: impl Fn(&str) -> bool) -> Result<(), Failure> {
        let document: Value = serde_json::from_slice(body).map_err(|error| {
            // The error's own text may quote the body.
            let place = format!("line {}, column {}", error.line(), error.column());
            let fact =
                if body.is_empty() { "the body is empty".into() } else { format!("it stops being so at {place}") };
            failed(format!("the body is not JSON: {fact}"))
        })?;
        for expectation in &self.json {
            let place = match expectation.pointer() {
                "" => "the document",
                pointer => pointer,
            };
            match expectation.judge(&document) {
                Ok(()) => {}
                Err(Found::Nothing) => return Err(failed(format!("the JSON body has nothing at {place}"))),
                Err(Found::Other(found)) => {
                    let found = if may_show(&found) { found } else { "something else".to_owned() };
                    let expected = expectation.value().unwrap_or_default();
                    return Err(failed(format!("{place} in the JSON body is {found}, not {expected}")));
                }
            }
        }
        Ok(())
    }

    /// What was looked for may stand in the part that was not read.
    fn unmet(&self, is_whole: bool, fact: String) -> Failure {
        if is_whole {
            return failed(fact);
        }
        failed(format!("{fact} in its first {} bytes", self.max_body))
            .advise("raise max-body, or ask for a smaller page")
    }

    fn cut_off(&self) -> Failure {
        failed(format!("the body is longer than {} bytes, so it cannot be judged", self.max_body))
            .advise("raise max-body, or ask for a smaller page")
    }
}

impl Default for Expectations {
    fn default() -> Self {
        Self {
            statuses: Statuses::default(),
            headers: Vec::new(),
            contains: Vec::new(),
            not_contains: Vec::new(),
            matches: Vec::new(),
            json: Vec::new(),
            max_body: Self::MAX_BODY,
        }
    }
}

/// The server answers, but not what is expected: `query`, as for a statement that it did not carry out.
pub(crate) fn failed(fact: String) -> Failure {
    Failure::new(Class::Query, fact).advise(
        "compare with `curl -v`: the server answers, but not as the DSN's fragment or the configuration expects",
    )
}

fn holds(body: &[u8], text: &str) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(expectations: &Expectations, body: &str, is_whole: bool) -> Result<(), String> {
        expectations.judge(body.as_bytes(), is_whole, |_| true).map_err(|failure| {
            assert_eq!(failure.class, Class::Query);
            assert!(failure.advice.is_some());
            failure.message
        })
    }

    #[test]
    fn what_is_missing_in_a_part_may_stand_in_the_rest() {
        let some = Expectations::new().contains("ok").max_body(10);
        assert_eq!(judged(&some, "all ok", true), Ok(()));
        assert_eq!(judged(&some, "all ok", false), Ok(()), "it was found in the part that was read");
        assert_eq!(judged(&some, "down", true), Err("the body does not contain \"ok\"".to_owned()));
        assert_eq!(
            judged(&some, "down", false),
            Err("the body does not contain \"ok\" in its first 10 bytes".to_owned())
        );
        let none = Expectations::new().not_contains("error");
        assert_eq!(judged(&none, "fine", true), Ok(()));
        assert!(judged(&none, "fine", false).is_err(), "the error may stand in the rest");
        assert_eq!(judged(&none, "an error", false), Err("the body contains \"error\"".to_owned()));
        assert_eq!(judged(&Expectations::new(), "anything", false), Ok(()));
    }

    #[test]
    fn expressions_are_searched_for() {
        let some = Expectations::new().matches("(?i)^status: +(ok|fine)$").expect("an expression");
        assert_eq!(judged(&some, "Status:  FINE", true), Ok(()));
        assert!(judged(&some, "status: no", true).is_err());
        assert!(Expectations::new().matches("(").is_err());
        assert!(Expectations::new().matches("\\w{5000}{50}").is_err(), "too large");
    }

    #[test]
    fn a_json_body_is_compared_and_not_quoted_where_it_must_not() {
        let some = Expectations::new().json("/status", Some("ok")).expect("a pointer");
        assert_eq!(judged(&some, r#"{"status":"ok"}"#, true), Ok(()));
        let told = judged(&some, r#"{"status":"starting"}"#, true);
        assert_eq!(told, Err("/status in the JSON body is \"starting\", not ok".to_owned()));
        let hidden = some.judge(br#"{"status":"hunter2"}"#, true, |text| !text.contains("hunter2"));
        assert!(hidden.is_err_and(|failure| !failure.message.contains("hunter2")));
        let garbage = judged(&some, "<html>hunter2", true);
        assert!(
            garbage.is_err_and(|message| message.starts_with("the body is not JSON") && !message.contains("hunter2"))
        );
    }
}
