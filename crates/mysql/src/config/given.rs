//! The settings of one DSN, each value checked when it is read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use dbprobe_core::DsnError;

use crate::tls::{SslMode, TlsSettings};
use crate::uri::Setting;

/// The settings of one DSN by name.
pub(super) struct Given<'a> {
    pub(super) settings: BTreeMap<&'static str, Setting<'a>>,
}

impl<'a> Given<'a> {
    pub(super) fn new(settings: Vec<Setting<'a>>) -> Self {
        Self { settings: settings.into_iter().map(|setting| (setting.name, setting)).collect() }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(|setting| setting.value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn error(&self, name: &str, message: impl Into<String>) -> DsnError {
        match self.settings.get(name) {
            Some(setting) => setting.place.error(message),
            None => DsnError::new(message),
        }
    }

    /// One of `allowed`, whatever its case: MySQL's documentation writes these words in capitals.
    fn one_of(&self, name: &'static str, allowed: &[&'static str]) -> Result<Option<&'static str>, DsnError> {
        let Some(setting) = self.settings.get(name) else { return Ok(None) };
        let found = allowed.iter().find(|word| word.eq_ignore_ascii_case(&setting.value));
        found.map(|word| Some(*word)).ok_or_else(|| setting.place.not_one_of(name, allowed))
    }

    pub(super) fn yes_or_no(&self, name: &'static str) -> Result<Option<bool>, DsnError> {
        Ok(self.one_of(name, &["true", "false", "1", "0"])?.map(|word| matches!(word, "true" | "1")))
    }

    /// MySQL's `connect_timeout` in seconds, or go-sql-driver's `timeout`; zero is "no limit".
    pub(super) fn connect_timeout(&self) -> Result<Option<Duration>, DsnError> {
        if let Some(setting) = self.settings.get("connect_timeout") {
            let seconds: u64 = setting
                .value
                .parse()
                .map_err(|_| setting.place.error("connect_timeout is not a whole number of seconds"))?;
            return Ok(Some(Duration::from_secs(seconds)).filter(|limit| !limit.is_zero()));
        }
        let Some(setting) = self.settings.get("timeout") else { return Ok(None) };
        let limit = go_duration(&setting.value)
            .ok_or_else(|| setting.place.error("timeout is not a duration such as `5s` or `1m30s`"))?;
        Ok(Some(limit).filter(|limit| !limit.is_zero()))
    }

    pub(super) fn tls(&self) -> Result<TlsSettings, DsnError> {
        const MODES: [&str; 5] = ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"];
        let ours = match self.one_of("ssl-mode", &MODES)? {
            Some("DISABLED") => Some(SslMode::Disabled),
            Some("PREFERRED") => Some(SslMode::Preferred),
            Some("REQUIRED") => Some(SslMode::Required),
            Some("VERIFY_CA") => Some(SslMode::VerifyCa),
            Some(_) => Some(SslMode::VerifyIdentity),
            None => None,
        };
        let go = match self.one_of("tls", &["true", "false", "skip-verify", "preferred"])? {
            Some("true") => Some(SslMode::VerifyIdentity),
            Some("false") => Some(SslMode::Disabled),
            Some("skip-verify") => Some(SslMode::Required),
            Some(_) => Some(SslMode::Preferred),
            None => None,
        };
        if ours.zip(go).is_some_and(|(ours, go)| ours != go) {
            let error = self.error("tls", "`tls` and `ssl-mode` contradict each other");
            return Err(error.advise("give one of them"));
        }
        let roots = self.text("ssl-ca").map(PathBuf::from);
        // As with MySQL's own client: who names an authority wants it to vouch for the server.
        let usual = if roots.is_some() { SslMode::VerifyCa } else { SslMode::Preferred };
        let mode = ours.or(go).unwrap_or(usual);
        let (certificate, key) = (self.text("ssl-cert").map(PathBuf::from), self.text("ssl-key").map(PathBuf::from));
        if key.is_some() && certificate.is_none() {
            return Err(self.error("ssl-key", "`ssl-key` without `ssl-cert`"));
        }
        Ok(TlsSettings { mode, roots, certificate, key })
    }
}

/// Go's notation: numbers with a unit, one after another (`time.ParseDuration`).
fn go_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let (mut total, mut rest) = (Duration::ZERO, text);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let unit = match &rest[digits..end] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number * unit).ok()?)?;
        rest = &rest[end..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_go() {
        for (text, millis) in [("5s", 5000), ("1m30s", 90_000), ("1.5s", 1500), ("250ms", 250), ("0", 0), ("0s", 0)] {
            assert_eq!(go_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "s", "5x", "-5s", "5s5", "1..5s"] {
            assert_eq!(go_duration(text), None, "{text}");
        }
    }
}
