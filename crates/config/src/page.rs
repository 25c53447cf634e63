//! The block `http`, as the fragment of a URL: that is how the engine takes what a page has to say.

use std::ops::Range;
use std::time::Duration;

use dbprobe_core::{DsnError, percent_encode};

use crate::field::Field;
use crate::fields::{Fields, entries};
use crate::findings::Findings;
use crate::node::Kind;
use crate::place::Place;

/// The block `http`.
pub(crate) struct Page {
    pub(crate) place: Place,
    /// The settings as they stand behind the `#`, references included.
    pub(crate) fragment: String,
    /// The time for the whole probe.
    pub(crate) timeout: Option<Duration>,
    /// Where it says that redirects are followed.
    pub(crate) follow: Option<Place>,
    /// The same with every reference expanded, and where each setting stands in the file.
    expanded: String,
    places: Vec<(Range<usize>, Place)>,
}

const KEYS: &[&str] = &[
    "contains",
    "expect_headers",
    "follow",
    "headers",
    "json",
    "matches",
    "max_body",
    "method",
    "not_contains",
    "status",
    "timeout",
];

/// What has to be kept as it is so that the engine finds its separators; it decodes all of it.
const KEEP: &str = "/,:=";

impl Page {
    pub(crate) fn read(field: Field<'_>, findings: &mut Findings) -> Self {
        let place = field.node.place;
        let mut page = Self {
            place,
            fragment: String::new(),
            timeout: None,
            follow: None,
            expanded: String::new(),
            places: Vec::new(),
        };
        let fields = Fields::read("`http`", field.node, &[KEYS], findings);
        fields.set_some("timeout", &mut page.timeout, findings, Field::positive_duration);
        page.follow = fields.field("follow").map(|field| field.node.place);
        page.push_list(fields, "status", findings);
        for (key, setting) in [
            ("method", "method"),
            ("contains", "contains"),
            ("not_contains", "not-contains"),
            ("matches", "matches"),
            ("max_body", "max-body"),
            ("follow", "follow"),
        ] {
            for item in fields.field(key).map(|field| field.items(findings)).unwrap_or_default() {
                page.push(setting, "", item, findings);
            }
        }
        page.push_pairs(fields, "json", "json", '=', findings);
        page.push_pairs(fields, "headers", "header", ':', findings);
        page.push_pairs(fields, "expect_headers", "expect-header", ':', findings);
        page
    }

    /// The fragment behind `dsn`, which may have one already.
    pub(crate) fn behind(&self, dsn: &str) -> String {
        join(dsn, &self.fragment)
    }

    /// Like [`Page::behind`], with every reference expanded as it was when the file was read.
    pub(crate) fn expanded_behind(&self, dsn: &str) -> String {
        join(dsn, &self.expanded)
    }

    /// Where the setting stands that `error` is about; `error` points into what [`Page::expanded_behind`] made of `dsn`.
    pub(crate) fn place_of(&self, error: &DsnError, dsn: &str) -> Place {
        let before = dsn.chars().count() + 1;
        let at = error.columns().and_then(|columns| (columns.start - 1).checked_sub(before));
        let of = |at: usize| self.places.iter().find(|(range, _)| range.contains(&at)).map(|(_, place)| *place);
        at.and_then(of).unwrap_or(self.place)
    }

    /// One setting for a whole list.
    fn push_list(&mut self, fields: Fields<'_>, key: &'static str, findings: &mut Findings) {
        let Some(field) = fields.field(key) else { return };
        let items = field.items(findings);
        let texts: Vec<String> =
            items.iter().filter_map(|item| item.text(findings)).map(|text| text.trim().to_owned()).collect();
        if texts.len() == items.len() && !texts.is_empty() {
            let value = percent_encode(&texts.join(","), KEEP);
            self.append(key, &value, &value, field.node.place);
        }
    }

    /// A setting for each pair of a mapping; a pair without a value asks for the name only.
    fn push_pairs(
        &mut self,
        fields: Fields<'_>,
        key: &'static str,
        setting: &str,
        separator: char,
        findings: &mut Findings,
    ) {
        let Some(field) = fields.field(key) else { return };
        for (name, node) in entries(&format!("`{key}`"), field.node, findings) {
            if name.text.contains(separator) {
                findings.add(name.place, format!("`{key}`: a name with a `{separator}`"));
            } else if matches!(node.kind, Kind::Nothing) && setting != "header" {
                let value = percent_encode(&name.text, KEEP);
                self.append(setting, &value, &value, name.place);
            } else {
                let before = percent_encode(&format!("{}{separator}", name.text), KEEP);
                self.push(setting, &before, Field { name: key, node }, findings);
            }
        }
    }

    fn push(&mut self, setting: &str, before: &str, field: Field<'_>, findings: &mut Findings) {
        let Some(written) = field.scalar(findings).map(|scalar| &scalar.text) else { return };
        let Some(text) = field.text(findings) else { return };
        let value = format!("{before}{}", encode(written));
        let expanded = format!("{before}{}", percent_encode(&text, KEEP));
        self.append(setting, &value, &expanded, field.node.place);
    }

    fn append(&mut self, setting: &str, value: &str, expanded: &str, place: Place) {
        for (text, value) in [(&mut self.fragment, value), (&mut self.expanded, expanded)] {
            if !text.is_empty() {
                text.push('&');
            }
            *text += &format!("{setting}={value}");
        }
        // Everything is ASCII, so bytes are characters.
        let end = self.expanded.len();
        let start = end - setting.len() - 1 - expanded.len();
        self.places.push((start..end, place));
    }
}

fn join(dsn: &str, fragment: &str) -> String {
    let separator = match without_references(dsn).contains('#') {
        _ if fragment.is_empty() => return dsn.to_owned(),
        true => '&',
        false => '#',
    };
    format!("{dsn}{separator}{fragment}")
}

/// `text` percent-encoded up to its references, which are encoded when they are expanded.
fn encode(text: &str) -> String {
    pieces(text)
        .map(|piece| match piece {
            Piece::Reference(reference) => reference.to_owned(),
            Piece::Text(text) => percent_encode(&text.replace("$$", "$"), KEEP),
        })
        .collect()
}

/// The text of `dsn` that stands outside references.
fn without_references(dsn: &str) -> String {
    let text = |piece| if let Piece::Text(text) = piece { text } else { "" };
    pieces(dsn).map(text).collect()
}

pub(crate) enum Piece<'a> {
    Reference(&'a str),
    Text(&'a str),
}

/// The references of a text that [`Template::parse`] takes, and what stands between them.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let begin = reference(rest).unwrap_or(rest.len());
        let (piece, behind) = if begin == 0 {
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            (Piece::Reference(&rest[..end]), &rest[end..])
        } else {
            (Piece::Text(&rest[..begin]), &rest[begin..])
        };
        rest = behind;
        Some(piece)
    })
}

/// Where the first `${` begins that is not a doubled dollar and a brace.
fn reference(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('$') {
        at += found;
        match text[at + 1..].chars().next() {
            Some('{') => return Some(at),
            Some('$') => at += 2,
            _ => at += 1,
        }
    }
    None
}
