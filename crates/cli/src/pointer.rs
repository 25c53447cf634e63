//! A pointer into a DSN that shows nothing of the DSN.

use std::ops::Range;

use dbprobe::{Dsn, Registry};

/// What stands for a character that is not shown.
const MASK: char = '·';

/// A DSN with every character masked but its scheme's, and the columns that an error is about.
///
/// What looks like a host may be the rest of a password with an unescaped `@`, so no character is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    masked: Vec<char>,
    columns: Range<usize>,
}

impl Pointer {
    /// A pointer to `columns` (counted in characters from 1) of `dsn`.
    pub(crate) fn new(dsn: &Dsn, columns: Range<usize>, registry: &Registry) -> Self {
        let clear = clear_prefix(dsn, registry);
        let masked = dsn.expose().chars().enumerate().map(|(at, c)| if at < clear { c } else { MASK }).collect();
        Self { masked, columns }
    }

    /// The columns of the offending characters, counted in characters from 1.
    pub(crate) fn columns(&self) -> Range<usize> {
        self.columns.clone()
    }

    /// The masked DSN and the line of carets below it, cut to `width` columns round the carets.
    pub(crate) fn lines(&self, width: usize) -> [String; 2] {
        let width = width.max(16);
        let caret = self.columns.start.saturating_sub(1);
        let first = (caret + 4).saturating_sub(width);
        let mut shown: Vec<char> = self.masked.iter().skip(first).take(width).copied().collect();
        if first > 0 {
            shown.iter_mut().take(1).for_each(|c| *c = '…');
        }
        if first + width < self.masked.len() {
            shown.iter_mut().skip(width - 1).for_each(|c| *c = '…');
        }
        let offset = caret - first.min(caret);
        let carets = self.columns.len().clamp(1, width.saturating_sub(offset).max(1));
        [shown.into_iter().collect(), format!("{}{}", " ".repeat(offset), "^".repeat(carets))]
    }
}

/// How many characters may be shown: `scheme://`, or `scheme:` where an engine of this or another build answers to it, or nothing.
fn clear_prefix(dsn: &Dsn, registry: &Registry) -> usize {
    let scheme = dsn.scheme().len();
    if dsn.expose()[scheme..].starts_with("://") {
        scheme + 3
    } else if registry.knows(dsn) {
        scheme + 1
    } else {
        0 // a word before a colon could be a user's name, or half a password
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(dsn: &str, columns: Range<usize>, width: usize) -> [String; 2] {
        let dsn = Dsn::parse(dsn).expect("a DSN");
        Pointer::new(&dsn, columns, &Registry::default()).lines(width)
    }

    #[test]
    fn only_the_scheme_is_in_clear() {
        let [dsn, carets] = lines("postgres://u:päss@h/db?x=1", 24..25, 80);
        assert_eq!(dsn, "postgres://···············");
        assert_eq!(carets, format!("{}^", " ".repeat(23)));
        assert_eq!(lines("hunter2:x", 1..8, 80), ["·········".to_owned(), "^^^^^^^".to_owned()]);
    }

    #[test]
    fn a_long_dsn_is_cut_round_the_carets() {
        let dsn = format!("postgres://{}", "x".repeat(1_000));
        let [shown, carets] = lines(&dsn, 500..503, 40);
        assert_eq!((shown.chars().count(), shown.starts_with('…'), shown.ends_with('…')), (40, true, true), "{shown}");
        assert_eq!(carets.trim_start(), "^^^");
        assert!(carets.len() <= 40, "{carets}");
    }

    #[test]
    fn a_place_behind_the_end_has_a_caret_too() {
        assert_eq!(lines("x://", 5..6, 80), ["x://".to_owned(), "    ^".to_owned()]);
    }
}
