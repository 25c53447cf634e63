//! A text that cannot be printed.

use std::fmt;

use zeroize::Zeroizing;

/// A password, a DSN or anything else that must not reach an output.
///
/// It has no `Display` and no `Serialize`, its `Debug` is `***`, and its memory is wiped when it is dropped.
/// Secrets are kept out of outputs by this type, not by a pattern that scrubs text afterwards.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself: only for the wire and for comparisons, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_text() {
        let printed = format!("{:?} {:#?}", Secret::new("hunter2"), Some(Secret::new("hunter2")));
        assert!(!printed.contains("hunter2") && printed.contains("***"), "{printed}");
    }
}
