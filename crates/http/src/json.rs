//! What is expected of a JSON body.

use std::fmt;

use serde_json::Value;

use crate::invalid::InvalidExpectation;

/// A place in a JSON document (RFC 6901, JSON Pointer) and what has to stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonExpectation {
    pointer: String,
    /// `None`: that there is something is enough.
    value: Option<String>,
}

/// What a document has in the place of what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing stands there.
    Nothing,
    /// Something else: a scalar as JSON writes it, of everything else only the kind.
    Other(String),
}

/// How much of a value is shown: the peer chose it.
const SHOWN: usize = 80;

impl JsonExpectation {
    pub(crate) fn new(pointer: &str, value: Option<String>) -> Result<Self, InvalidExpectation> {
        // RFC 6901, section 3: empty, or `/` before each name; `~` only as `~0` or `~1`.
        let tildes = pointer.split('~').skip(1).all(|behind| behind.starts_with(['0', '1']));
        if (!pointer.is_empty() && !pointer.starts_with('/')) || !tildes {
            return Err(InvalidExpectation::new("a JSON pointer begins with `/`, as in `/checks/0/status`"));
        }
        Ok(Self { pointer: pointer.to_owned(), value })
    }

    /// Compares `document`: a string with the text itself, anything else with the text read as JSON.
    pub(crate) fn judge(&self, document: &Value) -> Result<(), Found> {
        let Some(found) = document.pointer(&self.pointer) else { return Err(Found::Nothing) };
        let Some(expected) = &self.value else { return Ok(()) };
        let same = match found {
            Value::String(text) if text == expected => true,
            found => serde_json::from_str::<Value>(expected).is_ok_and(|expected| expected == *found),
        };
        if same { Ok(()) } else { Err(Found::Other(shown(found))) }
    }

    pub(crate) fn pointer(&self) -> &str {
        &self.pointer
    }

    pub(crate) fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

impl fmt::Display for JsonExpectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pointer)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, "={value}"))
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Array(_) => return "an array".to_owned(),
        Value::Object(_) => return "an object".to_owned(),
        scalar => scalar.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(pointer: &str, value: Option<&str>) -> Result<(), Found> {
        let document = serde_json::json!({"status": "ok", "checks": [{"up": true, "lag": 1.5}], "a/b": null, "n": "1"});
        JsonExpectation::new(pointer, value.map(str::to_owned)).expect(pointer).judge(&document)
    }

    #[test]
    fn strings_are_compared_as_text_and_the_rest_as_json() {
        for (pointer, value) in [
            ("/status", Some("ok")),
            ("/status", Some("\"ok\"")),
            ("/status", None),
            ("/checks/0/up", Some("true")),
            ("/checks/0/lag", Some("1.5")),
            ("/a~1b", Some("null")),
            ("/n", Some("1")),
            ("/checks/0", Some("{\"lag\": 1.5, \"up\": true}")),
            ("", None),
        ] {
            assert_eq!(judge(pointer, value), Ok(()), "{pointer} {value:?}");
        }
    }

    #[test]
    fn what_stands_there_instead_is_told() {
        let other = |text: &str| Err(Found::Other(text.to_owned()));
        assert_eq!(judge("/status", Some("down")), other("\"ok\""));
        assert_eq!(judge("/checks/0/up", Some("false")), other("true"));
        assert_eq!(judge("/checks", Some("x")), other("an array"));
        assert_eq!(judge("/nope", None), Err(Found::Nothing));
    }

    #[test]
    fn only_a_pointer_is_taken_for_one() {
        for pointer in ["status", "$.status", "/a~b", "/~"] {
            assert!(JsonExpectation::new(pointer, None).is_err(), "{pointer}");
        }
    }
}
