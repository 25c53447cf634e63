//! A file that is being checked, and the mistakes found so far.

use std::path::{Path, PathBuf};

use dbprobe_config::ConfigError;
use serde_saphyr::Location;

use super::file::fault;

/// A file that is being checked, and the mistakes found so far.
pub(super) struct Reader<'a> {
    file: &'a Path,
    faults: Vec<ConfigError>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a Path) -> Self {
        Self { file, faults: Vec::new() }
    }

    /// A mistake at a place in the file.
    pub(super) fn fault(&self, at: Location, message: impl Into<String>) -> ConfigError {
        fault(self.file, Some(at), message)
    }

    /// Notes a mistake.
    pub(super) fn push(&mut self, fault: ConfigError) {
        self.faults.push(fault);
    }

    /// Notes a mistake at a place, with what to do about it.
    pub(super) fn refuse(&mut self, at: Location, message: impl Into<String>, advice: impl Into<String>) {
        let fault = self.fault(at, message);
        self.push(ConfigError { advice: Some(advice.into()), ..fault });
    }

    /// A path as the file means it: relative to the file itself.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.file.parent().map_or_else(|| PathBuf::from(path), |directory| directory.join(path))
    }

    /// What was found.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<ConfigError>> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(self.faults),
        }
    }
}
