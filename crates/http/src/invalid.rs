//! What is wrong with an expectation.

use std::fmt;

/// Why an expectation cannot be used. The message never repeats what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidExpectation {
    message: &'static str,
}

impl InvalidExpectation {
    pub(crate) fn new(message: &'static str) -> Self {
        Self { message }
    }
}

impl fmt::Display for InvalidExpectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl std::error::Error for InvalidExpectation {}
