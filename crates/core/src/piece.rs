//! A piece of a DSN that knows where it stands, so that errors can point at the character.

use std::fmt;

use crate::dsn::DsnError;

/// A slice of a DSN together with its place in the whole.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    whole: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Piece<'a> {
    /// The whole DSN as one piece.
    pub fn whole(text: &'a str) -> Self {
        Self { whole: text, start: 0, end: text.len() }
    }

    /// The text of the piece, as written.
    pub fn as_str(&self) -> &'a str {
        &self.whole[self.start..self.end]
    }

    /// Whether nothing stands here.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The piece without its first `bytes` bytes, which must end at a character.
    #[must_use]
    pub fn skip(&self, bytes: usize) -> Self {
        Self { start: (self.start + bytes).min(self.end), ..*self }
    }

    /// The piece up to `bytes` bytes, which must end at a character.
    #[must_use]
    pub fn take(&self, bytes: usize) -> Self {
        Self { end: (self.start + bytes).min(self.end), ..*self }
    }

    /// Cuts at the first `separator`: what stands before it and, where there is one, what stands behind it.
    pub fn cut(&self, separator: char) -> (Self, Option<Self>) {
        self.cut_at(self.as_str().find(separator), separator)
    }

    /// Cuts at the last `separator`.
    pub fn cut_last(&self, separator: char) -> (Self, Option<Self>) {
        self.cut_at(self.as_str().rfind(separator), separator)
    }

    fn cut_at(&self, at: Option<usize>, separator: char) -> (Self, Option<Self>) {
        match at {
            Some(at) => (self.take(at), Some(self.skip(at + separator.len_utf8()))),
            None => (*self, None),
        }
    }

    /// Every part between two `separator`s; one empty part where nothing stands.
    pub fn split(&self, separator: char) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut rest = Some(*self);
        while let Some(piece) = rest {
            let (part, behind) = piece.cut(separator);
            parts.push(part);
            rest = behind;
        }
        parts
    }

    /// Undoes percent-encoding (RFC 3986, section 2.1). A `+` stays a `+`.
    ///
    /// # Errors
    /// `%` without two hexadecimal digits, `%00`, and bytes that are not UTF-8.
    pub fn decode(&self) -> Result<String, DsnError> {
        let mut bytes = Vec::with_capacity(self.end - self.start);
        let text = self.as_str().as_bytes();
        let mut at = 0;
        while at < text.len() {
            if text[at] != b'%' {
                bytes.push(text[at]);
                at += 1;
                continue;
            }
            let here = || Piece { start: self.start + at, end: self.start + at + 1, ..*self };
            match text.get(at + 1..at + 3).and_then(hex) {
                Some(0) => return Err(here().error("a percent-encoded NUL is not allowed")),
                Some(byte) => bytes.push(byte),
                None => {
                    return Err(here()
                        .error("`%` is not followed by two hexadecimal digits")
                        .advise("write a literal `%` as `%25`"));
                }
            }
            at += 3;
        }
        String::from_utf8(bytes).map_err(|_| self.error("the percent-encoded bytes are not UTF-8"))
    }

    /// An error that points at this piece. `message` must not repeat the piece.
    pub fn error(&self, message: impl Into<String>) -> DsnError {
        DsnError::new(message).at(self.whole, self.start..self.end)
    }

    /// The error for a parameter name that is not one of `known`.
    ///
    /// The name is repeated only where it is a misspelling of a known one: it may be a piece of a password
    /// whose `?` was not percent-encoded.
    pub fn unknown_parameter(&self, known: &[&str]) -> DsnError {
        let name = self.as_str();
        let near = known
            .iter()
            .map(|word| (strsim::damerau_levenshtein(name, word), *word))
            .min()
            .filter(|(distance, word)| *distance <= 2 && *distance < word.len() / 2);
        match near {
            Some((_, word)) => self.error(format!("unknown parameter `{name}`, did you mean `{word}`?")),
            None => self.error("unknown parameter").advise(format!("known parameters: {}", known.join(", "))),
        }
    }

    /// The error for a value that is not one of `allowed`.
    pub fn not_one_of(&self, what: &str, allowed: &[&str]) -> DsnError {
        self.error(format!("{what} is not one of {}", allowed.join(", ")))
    }
}

impl fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Piece({}..{})", self.start, self.end)
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_place() {
        let whole = Piece::whole("a=1&bö=2&c");
        let places: Vec<_> = whole.split('&').iter().map(|part| (part.as_str(), part.error("x").columns())).collect();
        assert_eq!(places, [("a=1", Some(1..4)), ("bö=2", Some(5..9)), ("c", Some(10..11))]);
    }

    #[test]
    fn decoding_points_at_the_percent_sign() {
        assert_eq!(Piece::whole("p%40ss+%C3%A4").decode().as_deref(), Ok("p@ss+ä"));
        for (text, column) in [("ab%4", 3), ("%zz", 1), ("x%", 2), ("ab%00", 3), ("%+1", 1)] {
            let error = Piece::whole(text).decode().expect_err(text);
            assert_eq!(error.columns().map(|columns| columns.start), Some(column), "{text}: {error}");
            assert!(!error.to_string().contains(text), "{error}");
        }
        assert!(Piece::whole("%ff").decode().is_err());
    }

    #[test]
    fn only_a_misspelling_is_repeated() {
        let near = Piece::whole("sslmod").unknown_parameter(&["host", "sslmode"]);
        assert_eq!(near.to_string(), "unknown parameter `sslmod` at column 1, did you mean `sslmode`?");
        let far = Piece::whole("hunter2").unknown_parameter(&["host", "sslmode"]);
        assert!(!format!("{far} {far:?}").contains("hunter2"), "{far}");
    }
}
