//! What is shown of a target in one word, one shape and one colour.

use dbprobe_core::Status;
use maud::{Markup, html};

use crate::record::Record;

/// What is shown of a target in one word. `Ord` goes from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Up,
    /// Its first probe has not ended.
    Waiting,
    Degraded,
    Unknown,
    Down,
}

impl State {
    /// Every state, the worst first, as people want to read them.
    pub(super) const ALL: [Self; 5] = [Self::Down, Self::Unknown, Self::Degraded, Self::Waiting, Self::Up];

    /// That of a target.
    pub(super) fn of(record: &Record) -> Self {
        record.status.map_or(Self::Waiting, Self::from)
    }

    /// The word that users see, in the style sheet and in links, too.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Waiting => "waiting",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Down => "down",
        }
    }

    /// The state of that word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether somebody should look at it.
    pub(super) fn needs_attention(self) -> bool {
        self >= Self::Degraded
    }

    /// A character of the same meaning, for titles.
    pub(super) fn sign(self) -> char {
        match self {
            Self::Up => '●',
            Self::Waiting => '○',
            Self::Degraded => '▲',
            Self::Unknown => '◆',
            Self::Down => '■',
        }
    }

    /// Its outline in a square of 16 by 16: nobody has to tell red from green.
    pub(super) fn outline(self) -> &'static str {
        match self {
            Self::Up | Self::Waiting => "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z",
            Self::Degraded => "M7.1 1.6a1 1 0 0 1 1.8 0l6.3 12a1 1 0 0 1-.9 1.4H1.7a1 1 0 0 1-.9-1.4z",
            Self::Unknown => {
                "M7.3.9a1 1 0 0 1 1.4 0l6.4 6.4a1 1 0 0 1 0 1.4l-6.4 6.4a1 1 0 0 1-1.4 0L.9 8.7a1 1 0 0 1 0-1.4z"
            }
            Self::Down => "M5.3 1h5.4L15 5.3v5.4L10.7 15H5.3L1 10.7V5.3z",
        }
    }

    /// The lines on it.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Up => "M4.8 8.3l2.2 2.2 4.3-4.7",
            Self::Waiting => "M8 4.6V8l2.3 1.5",
            Self::Degraded => "M8 6v3.8M8 12.2v.1",
            Self::Unknown => "M6.3 6.2a1.8 1.8 0 1 1 2.5 1.7c-.5.3-.8.6-.8 1.3M8 11.4v.1",
            Self::Down => "M5.5 5.5l5 5M10.5 5.5l-5 5",
        }
    }

    /// The shape; the word stands beside it, so it is not read aloud.
    pub(super) fn shape(self) -> Markup {
        html! {
            svg.shape.(self.as_str()) viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" {
                path.outline d=(self.outline()) {}
                path.mark d=(self.mark()) {}
            }
        }
    }
}

impl From<Status> for State {
    fn from(status: Status) -> Self {
        match status {
            Status::Up => Self::Up,
            Status::Degraded => Self::Degraded,
            Status::Unknown => Self::Unknown,
            Status::Down => Self::Down,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_states_share_a_word_a_sign_or_a_shape() {
        for (at, one) in State::ALL.iter().enumerate() {
            for other in &State::ALL[at + 1..] {
                assert_ne!((one.outline(), one.mark()), (other.outline(), other.mark()));
                assert!(one.as_str() != other.as_str() && one.sign() != other.sign() && one > other);
            }
            assert_eq!(State::parse(one.as_str()), Some(*one));
        }
        assert_eq!(State::parse("sideways"), None);
    }

    #[test]
    fn a_status_keeps_its_word() {
        for status in Status::ALL {
            assert_eq!(State::from(status).as_str(), status.as_str());
        }
    }
}
