//! How DSNs and durations are shown.

use std::time::Duration;

use dbprobe_core::{Registry, Source, Template};

use crate::dsn;
use crate::page::{Piece, pieces};

/// The DSN of `source` without its secrets; a reference as it is written, and not what it stands for.
pub(super) fn shown(source: &Source, registry: &Registry) -> String {
    let redacted = match source {
        Source::Environment(_) | Source::File(_) => None,
        Source::Literal(dsn) => dsn::open(dsn.expose(), registry).ok().map(|driver| driver.target().redacted.clone()),
        Source::Template(template) => redacted(template, registry),
    };
    redacted.unwrap_or_else(|| source.to_string())
}

/// The engine shows the DSN with words that stand for the references, and each is put back where it is shown.
fn redacted(template: &Template, registry: &Registry) -> Option<String> {
    let mut references = Vec::new();
    let mut text = String::new();
    for piece in pieces(template.expose()) {
        match piece {
            Piece::Text(plain) => text += &plain.replace("$$", "$"),
            Piece::Reference(reference) => {
                text += &stand_in(references.len());
                references.push(without_default(reference));
            }
        }
    }
    let mut shown = dsn::open(&text, registry).ok()?.target().redacted.clone();
    for (at, reference) in references.iter().enumerate() {
        let word = stand_in(at);
        let is_password = text.contains(&format!(":{word}@"));
        if is_password && shown.matches(":***@").count() == 1 {
            shown = shown.replacen(":***@", &format!(":{reference}@"), 1);
        }
        shown = shown.replace(&word, reference);
    }
    (!shown.contains(STAND_IN)).then_some(shown)
}

/// A word that no DSN has.
const STAND_IN: &str = "dbprobe0reference0";

fn stand_in(at: usize) -> String {
    format!("{STAND_IN}{at}x")
}

/// What stands in for a variable that is not set may be a password.
fn without_default(reference: &str) -> String {
    match reference.split_once(":-") {
        Some((name, _)) if !reference.starts_with("${file:") => format!("{name}:-***}}"),
        _ => reference.to_owned(),
    }
}

/// A duration as it is written, in the units of its parts.
pub(super) fn spelled(duration: Duration) -> String {
    let units = [
        ("d", 86_400_000_000),
        ("h", 3_600_000_000),
        ("m", 60_000_000),
        ("s", 1_000_000),
        ("ms", 1_000),
        ("us", 1_u128),
    ];
    let mut rest = duration.as_micros();
    let mut text = String::new();
    for (unit, length) in units {
        if rest >= length {
            text += &format!("{}{unit}", rest / length);
            rest %= length;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spelled_as_they_are_read() {
        for text in ["30d", "15s", "1m30s", "100ms", "1h1us", "0s"] {
            let duration = dbprobe_core::parse_duration(text).expect(text);
            assert_eq!(spelled(duration), text);
        }
    }
}
