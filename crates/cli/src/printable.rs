//! Text from servers and DSNs, made harmless for terminals and line-based formats.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` on one line and without anything that a terminal acts on.
///
/// A server chooses its messages, and a terminal obeys escape sequences: line breaks and tabs become spaces, every
/// other control character, and what reorders or hides text, is shown as its code.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\t' => shown.push(' '),
            c if is_hostile(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Control characters (C0, DEL, C1), line separators, and what reorders or hides text (Unicode TR 36, section 3.5).
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{61c}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_lose_their_power() {
        assert_eq!(printable("\u{1b}[2Jgone\u{9b}31m\u{7}"), "\\u{1b}[2Jgone\\u{9b}31m\\u{7}");
        assert_eq!(printable("user\u{202e}drowssap"), "user\\u{202e}drowssap");
        assert_eq!(printable("one\r\ntwo\tthree"), "one two three");
        assert!(matches!(printable("plain, größer, 数据库"), Cow::Borrowed(_)));
    }
}
