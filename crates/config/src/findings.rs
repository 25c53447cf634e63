//! Every mistake that is found while a file is read.

use std::path::{Path, PathBuf};

use crate::error::ConfigError;
use crate::place::Place;

/// How many mistakes are kept: whoever has more than that has made one of another kind.
const MOST: usize = 200;

/// The mistakes that were found so far.
pub(crate) struct Findings {
    file: PathBuf,
    errors: Vec<ConfigError>,
}

impl Findings {
    pub(crate) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), errors: Vec::new() }
    }

    /// Notes a mistake at `place`.
    pub(crate) fn add(&mut self, place: impl Into<Option<Place>>, message: impl Into<String>) -> &mut ConfigError {
        let place = place.into();
        if self.errors.len() >= MOST {
            self.errors.truncate(MOST - 1);
        }
        let at = self.errors.len();
        self.errors.push(ConfigError {
            file: self.file.clone(),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            message: message.into(),
            advice: None,
            excerpt: None,
        });
        &mut self.errors[at]
    }

    /// Every mistake in the order of the file.
    pub(crate) fn into_errors(mut self) -> Vec<ConfigError> {
        self.errors.sort_by_key(|error| (error.line, error.column));
        self.errors.dedup();
        self.errors
    }

    /// `value`, where nothing was found.
    pub(crate) fn settle<T>(self, value: T) -> Result<T, Vec<ConfigError>> {
        if self.errors.is_empty() { Ok(value) } else { Err(self.into_errors()) }
    }
}
