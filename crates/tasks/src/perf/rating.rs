//! One word for how fast a database is.

use std::time::Duration;

use serde::Serialize;

/// How fast a database is, by the average time of a query. `Ord` goes from good to bad.
///
/// | rating | average query time, by default | ten queries one after the other take |
/// |---|---|---|
/// | `excellent` | below 10 ms | below 0.1 s, which feels instant |
/// | `good` | below 50 ms | below 0.5 s |
/// | `fair` | below 200 ms | below 2 s |
/// | `poor` | anything above | longer |
///
/// The limits are a convention, not a law: give your own where you have an objective.
// Exhaustive on purpose: it is the value list of `performance_rating`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// Below the first limit.
    Excellent,
    /// Below the second.
    Good,
    /// Below the third.
    Fair,
    /// Not below any.
    Poor,
}

impl Rating {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Excellent => "excellent",
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
        }
    }
}

/// What makes a run excellent, good or fair: the average query time has to be below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RatingLimits {
    /// Below it is excellent.
    pub excellent: Duration,
    /// Below it is good.
    pub good: Duration,
    /// Below it is fair; all else is poor.
    pub fair: Duration,
}

impl RatingLimits {
    /// The rating of an average query time.
    pub fn rate(&self, average: Duration) -> Rating {
        match average {
            average if average < self.excellent => Rating::Excellent,
            average if average < self.good => Rating::Good,
            average if average < self.fair => Rating::Fair,
            _ => Rating::Poor,
        }
    }
}

impl Default for RatingLimits {
    /// 10 ms, 50 ms and 200 ms; see [`Rating`].
    fn default() -> Self {
        Self { excellent: Duration::from_millis(10), good: Duration::from_millis(50), fair: Duration::from_millis(200) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_itself_belongs_to_the_worse_word() {
        let rate = |milliseconds| RatingLimits::default().rate(Duration::from_millis(milliseconds));
        assert_eq!(
            [9, 10, 49, 50, 199, 200].map(rate),
            [Rating::Excellent, Rating::Good, Rating::Good, Rating::Fair, Rating::Fair, Rating::Poor]
        );
    }
}
