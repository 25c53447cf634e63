//! Which targets a page shows: those of one state, and so many at once.

use std::sync::Arc;

use serde::Deserialize;

use super::scene::Scene;
use super::state::State;
use crate::record::Record;

/// How many targets one page shows. Each brings about 8 kB, most of it in its strip.
pub(super) const PAGE: usize = 100;

/// The question in the URL of `/`, as it came.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Question {
    status: Option<String>,
    page: Option<String>,
    all: Option<String>,
}

/// Which targets a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// Only those in this state.
    pub(super) state: Option<State>,
    /// The page, counted from 0; `None` for all targets on one.
    pub(super) page: Option<usize>,
}

impl Selection {
    /// Reads the question. What cannot be read asks for nothing: a page is always better than an error.
    pub(super) fn of(question: &Question) -> Self {
        let number = question.page.as_deref().and_then(|page| page.parse::<usize>().ok()).unwrap_or(1);
        Self {
            state: question.status.as_deref().and_then(State::parse),
            page: question.all.as_deref().is_none_or(|all| all != "1").then_some(number.max(1) - 1),
        }
    }

    /// The targets to show, and how many there are to choose from. A page beyond the last is the last: targets may have
    /// recovered since its link was made.
    pub(super) fn pick(self, scene: &Scene) -> Picked<'_> {
        let chosen: Vec<&Arc<Record>> =
            scene.records.iter().filter(|record| self.state.is_none_or(|state| State::of(record) == state)).collect();
        let (of, pages) = (chosen.len(), chosen.len().div_ceil(PAGE).max(1));
        let Some(page) = self.page else { return Picked { records: chosen, first: 0, of, page: None, pages } };
        let page = page.min(pages - 1);
        let first = page * PAGE;
        Picked { records: chosen.into_iter().skip(first).take(PAGE).collect(), first, of, page: Some(page), pages }
    }

    /// The link to this selection, from `/`.
    pub(super) fn link(self) -> String {
        let state = self.state.map(|state| format!("status={}", state.as_str()));
        let page = match self.page {
            None => Some("all=1".to_owned()),
            Some(0) => None,
            Some(page) => Some(format!("page={}", page + 1)),
        };
        let question: Vec<String> = [state, page].into_iter().flatten().collect();
        if question.is_empty() { "./".to_owned() } else { format!("./?{}", question.join("&")) }
    }
}

/// The targets of one page.
#[derive(Clone, Debug)]
pub(super) struct Picked<'scene> {
    pub(super) records: Vec<&'scene Arc<Record>>,
    /// How many stand before them.
    pub(super) first: usize,
    /// How many there are on all pages.
    pub(super) of: usize,
    /// Which page it is, counted from 0; `None` for all targets on one.
    pub(super) page: Option<usize>,
    pub(super) pages: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(status: Option<&str>, page: Option<&str>, all: Option<&str>) -> Selection {
        let [status, page, all] = [status, page, all].map(|word| word.map(str::to_owned));
        Selection::of(&Question { status, page, all })
    }

    #[test]
    fn a_link_asks_for_what_it_was_made_from() {
        for (selection, link) in [
            (asked(None, None, None), "./"),
            (asked(Some("down"), None, None), "./?status=down"),
            (asked(Some("up"), Some("3"), None), "./?status=up&page=3"),
            (asked(None, Some("3"), Some("1")), "./?all=1"),
        ] {
            assert_eq!(selection.link(), link);
        }
    }

    #[test]
    fn a_question_that_makes_no_sense_asks_for_nothing() {
        let plain = asked(None, None, None);
        assert_eq!(asked(Some("<script>"), Some("0"), Some("")), plain);
        assert_eq!(asked(None, Some("99999999999999999999999"), Some("yes")), plain);
    }
}
