//! The library's own words for a status.

use dbprobe_core::Status;
use serde::Serialize;

/// The library's word for a [`Status`]: `healthy`, `degraded` or `unhealthy`.
// Exhaustive on purpose: it is a view of the status. `Ord` goes from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// Every step that was asked for passed.
    Healthy,
    /// It answers, but something that was asked for failed.
    Degraded,
    /// It does not answer, or it was never asked.
    Unhealthy,
}

impl Word {
    /// The word that users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl From<Status> for Word {
    fn from(status: Status) -> Self {
        match status {
            Status::Up => Self::Healthy,
            Status::Degraded => Self::Degraded,
            Status::Down | Status::Unknown => Self::Unhealthy,
        }
    }
}
