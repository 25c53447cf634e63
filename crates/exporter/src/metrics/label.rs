//! Labels: which names they may have, and how values are written.

use std::collections::BTreeMap;

/// A label's name and value.
pub(crate) type Label<'a> = (&'a str, &'a str);

/// Names that labels of our families have: nobody else's label may have one of them.
pub(crate) const RESERVED: [&str; 12] = [
    "class", "db_name", "db_role", "endpoint", "le", "phase", "query", "role", "service", "status", "target", "version",
];

/// A longer text from a server is cut, in characters: a label is no place for a page.
const LONGEST: usize = 128;

/// Adds `name="value"` to `text`, after a comma where something stands there already.
pub(crate) fn write(text: &mut String, (name, value): Label<'_>) {
    if !text.is_empty() {
        text.push(',');
    }
    text.push_str(name);
    text.push_str("=\"");
    escape(text, value);
    text.push('"');
}

/// Writes `\`, `"` and a line feed as both formats want them. Other control characters are legal there, but a server
/// could use them to write on the terminal of whoever reads the metrics.
fn escape(text: &mut String, value: &str) {
    // Nearly every value is harmless, and a scrape has millions of them.
    if value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\' && byte != b'"') {
        return text.push_str(value);
    }
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            c if c.is_control() => text.push(char::REPLACEMENT_CHARACTER),
            c => text.push(c),
        }
    }
}

/// What a server said, not longer than a label should be.
pub(crate) fn cut(value: &str) -> &str {
    value.char_indices().nth(LONGEST).map_or(value, |(end, _)| value.get(..end).unwrap_or(value))
}

/// Whether a user's label can stand beside ours. One that cannot would make Prometheus refuse the whole scrape, so it
/// is left out; the configuration is where it is refused.
pub(crate) fn is_allowed(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    begins && plain && !name.starts_with("__") && !RESERVED.contains(&name)
}

/// The label for a column of a query's answer; `None` where the target has labels of all the names that it could have.
///
/// A column may have any name, so what a label cannot have becomes `_`, and `column_` tells it from our own labels and
/// from those of the target.
pub(crate) fn of_column(column: &str, taken: &BTreeMap<String, String>) -> Option<String> {
    let plain: String = column.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let name = if is_allowed(&plain) && !taken.contains_key(&plain) { plain } else { format!("column_{plain}") };
    (!taken.contains_key(&name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: &str) -> String {
        let mut text = String::new();
        write(&mut text, ("a", value));
        text
    }

    /// What Prometheus reads: the value of the only label in `text`, which must end there.
    fn parsed(text: &str) -> Option<String> {
        let mut rest = text.strip_prefix("a=\"")?.chars();
        let mut value = String::new();
        loop {
            match rest.next()? {
                '"' => return rest.next().is_none().then_some(value),
                '\n' => return None,
                '\\' => value.push(match rest.next()? {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    _ => return None,
                }),
                c => value.push(c),
            }
        }
    }

    proptest! {
        #[test]
        fn every_value_parses_back_but_for_control_characters(value in any::<String>()) {
            let expected: String = value
                .chars()
                .map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c })
                .collect();
            let text = written(&value);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert_eq!(parsed(&text), Some(expected));
        }

        #[test]
        fn every_column_has_a_legal_name(column in any::<String>()) {
            let name = of_column(&column, &BTreeMap::new()).expect("nothing is taken");
            prop_assert!(is_allowed(&name), "{name}");
        }
    }

    #[test]
    fn what_the_formats_need_escaped_is_escaped() {
        assert_eq!(written("a\\b\"c\nd\u{1b}[2J"), "a=\"a\\\\b\\\"c\\nd\u{fffd}[2J\"");
        assert_eq!(written("größe"), "a=\"größe\"");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = "ß".repeat(200);
        assert_eq!(cut(&long).chars().count(), 128);
        assert_eq!(cut("15.20"), "15.20");
    }

    #[test]
    fn nobody_takes_a_label_of_ours() {
        for name in ["target", "le", "__name__", "", "1st", "a-b", "größe"] {
            assert!(!is_allowed(name), "{name}");
        }
        assert!(is_allowed("team") && is_allowed("_x1"));
        let taken = BTreeMap::from([("team".to_owned(), "payments".to_owned())]);
        assert_eq!(of_column("?column?", &taken).as_deref(), Some("_column_"));
        assert_eq!(of_column("status", &taken).as_deref(), Some("column_status"));
        assert_eq!(of_column("team", &taken).as_deref(), Some("column_team"));
    }
}
