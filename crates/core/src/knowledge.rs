//! What is known about an engine's codes.

use crate::class::Class;

/// What is known about one of an engine's codes: one row of the engine's one table, which classifies failures and
/// explains them.
///
/// Where an engine tells failures of one code apart by more than the code, such as a proxy's words, the row is what the
/// code alone means. A failure of another class than its row's is such a one: the row's cause does not count for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Knowledge {
    /// The server's code as failures carry it; a family of codes by its beginning and a `*`, such as `08*`.
    pub code: &'static str,
    /// Its name in the vendor's documentation; empty where it has none, or where the code is a name itself.
    pub name: &'static str,
    /// What kind of failure it is.
    pub class: Class,
    /// The most likely cause: a fact in lower case, without a full stop. Where there are two likely ones, the likelier
    /// one comes first.
    pub cause: &'static str,
    /// What to do next.
    pub advice: &'static str,
    /// Where it is documented: a URL.
    pub source: &'static str,
}

impl Knowledge {
    /// A row about `code`, documented at `source`; [`because`](Self::because) and [`advise`](Self::advise) complete it.
    pub const fn new(code: &'static str, name: &'static str, class: Class, source: &'static str) -> Self {
        Self { code, name, class, cause: "", advice: "", source }
    }

    /// With the most likely cause.
    #[must_use]
    pub const fn because(self, cause: &'static str) -> Self {
        Self { cause, ..self }
    }

    /// With what to do next.
    #[must_use]
    pub const fn advise(self, advice: &'static str) -> Self {
        Self { advice, ..self }
    }

    /// The tables `parts` as one of `N` rows, for a table that is written in more than one file.
    ///
    /// `N` must be the sum of their lengths: fewer do not compile, and more leave empty rows at the end.
    pub const fn join<const N: usize>(parts: &[&[Self]]) -> [Self; N] {
        let mut all = [Self::new("", "", Class::Internal, ""); N];
        let (mut part, mut at) = (0, 0);
        while part < parts.len() {
            let mut row = 0;
            while row < parts[part].len() {
                all[at] = parts[part][row];
                at += 1;
                row += 1;
            }
            part += 1;
        }
        all
    }

    /// What `table` says about `code`, if anything: the first row that fits counts.
    ///
    /// A row fits where it is the code itself, or where it is a family's, such as `08*`, and the code begins like it.
    pub fn find(table: &'static [Self], code: &str) -> Option<&'static Self> {
        table.iter().find(|row| match row.code.strip_suffix('*') {
            Some(family) => code.starts_with(family),
            None => code == row.code,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: &[Knowledge] = &[Knowledge::new("08P01", "", Class::Protocol, "")];
    const FAMILY: &[Knowledge] = &[Knowledge::new("08*", "", Class::Reset, "").because("cut").advise("look")];
    const ALL: [Knowledge; 2] = Knowledge::join(&[EXACT, FAMILY]);

    #[test]
    fn the_first_row_that_fits_counts() {
        let class = |code| Knowledge::find(&ALL, code).map(|row| row.class);
        assert_eq!([class("08P01"), class("08006"), class("0")], [Some(Class::Protocol), Some(Class::Reset), None]);
        assert_eq!((ALL[1].cause, ALL[1].advice), ("cut", "look"));
    }
}
