//! One key of a mapping and its value, read as what the key is about.

use std::time::Duration;

use dbprobe_core::{Template, parse_duration};

use crate::findings::Findings;
use crate::node::{Kind, Node, Scalar};
use crate::place::Place;
use crate::spelling::near;

/// One key of a mapping and its value.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) node: &'a Node,
}

impl<'a> Field<'a> {
    /// The scalar as it is written, its references included.
    pub(crate) fn scalar(self, findings: &mut Findings) -> Option<&'a Scalar> {
        let (place, name) = (self.node.place, self.name);
        match &self.node.kind {
            Kind::Scalar(scalar) => return Some(scalar),
            Kind::Nothing => {
                findings.add(place, format!("`{name}` has no value")).advise("give it one, or leave it out")
            }
            Kind::List(_) => findings.add(place, format!("`{name}` is one value, and this is a list")),
            Kind::Mapping(_) => findings.add(place, format!("`{name}` is one value, and this is a mapping")),
        };
        None
    }

    /// The scalar as a template.
    pub(crate) fn template(self, findings: &mut Findings) -> Option<Template> {
        let scalar = self.scalar(findings)?;
        match Template::parse(&scalar.text) {
            Ok(template) => Some(template),
            Err(failure) => {
                self.complain(findings, failure.message).advice = failure.advice;
                None
            }
        }
    }

    /// The scalar with its references expanded.
    pub(crate) fn text(self, findings: &mut Findings) -> Option<String> {
        match self.template(findings)?.expand() {
            Ok(text) => Some(text.expose().to_owned()),
            Err(failure) => {
                self.complain(findings, failure.message).advice = failure.advice;
                None
            }
        }
    }

    /// A text that is not empty.
    pub(crate) fn filled(self, findings: &mut Findings) -> Option<String> {
        let text = self.text(findings)?;
        if text.trim().is_empty() {
            self.complain(findings, "nothing is written").advise("give it a value, or leave it out");
            return None;
        }
        Some(text)
    }

    /// A span of time, nothing included.
    pub(crate) fn duration(self, findings: &mut Findings) -> Option<Duration> {
        let text = self.text(findings)?;
        match parse_duration(text.trim()) {
            Ok(duration) => Some(duration),
            Err(error) => {
                let message = format!("`{}`: {}", self.name, error.what());
                findings
                    .add(self.character(&text, error.column()), message)
                    .show(self.written())
                    .advise("write for example 500ms, 5s, 1m30s or 30d");
                None
            }
        }
    }

    /// A span of time of at least `shortest`.
    pub(crate) fn duration_from(self, shortest: Duration, findings: &mut Findings) -> Option<Duration> {
        let duration = self.duration(findings)?;
        if duration < shortest {
            let least = format!("at least {} ms are needed", shortest.as_millis());
            self.complain(findings, least).show(self.written());
            return None;
        }
        Some(duration)
    }

    /// A span of time that is longer than nothing.
    pub(crate) fn positive_duration(self, findings: &mut Findings) -> Option<Duration> {
        let duration = self.duration(findings)?;
        if duration.is_zero() {
            self.complain(findings, "must be longer than nothing").show(self.written());
            return None;
        }
        Some(duration)
    }

    /// A share, greater than 0 and at most 1: `80%` or `0.8`.
    pub(crate) fn share(self, findings: &mut Findings) -> Option<f64> {
        let text = self.text(findings)?;
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let share = match text.trim().strip_suffix('%') {
            Some(percent) => number(percent).map(|percent| percent / 100.0),
            None => number(&text),
        };
        match share.filter(|share| *share > 0.0 && *share <= 1.0) {
            Some(share) => Some(share),
            None => {
                self.complain(findings, "this is not a share of more than 0 % and at most 100 %")
                    .show(self.written())
                    .advise("write for example 80% or 0.8");
                None
            }
        }
    }

    /// A number.
    pub(crate) fn number(self, findings: &mut Findings) -> Option<f64> {
        let text = self.text(findings)?;
        let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            self.complain(findings, "this is not a number").show(self.written());
        }
        number
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn count(self, least: u32, most: u32, findings: &mut Findings) -> Option<u32> {
        let text = self.text(findings)?;
        let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.complain(findings, format!("a whole number from {least} to {most} is expected")).show(self.written());
        }
        number
    }

    /// A number of bytes, at least 1: `64k`, `1M`, `512`.
    pub(crate) fn bytes(self, findings: &mut Findings) -> Option<usize> {
        let text = self.text(findings)?;
        let text = text.trim();
        let (digits, unit) = match text.chars().last() {
            Some('k' | 'K') => (&text[..text.len() - 1], 1 << 10),
            Some('M') => (&text[..text.len() - 1], 1 << 20),
            _ => (text, 1),
        };
        let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
        let bytes = bytes.filter(|bytes| (1..=1 << 30).contains(bytes));
        if bytes.is_none() {
            self.complain(findings, "this is not a number of bytes")
                .show(self.written())
                .advise("write for example 64k or 1M");
        }
        bytes
    }

    /// `true` or `false`.
    pub(crate) fn flag(self, findings: &mut Findings) -> Option<bool> {
        self.word(&[("true", true), ("false", false)], findings)
    }

    /// One of some words.
    pub(crate) fn word<T: Copy>(self, words: &[(&str, T)], findings: &mut Findings) -> Option<T> {
        let text = self.text(findings)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.trim()) {
            return Some(*value);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let question = near(&text, &names).map(|word| format!(", did you mean `{word}`?")).unwrap_or_default();
        self.complain(findings, format!("unknown value{question}"))
            .show(self.written())
            .advise(format!("one of {} is expected", names.join(", ")));
        None
    }

    /// Every scalar of a list; a scalar alone is a list of one.
    pub(crate) fn items(self, findings: &mut Findings) -> Vec<Field<'a>> {
        match &self.node.kind {
            Kind::Nothing => Vec::new(),
            Kind::List(items) => items.iter().map(|node| Field { node, ..self }).collect(),
            Kind::Scalar(_) => vec![self],
            Kind::Mapping(_) => {
                findings.add(self.node.place, format!("`{}` is a list, and this is a mapping", self.name));
                Vec::new()
            }
        }
    }

    /// Notes a mistake in the value.
    pub(crate) fn complain(
        self,
        findings: &mut Findings,
        what: impl std::fmt::Display,
    ) -> &mut crate::error::ConfigError {
        findings.add(self.node.place, format!("`{}`: {what}", self.name))
    }

    /// The value as it is written.
    pub(crate) fn written(self) -> &'a str {
        match &self.node.kind {
            Kind::Scalar(scalar) => &scalar.text,
            _ => "",
        }
    }

    /// Where character number `column` of the value stands, if `text` stands there as it is; else where the value begins.
    pub(crate) fn character(self, text: &str, column: usize) -> Place {
        let place = self.node.place;
        match &self.node.kind {
            Kind::Scalar(Scalar { text: written, verbatim: Some(before) }) if written == text => {
                Place { column: place.column + before + column.saturating_sub(1), ..place }
            }
            _ => place,
        }
    }
}
