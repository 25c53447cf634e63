//! What the server told about itself: its first word, and the extensions it offers.

use std::collections::BTreeMap;

use dbprobe_core::Inspection;

use crate::reply::Reply;

/// Facts are shown up to this many characters each.
const LONGEST: usize = 200;

/// What an answer to EHLO lists (RFC 5321, section 4.1.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    /// By keyword, in upper case, with their parameters.
    offered: BTreeMap<String, Vec<String>>,
}

impl Extensions {
    /// The first line is the server's name.
    pub(crate) fn of(reply: &Reply) -> Self {
        let mut offered: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in reply.lines.iter().skip(1) {
            // `AUTH=LOGIN` is how servers before RFC 2554 said it, and some say both.
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty()).map(str::to_ascii_uppercase);
            if let Some(keyword) = words.next() {
                offered.entry(keyword).or_default().extend(words);
            }
        }
        Self { offered }
    }

    pub(crate) fn starttls(&self) -> bool {
        self.offered.contains_key("STARTTLS")
    }

    /// The ways to log in that the server offers.
    pub(crate) fn mechanisms(&self) -> &[String] {
        self.offered.get("AUTH").map_or(&[], Vec::as_slice)
    }

    /// The facts of a session: `banner` is the server's first word, `starttls` whether it was offered before TLS began.
    pub(crate) fn facts(&self, banner: &Reply, starttls: Option<bool>) -> Inspection {
        let mut inspection = Inspection::default();
        let text = banner.text();
        let software = text.split_once("ESMTP").map(|(_, behind)| behind.trim());
        inspection.version = software.and_then(version);
        let mut mechanisms = self.mechanisms().to_vec();
        mechanisms.sort();
        mechanisms.dedup();
        let others = self.offered.keys().filter(|keyword| !["AUTH", "SIZE", "STARTTLS"].contains(&keyword.as_str()));
        let starttls = starttls.map(|offered| if offered { "offered" } else { "not offered" });
        let facts = [
            ("banner", Some(text.clone())),
            ("software", software.map(str::to_owned)),
            ("auth", Some(mechanisms.join(" "))),
            ("extensions", Some(others.cloned().collect::<Vec<_>>().join(" "))),
            ("size", self.offered.get("SIZE").and_then(|words| words.first()).cloned()),
            ("starttls", starttls.map(str::to_owned)),
        ];
        for (name, fact) in facts {
            let fact: String = fact.unwrap_or_default().chars().take(LONGEST).collect();
            if !fact.is_empty() {
                inspection.facts.insert(name.to_owned(), fact);
            }
        }
        inspection
    }
}

/// The version behind a product's name: `Exim 4.96 Fri, 1 Jan`, `Sendmail 8.17.1/8.17.1; Fri`. Postfix hides its own.
fn version(software: &str) -> Option<String> {
    let mut words = software.split_whitespace();
    let name = words.next()?;
    let version = words.next()?.split(['/', ';', ',']).next()?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && is_version).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(lines: &[&str]) -> Reply {
        Reply { code: 250, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
    }

    #[test]
    fn extensions_are_read_whatever_their_case() {
        let seen = Extensions::of(&reply(&[
            "mail greets",
            "size 10240000",
            "StartTLS",
            "AUTH PLAIN",
            "AUTH=login",
            "8BITMIME",
        ]));
        assert!(seen.starttls());
        assert_eq!(seen.mechanisms(), ["PLAIN", "LOGIN"]);
        let banner = reply(&["mail ESMTP Postfix (Debian/GNU)"]);
        let facts = seen.facts(&banner, Some(true)).facts;
        let told = |name: &str| facts.get(name).map(String::as_str);
        assert_eq!(told("auth"), Some("LOGIN PLAIN"));
        assert_eq!(told("size"), Some("10240000"));
        assert_eq!(told("extensions"), Some("8BITMIME"));
        assert_eq!(told("software"), Some("Postfix (Debian/GNU)"));
        assert_eq!(told("starttls"), Some("offered"));
    }

    #[test]
    fn a_version_is_told_only_where_it_stands_behind_a_name() {
        for (software, told) in [
            ("Exim 4.96 Fri, 01 Jan 2021", Some("4.96")),
            ("Sendmail 8.17.1/8.17.1; Fri, 1 Jan", Some("8.17.1")),
            ("Postfix (Debian/GNU)", None),
            ("MAIL Service ready at 1.1.2021", None),
            ("", None),
        ] {
            assert_eq!(version(software).as_deref(), told, "{software}");
        }
    }
}
