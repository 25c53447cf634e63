//! YAML as a tree in which everything knows where it stands.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::place::Place;

/// One value of the file.
///
/// It has no `Debug`: what stands there may be a secret.
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

/// What a value is.
pub(crate) enum Kind {
    /// Nothing is written, or `null`.
    Nothing,
    Scalar(Scalar),
    List(Vec<Node>),
    Mapping(Vec<(Key, Node)>),
}

/// A scalar as it was written: YAML's guesses of what it could mean do not count, so that `1.10` stays `1.10`.
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// How many characters of the file stand before the text at [`Node::place`], where the text stands in one line as
    /// it is: none, or a quotation mark.
    pub(crate) verbatim: Option<usize>,
}

/// The key of a mapping.
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// What the deserialiser makes of a value before the file's text is asked.
pub(crate) struct Raw(Spanned<Content>);

enum Content {
    Nothing,
    /// Something else than a text to YAML's rules; the text is its second best spelling.
    Guessed(String),
    Text(String),
    List(Vec<Raw>),
    Mapping(Vec<(Spanned<String>, Raw)>),
}

impl Raw {
    /// The tree of this value, which was read from `text`.
    pub(crate) fn into_node(self, text: &str) -> Node {
        let Spanned { value, defined, .. } = self.0;
        let kind = match value {
            Content::Nothing => Kind::Nothing,
            Content::Guessed(guess) => Kind::Scalar(as_written(guess, slice(text, &defined))),
            Content::Text(value) => {
                let verbatim = verbatim(&value, slice(text, &defined));
                Kind::Scalar(Scalar { text: value, verbatim })
            }
            Content::List(items) => Kind::List(items.into_iter().map(|item| item.into_node(text)).collect()),
            Content::Mapping(entries) => {
                let entry = |(key, value): (Spanned<String>, Self)| {
                    (Key { place: place(&key.defined), text: key.value }, value.into_node(text))
                };
                Kind::Mapping(entries.into_iter().map(entry).collect())
            }
        };
        Node { place: place(&defined), kind }
    }
}

pub(crate) fn place(location: &Location) -> Place {
    let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Place { line: whole(location.line()), column: whole(location.column()) }
}

/// What stands in the file at `location`.
fn slice<'a>(text: &'a str, location: &Location) -> Option<&'a str> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    text.get(start..start.checked_add(length)?).map(str::trim_end)
}

fn as_written(guess: String, written: Option<&str>) -> Scalar {
    match written.filter(|written| !written.is_empty() && !written.starts_with(['"', '\'', '|', '>', '!', '&', '*'])) {
        Some(written) => Scalar { text: written.to_owned(), verbatim: Some(0) },
        None => Scalar { text: guess, verbatim: None },
    }
}

fn verbatim(value: &str, written: Option<&str>) -> Option<usize> {
    let written = written.filter(|written| !written.contains('\n'))?;
    let quoted = |mark: char| written.strip_prefix(mark)?.strip_suffix(mark);
    if written == value { Some(0) } else { (quoted('"') == Some(value) || quoted('\'') == Some(value)).then_some(1) }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Content, E> {
        Ok(Content::Nothing)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Guessed(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Guessed(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Guessed(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Guessed(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Content, E> {
        Ok(Content::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Content, A::Error> {
        let mut mapping = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            mapping.push(entry);
        }
        Ok(Content::Mapping(mapping))
    }
}
