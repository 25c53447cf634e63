//! JSON that a terminal may show.

use serde::Serialize;

use crate::printable::is_hostile;

/// `value` over several lines, with a line break at the end.
///
/// # Errors
/// What serde says, which does not happen for this program's own types.
pub(crate) fn pretty<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
    serde_json::to_string_pretty(value).map(finish).map_err(|error| error.to_string())
}

/// `value` on one line, with a line break at its end.
///
/// # Errors
/// As [`pretty`].
pub(crate) fn line<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
    serde_json::to_string(value).map(finish).map_err(|error| error.to_string())
}

/// JSON lets control characters beyond U+001F stand as they are, and some terminals obey them. They can only be inside
/// of strings, where an escape means the same.
fn finish(json: String) -> String {
    let mut shown = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if c != '\n' && is_hostile(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(c);
        }
    }
    shown.push('\n');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_means_the_same() {
        let hostile = "a\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{e0041}\n\"é";
        let json = line(hostile).expect("JSON");
        assert!(!json.trim_end().chars().any(is_hostile), "{json:?}");
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), hostile);
    }
}
