//! A data source name as the user wrote it, and what can be wrong with it.

use std::fmt;
use std::ops::Range;

use crate::secret::Secret;

/// A data source name: a scheme that chooses the engine, and a text that only the engine reads.
///
/// The text may hold a password, so it cannot be printed; see [`Target`](crate::Target) for what may be shown.
#[derive(Clone)]
pub struct Dsn {
    scheme: String,
    text: Secret,
}

impl Dsn {
    /// Reads the scheme of `text`; the rest is the engine's to read.
    ///
    /// # Errors
    /// A [`DsnError`] when `text` does not start with `scheme:` as RFC 3986, section 3.1 has it.
    pub fn parse(text: &str) -> Result<Self, DsnError> {
        let scheme = scheme(text).ok_or_else(|| {
            DsnError::new("this is not a DSN: it has no scheme")
                .advise("write for example `postgres://user@host/database` or `file:demo.db`")
        })?;
        Ok(Self { scheme: scheme.to_ascii_lowercase(), text: Secret::new(text) })
    }

    /// The scheme in lower case, without its colon.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The whole text, scheme included. It may hold a password.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl PartialEq for Dsn {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Dsn {}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsn({}:***)", self.scheme)
    }
}

/// `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`, RFC 3986, section 3.1.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(legal)).then_some(scheme)
}

/// What is wrong with a DSN, and where.
///
/// The message never repeats what stands at the place, since it may be a piece of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DsnError {
    message: String,
    columns: Option<Range<usize>>,
    advice: Option<String>,
    unsupported: bool,
}

impl DsnError {
    /// An error without a place. `message` is a lower-case fragment.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), columns: None, advice: None, unsupported: false }
    }

    /// The scheme, or what it asks for, is well formed but not part of this build.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self { unsupported: true, ..Self::new(message) }
    }

    /// Points at the characters of `bytes` in `text`.
    #[must_use]
    pub fn at(mut self, text: &str, bytes: Range<usize>) -> Self {
        let column = |byte: usize| text.char_indices().take_while(|(at, _)| *at < byte).count() + 1;
        let start = column(bytes.start);
        self.columns = Some(start..column(bytes.end).max(start + 1));
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The columns of the offending characters, counted in characters from 1; the end is exclusive.
    pub fn columns(&self) -> Option<Range<usize>> {
        self.columns.clone()
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    /// Whether the DSN is well formed but asks for something this build does not have.
    pub fn is_unsupported(&self) -> bool {
        self.unsupported
    }
}

impl fmt::Display for DsnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A question such as "did you mean" comes after the place.
        let (fact, question) = match self.message.split_once(", did you mean") {
            Some((fact, question)) => (fact, Some(question)),
            None => (self.message.as_str(), None),
        };
        f.write_str(fact)?;
        if let Some(columns) = &self.columns {
            write!(f, " at column {}", columns.start)?;
        }
        question.map_or(Ok(()), |question| write!(f, ", did you mean{question}"))
    }
}

impl std::error::Error for DsnError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_read_in_lower_case() {
        assert_eq!(Dsn::parse("PostgreSQL://h/db").map(|dsn| dsn.scheme().to_owned()), Ok("postgresql".to_owned()));
        assert_eq!(Dsn::parse("file:demo.db").map(|dsn| dsn.scheme().to_owned()), Ok("file".to_owned()));
    }

    #[test]
    fn a_text_without_a_scheme_is_refused() {
        for text in ["", "demo.db", "://x", "1a:b", "host=h user=u", "ünï:x"] {
            let error = Dsn::parse(text).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some("this is not a DSN: it has no scheme"), "{text}");
        }
    }

    #[test]
    fn columns_count_characters_and_not_bytes() {
        let error = DsnError::new("bad").at("äöü!", 6..7);
        assert_eq!((error.columns(), error.to_string()), (Some(4..5), "bad at column 4".to_owned()));
    }

    #[test]
    fn debug_shows_only_the_scheme() {
        let dsn = Dsn::parse("postgres://u:hunter2@h/db").expect("a DSN");
        assert_eq!(format!("{dsn:?}"), "Dsn(postgres:***)");
    }
}
