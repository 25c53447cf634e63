//! A cause, as one of its sources tells it.

use serde::Serialize;

/// How sure a cause is.
// Exhaustive on purpose: the words are a promise of the schema. `Ord` goes from sure to unsure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The server's own code says so, or it was seen.
    Certain,
    /// Everything that was seen fits, and little else would look like it; or the code has more than one usual reason.
    Likely,
    /// It is the usual reason for such a failure.
    Possible,
}

impl Confidence {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// A cause as one of its sources tells it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) cause: String,
    /// Nothing where the failure's own advice is better.
    pub(super) advice: Option<String>,
    pub(super) source: Option<&'static str>,
    pub(super) confidence: Confidence,
}

impl Named {
    pub(super) fn new(confidence: Confidence, cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), advice: None, source: None, confidence }
    }

    pub(super) fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    pub(super) fn source(self, source: &'static str) -> Self {
        Self { source: Some(source), ..self }
    }
}
