//! What is wrong with a configuration file, and where.

use std::fmt;
use std::path::PathBuf;

/// What is wrong with a configuration file, and where.
///
/// It never repeats a value that may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1, where there is one.
    pub line: Option<usize>,
    /// The column in characters, counted from 1, where there is one.
    pub column: Option<usize>,
    /// The fact.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// The offending text, where it can be shown.
    pub excerpt: Option<String>,
}

impl ConfigError {
    /// With what to do about it.
    pub(crate) fn advise(&mut self, advice: impl Into<String>) -> &mut Self {
        self.advice = Some(advice.into());
        self
    }

    /// With the offending text, where it looks like a word and not like a secret: a DSN in the wrong place is not shown.
    pub(crate) fn show(&mut self, text: &str) -> &mut Self {
        self.excerpt = is_word(text).then(|| text.to_owned());
        self
    }
}

/// The longest text that is shown.
const LONGEST_WORD: usize = 40;

/// Whether `text` looks like a key, a duration or the like.
pub(crate) fn is_word(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.%+ ${}".contains(c);
    !text.trim().is_empty() && text.len() <= LONGEST_WORD && text.chars().all(legal)
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        for place in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{place}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ConfigError {}
